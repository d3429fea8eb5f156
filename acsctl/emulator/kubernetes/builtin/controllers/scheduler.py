"""Binds pods to nodes (k8s.io/kubernetes pkg/scheduler), without preemption."""

from collections.abc import Sequence

from acsctl.emulator.kubernetes.builtin.controllers.placement import Place, far_from, refusal, verdict
from acsctl.emulator.kubernetes.builtin.controllers.pods import FINAL, phase
from acsctl.emulator.kubernetes.builtin.controllers.work import controller_reference
from acsctl.emulator.kubernetes.client import CLAIMS, NODES, PODS, STORAGE_CLASSES, VOLUMES, Client, Object, one_by_one
from acsctl.emulator.kubernetes.conditions import Condition, find, with_condition
from acsctl.emulator.kubernetes.drivers import SELECTED

NAME = "default-scheduler"


class Scheduler:
    """client: its own, with kube-scheduler as the manager."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def reconcile(self) -> None:
        pods = self._client.listed(PODS)
        waiting = [pod for pod in pods if self._is_waiting(pod)]
        if not waiting:
            return
        nodes = [one for one in self._client.listed(NODES) if not one["metadata"].get("deletionTimestamp")]
        places = {one["metadata"]["name"]: Place(one) for one in nodes}
        for pod in pods:
            if pod["spec"].get("nodeName") in places and phase(pod) not in FINAL:
                places[pod["spec"]["nodeName"]].add(pod)
        waiting.sort(key=lambda pod: (-(pod["spec"].get("priority") or 0), pod["metadata"]["creationTimestamp"]))
        for pod in waiting:
            with one_by_one(pod):
                self._place(pod, list(places.values()))

    @staticmethod
    def _is_waiting(pod: Object) -> bool:
        spec = pod["spec"]
        mine = spec.get("schedulerName", NAME) == NAME and not spec.get("schedulingGates")
        return mine and not spec.get("nodeName") and not pod["metadata"].get("deletionTimestamp") and phase(pod) not in FINAL

    def _place(self, pod: Object, places: Sequence[Place]) -> None:
        lack, unbound = self._claims(pod)
        if lack:
            note = f"0/{len(places)} nodes are available: {lack}. not found"
            self._give_up(pod, note if places else "no nodes available to schedule pods")
            return
        volumes = self._volumes(pod)
        refusals = {place.name: refusal(pod, place, places=places) or far_from(volumes, place) for place in places}
        fitting = [place for place in places if refusals[place.name] is None]
        if not fitting:
            self._give_up(pod, verdict([one for one in refusals.values() if one is not None]))
            return
        best = min(fitting, key=lambda place: _load(place, pod=pod))
        if unbound:
            self._select(unbound, best.name)
            return
        self._bind(pod, best)

    def _claims(self, pod: Object) -> tuple[str, list[Object]]:
        """What a claim lacks, and the claims that wait for a node to be chosen."""
        namespace, unbound = pod["metadata"]["namespace"], []
        claims = {one["metadata"]["name"]: one for one in self._client.listed(CLAIMS, namespace=namespace)}
        classes = {one["metadata"]["name"]: one for one in self._client.listed(STORAGE_CLASSES)}
        for volume in pod["spec"].get("volumes") or ():
            if "persistentVolumeClaim" not in volume:
                continue
            name = volume["persistentVolumeClaim"]["claimName"]
            if name not in claims:
                return f'persistentvolumeclaim "{name}" not found', []
            if (claims[name].get("status") or {}).get("phase") == "Bound":
                continue
            mode = classes.get(claims[name]["spec"].get("storageClassName") or "", {}).get("volumeBindingMode", "Immediate")
            if mode != "WaitForFirstConsumer":
                return "pod has unbound immediate PersistentVolumeClaims", []
            unbound.append(claims[name])
        return "", unbound

    def _volumes(self, pod: Object) -> list[Object]:
        """Those that the claims of a pod are bound to."""
        asked = {(one.get("persistentVolumeClaim") or {}).get("claimName") for one in pod["spec"].get("volumes") or ()}
        if asked <= {None}:
            return []
        claims = self._client.listed(CLAIMS, namespace=pod["metadata"]["namespace"])
        names = {one["spec"].get("volumeName") for one in claims if one["metadata"]["name"] in asked}
        return [one for one in self._client.listed(VOLUMES) if one["metadata"]["name"] in names]

    def _select(self, claims: Sequence[Object], node: str) -> None:
        for one in claims:
            notes = one["metadata"].get("annotations") or {}
            if SELECTED not in notes:
                changed = {**one, "metadata": {**one["metadata"], "annotations": {**notes, SELECTED: node}}}
                self._client.update(CLAIMS, changed)

    def _bind(self, pod: Object, place: Place) -> None:
        target = {"apiVersion": "v1", "kind": "Node", "name": place.name}
        meta = {"name": pod["metadata"]["name"], "namespace": pod["metadata"]["namespace"], "uid": pod["metadata"]["uid"]}
        body = {"apiVersion": "v1", "kind": "Binding", "metadata": meta, "target": target}
        if self._client.post(PODS, pod, subresource="binding", body=body):
            place.add(pod)
            note = f"Successfully assigned {meta['namespace']}/{meta['name']} to {place.name}"
            self._client.event(pod, reason="Scheduled", note=note)

    def _give_up(self, pod: Object, note: str) -> None:
        status = pod.get("status") or {}
        before = find(status, "PodScheduled")
        if before is not None and before.get("message") == note:
            return
        condition = Condition("PodScheduled", "False", "Unschedulable", note)
        conditions = with_condition(status.get("conditions") or [], condition, stamp=self._client.stamp)
        if self._client.set_status(PODS, pod, status={**status, "phase": "Pending", "conditions": conditions}):
            self._client.event(pod, reason="FailedScheduling", note=note, warning=True)


def _load(place: Place, *, pod: Object) -> tuple[float, ...]:
    """Small where few pods of the same owner are and little is asked for."""
    owner = controller_reference(pod)
    mates = sum(owner is not None and controller_reference(one) == owner for one in place.pods)
    shares = [float(place.used[name] / place.room[name]) for name in ("cpu", "memory") if place.room.get(name)]
    return (float(mates), sum(shares), float(len(place.pods)))
