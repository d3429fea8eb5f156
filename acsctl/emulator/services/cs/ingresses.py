"""Addresses of Ingresses, where an ingress controller of the cloud's own is installed.

Class nginx: the address of the controller's Service, nginx-ingress-lb. Class alb: a name of the form that application load
balancers have; the local cloud has none of those. Any other Ingress is left to whoever serves its class.
"""

from typing import Any

from acsctl.emulator.kubernetes.client import SERVICES, Object, Resource
from acsctl.emulator.services.cs.rounds import Round
from acsctl.emulator.services.cs.types import ADDON

INGRESSES = Resource("networking.k8s.io/v1", "ingresses", "Ingress")
NGINX, ALB = "nginx-ingress-controller", "alb-ingress-controller"
OLD_CLASS = "kubernetes.io/ingress.class"


def tend(job: Round) -> None:
    installed = {one["Name"] for one in job.own(ADDON) if one["State"] != "deleting"} & {NGINX, ALB}
    if not installed:
        return
    for ingress in job.client.listed(INGRESSES):
        if not ingress["metadata"].get("deletionTimestamp"):
            _tend_ingress(job, ingress=ingress, installed=installed)


def _tend_ingress(job: Round, *, ingress: Object, installed: set[str]) -> None:
    kind = ingress["spec"].get("ingressClassName") or (ingress["metadata"].get("annotations") or {}).get(OLD_CLASS, "")
    points: list[dict[str, Any]] = []
    if kind == "nginx" and NGINX in installed:
        points = [{"ip": one["ip"]} for one in _nginx(job) if one.get("ip")]
    elif kind == "alb" and ALB in installed:
        name = ingress["metadata"]["uid"].replace("-", "")[:18]
        points = [{"hostname": f"alb-{name}.{job.cluster.scope.region}.alb.aliyuncs.com"}]
    status = ingress.get("status") or {}
    if points and (status.get("loadBalancer") or {}).get("ingress") != points:
        job.client.set_status(INGRESSES, ingress, status={**status, "loadBalancer": {"ingress": points}})


def _nginx(job: Round) -> list[dict[str, Any]]:
    """Where the controller of class nginx is reached."""
    for service in job.client.listed(SERVICES, namespace="kube-system"):
        if service["metadata"]["name"] == "nginx-ingress-lb":
            return list(((service.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ())
    return []
