"""EndpointSlices and Endpoints of Services with a selector (pkg/controller/endpointslice, endpoint)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_address
from typing import Any

from acsctl.emulator.kubernetes.builtin.controllers import pods
from acsctl.emulator.kubernetes.builtin.controllers.work import Work, owned_by
from acsctl.emulator.kubernetes.client import ENDPOINTS, NODES, PODS, SERVICES, SLICES, Object

SERVICE, MANAGED = "kubernetes.io/service-name", "endpointslice.kubernetes.io/managed-by"
MANAGER = "endpointslice-controller.k8s.io"
HEADLESS = "service.kubernetes.io/headless"
MOST = 100  # endpoints of a slice
ZONE = "topology.kubernetes.io/zone"
NAMED_PORT = re.compile(r"[a-z]")


class Endpoints:
    def __init__(self, work: Work) -> None:
        self._work = work
        self._client = work.client

    def reconcile(self) -> None:
        services = [one for one in self._client.listed(SERVICES) if not one["metadata"].get("deletionTimestamp")]
        self._work.each(services, self._tend)
        self._work.each(self._client.listed(ENDPOINTS), self._drop_lonely)

    def _tend(self, service: Object) -> None:
        selector = service["spec"].get("selector")
        if not selector or service["spec"].get("type") == "ExternalName":
            return
        namespace = service["metadata"]["namespace"]
        found = [
            pod
            for pod in self._client.listed(PODS, namespace=namespace)
            if selector.items() <= (pod["metadata"].get("labels") or {}).items()
            and (pod.get("status") or {}).get("podIP")
            and pods.phase(pod) not in pods.FINAL
        ]
        found.sort(key=lambda pod: pod["metadata"]["name"])
        self._write_slices(service, found)
        self._write_endpoints(service, found)

    # slices

    def _write_slices(self, service: Object, found: Sequence[Object]) -> None:
        meta = service["metadata"]
        mine = [
            one
            for one in self._client.listed(SLICES, namespace=meta["namespace"])
            if (one["metadata"].get("labels") or {}).get(SERVICE) == meta["name"]
            and one["metadata"]["labels"].get(MANAGED) == MANAGER
        ]
        mine.sort(key=lambda one: one["metadata"]["name"])
        zones = {one["metadata"]["name"]: (one["metadata"].get("labels") or {}).get(ZONE) for one in self._client.listed(NODES)}
        wanted = [_slice(service, found[at : at + MOST], zones=zones) for at in range(0, max(len(found), 1), MOST)]
        for number, content in enumerate(wanted):
            if number >= len(mine):
                self._create(service, content)
            elif any((mine[number].get(name) or []) != value for name, value in content.items()):  # null when empty
                self._client.update(SLICES, {**mine[number], **content})
        for surplus in mine[len(wanted) :]:
            self._client.delete(SLICES, surplus)

    def _create(self, service: Object, content: Mapping[str, Any]) -> None:
        if not self._work.may_create(service):
            return
        meta = service["metadata"]
        labels = {**(meta.get("labels") or {}), SERVICE: meta["name"], MANAGED: MANAGER}
        if service["spec"].get("clusterIP") == "None":
            labels[HEADLESS] = ""
        made = {"generateName": f"{meta['name']}-", "namespace": meta["namespace"], "labels": labels}
        if not self._client.create(SLICES, {"metadata": {**made, "ownerReferences": owned_by(service)}, **content}).ok:
            self._work.refused(service)

    # endpoints

    def _write_endpoints(self, service: Object, found: Sequence[Object]) -> None:
        meta = service["metadata"]
        subsets = _subsets(service, found)
        listed = self._client.listed(ENDPOINTS, namespace=meta["namespace"])
        before = next((one for one in listed if one["metadata"]["name"] == meta["name"]), None)
        if before is None:
            labels = {**(meta.get("labels") or {}), "endpoints.kubernetes.io/managed-by": "endpoint-controller"}
            made: Object = {"metadata": {"name": meta["name"], "namespace": meta["namespace"], "labels": labels}}
            if self._work.may_create(service) and not self._client.create(ENDPOINTS, {**made, **_filled(subsets)}).ok:
                self._work.refused(service)
        elif (before.get("subsets") or []) != subsets:
            rest = {name: value for name, value in before.items() if name != "subsets"}
            self._client.update(ENDPOINTS, {**rest, **_filled(subsets)})

    def _drop_lonely(self, endpoints: Object) -> None:
        """Endpoints that the controller made go with their Service."""
        meta = endpoints["metadata"]
        ours = (meta.get("labels") or {}).get("endpoints.kubernetes.io/managed-by") == "endpoint-controller"
        names = {one["metadata"]["name"] for one in self._client.listed(SERVICES, namespace=meta["namespace"])}
        if ours and meta["name"] not in names:
            self._client.delete(ENDPOINTS, endpoints)


def _filled(subsets: Sequence[Object]) -> Object:
    return {"subsets": list(subsets)} if subsets else {}


def _ports(service: Object, pod: Object | None) -> Iterator[Object]:
    """The Service's ports as they are at the pod; a name that the pod does not know is left out."""
    for port in service["spec"].get("ports") or ():
        target = port.get("targetPort", port["port"])
        number = _number(target, pod=pod) if isinstance(target, str) and NAMED_PORT.search(target) else int(target)
        if number is not None:
            yield {"name": port.get("name", ""), "port": number, "protocol": port.get("protocol", "TCP")}


