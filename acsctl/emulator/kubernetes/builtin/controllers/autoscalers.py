"""HorizontalPodAutoscalers without metrics: bounds are kept, the rest is told in conditions (pkg/controller/podautoscaler)."""

from typing import Any

from acsctl.emulator.kubernetes.builtin.controllers.work import Work
from acsctl.emulator.kubernetes.client import (
    AUTOSCALERS,
    DEPLOYMENTS,
    REPLICA_SETS,
    STATEFUL_SETS,
    Object,
    Resource,
)
from acsctl.emulator.kubernetes.conditions import Condition, with_condition

SCALED: dict[str, Resource] = {one.kind: one for one in (DEPLOYMENTS, STATEFUL_SETS, REPLICA_SETS)}
NO_METRICS = (
    "the HPA was unable to compute the replica count: failed to get {name} utilization: unable to get metrics for resource "
    "{name}: unable to fetch metrics from resource metrics API: the server could not find the requested resource "
    "(get pods.metrics.k8s.io)"
)


class Autoscalers:
    def __init__(self, work: Work) -> None:
        self._work = work
        self._client = work.client

    def reconcile(self) -> None:
        self._work.each(self._client.listed(AUTOSCALERS), self._tend)

    def _tend(self, autoscaler: Object) -> None:
        target = self._target(autoscaler)
        if target is None:
            self._write(autoscaler, [self._no_target(autoscaler)], replicas=None)
            return
        resource, obj = target
        wanted = self._within(autoscaler, current=int(obj["spec"].get("replicas", 1)))
        conditions = [
            Condition(
                "AbleToScale",
                "True",
                "SucceededGetScale",
                "the HPA controller was able to get the target's current scale",
            ),
            _activity(autoscaler, current=wanted),
        ]
        if wanted != obj["spec"].get("replicas", 1):
            if not self._scale(resource, obj, replicas=wanted):
                return
            note = f"the HPA controller was able to update the target scale to {wanted}"
            conditions[0] = Condition("AbleToScale", "True", "SucceededRescale", note)
            low = wanted > obj["spec"].get("replicas", 1)
            reason = f"Current number of replicas {'below Spec.MinReplicas' if low else 'above Spec.MaxReplicas'}"
            self._client.event(autoscaler, reason="SuccessfulRescale", note=f"New size: {wanted}; reason: {reason}")
            status = {**(autoscaler.get("status") or {}), "lastScaleTime": self._client.stamp}
            autoscaler = {**autoscaler, "status": status}
        current = int((obj.get("status") or {}).get("replicas") or 0)
        self._write(autoscaler, conditions, replicas=(current, wanted))

    def _scale(self, resource: Resource, obj: Object, *, replicas: int) -> bool:
        """Through the subresource, as the managed fields of the target then tell."""
        names = ("name", "namespace", "resourceVersion", "uid")
        meta = {name: obj["metadata"][name] for name in names}
        scale = {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": meta, "spec": {"replicas": replicas}}
        return self._client.update(resource, scale, subresource="scale")

    def _target(self, autoscaler: Object) -> tuple[Resource, Object] | None:
        reference = autoscaler["spec"]["scaleTargetRef"]
        resource = SCALED.get(reference["kind"])
        if resource is None:
            return None
        listed = self._client.listed(resource, namespace=autoscaler["metadata"]["namespace"])
        found = next((one for one in listed if one["metadata"]["name"] == reference["name"]), None)
        return None if found is None else (resource, found)

    @staticmethod
    def _within(autoscaler: Object, *, current: int) -> int:
        """Zero replicas switch an autoscaler off."""
        spec = autoscaler["spec"]
        return current and min(max(current, int(spec.get("minReplicas", 1))), int(spec["maxReplicas"]))

    @staticmethod
    def _no_target(autoscaler: Object) -> Condition:
        reference = autoscaler["spec"]["scaleTargetRef"]
        group = reference.get("apiVersion", "v1").rpartition("/")[0]
        plural = SCALED[reference["kind"]].plural if reference["kind"] in SCALED else reference["kind"].lower()
        what = f'{plural}.{group} "{reference["name"]}" not found'
        note = f"the HPA controller was unable to get the target's current scale: {what}"
        return Condition("AbleToScale", "False", "FailedGetScale", note)

    def _write(self, autoscaler: Object, conditions: list[Condition], *, replicas: tuple[int, int] | None) -> None:
        status = dict(autoscaler.get("status") or {})
        found: list[dict[str, Any]] = status.get("conditions") or []
        for one in conditions:
            found = with_condition(found, one, stamp=self._client.stamp)
        status |= {"conditions": found, "desiredReplicas": 0}
        if replicas is not None:
            status |= {"currentReplicas": replicas[0], "desiredReplicas": replicas[1]}
        self._client.set_status(AUTOSCALERS, autoscaler, status=status)


def _activity(autoscaler: Object, *, current: int) -> Condition:
    if not current:
        note = "scaling is disabled since the replica count of the target is zero"
        return Condition("ScalingActive", "False", "ScalingDisabled", note)
    metrics = autoscaler["spec"].get("metrics") or ()
    name = next((one["resource"]["name"] for one in metrics if one.get("type") == "Resource"), "cpu")
    return Condition("ScalingActive", "False", "FailedGetResourceMetric", NO_METRICS.format(name=name))