def _number(name: str, *, pod: Object | None) -> int | None:
    containers = pod["spec"]["containers"] if pod else ()
    ports = (port for one in containers for port in one.get("ports") or ())
    return next((int(port["containerPort"]) for port in ports if port.get("name") == name), None)


def _is_published(service: Object, pod: Object) -> bool:
    return pods.is_ready(pod) or bool(service["spec"].get("publishNotReadyAddresses"))


def _target(pod: Object) -> Object:
    meta = pod["metadata"]
    return {"kind": "Pod", "name": meta["name"], "namespace": meta["namespace"], "uid": meta["uid"]}


def _slice(service: Object, found: Sequence[Object], *, zones: Mapping[str, str | None]) -> Object:
    endpoints = []
    for pod in found:
        going = pods.is_going(pod)
        published = _is_published(service, pod)
        one: Object = {
            "addresses": [pod["status"]["podIP"]],
            "conditions": {"ready": published and not going, "serving": published, "terminating": going},
            "nodeName": pod["spec"]["nodeName"],
            "targetRef": _target(pod),
        }
        if zone := zones.get(pod["spec"]["nodeName"]):
            one["zone"] = zone
        if pod["spec"].get("subdomain") == service["metadata"]["name"] and pod["spec"].get("hostname"):
            one["hostname"] = pod["spec"]["hostname"]
        endpoints.append(one)
    family = "IPv6" if found and ip_address(found[0]["status"]["podIP"]).version == 6 else "IPv4"
    return {"addressType": family, "endpoints": endpoints, "ports": list(_ports(service, found[0] if found else None))}


def _subsets(service: Object, found: Sequence[Object]) -> list[Object]:
    alive = [pod for pod in found if not pods.is_going(pod)]
    if not alive:
        return []
    ports = [{name: value for name, value in port.items() if value != ""} for port in _ports(service, alive[0])]
    subset: Object = {}
    for name, published in (("addresses", True), ("notReadyAddresses", False)):
        rows = [
            {"ip": pod["status"]["podIP"], "nodeName": pod["spec"]["nodeName"], "targetRef": _target(pod)}
            for pod in alive
            if _is_published(service, pod) is published
        ]
        if rows:
            subset[name] = rows
    return [{**subset, "ports": ports} if ports else subset]
