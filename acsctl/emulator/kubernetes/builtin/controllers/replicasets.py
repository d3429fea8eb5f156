"""ReplicaSets: as many pods as wanted (k8s.io/kubernetes pkg/controller/replicaset)."""

from collections.abc import Sequence
from typing import Any

from acsctl.emulator.kubernetes.builtin.controllers import pods
from acsctl.emulator.kubernetes.builtin.controllers.work import Owned, Work
from acsctl.emulator.kubernetes.client import PODS, REPLICA_SETS, Object
from acsctl.emulator.kubernetes.conditions import Condition, find, with_condition, without_condition

BURST = 500  # pods that are made or ended at once


class ReplicaSets:
    def __init__(self, work: Work) -> None:
        self._work = work

    def reconcile(self) -> None:
        if sets := self._work.client.listed(REPLICA_SETS):
            owned = Owned(self._work, PODS)
            self._work.each(sets, lambda one: self._tend(one, owned.of(one, selector=one["spec"]["selector"])))

    def _tend(self, replica_set: Object, found: Sequence[Object]) -> None:
        active = [pod for pod in found if pods.is_active(pod)]
        going = [pod for pod in found if pods.is_going(pod) and pods.phase(pod) not in pods.FINAL]
        problem = ""
        if not replica_set["metadata"].get("deletionTimestamp"):
            problem = self._scale(replica_set, active)
        status = self._status(replica_set, active, going=len(going))
        self._work.client.set_status(REPLICA_SETS, replica_set, status=self._with_failure(status, problem=problem))

    def _scale(self, replica_set: Object, active: Sequence[Object]) -> str:
        """Why no more pods could be made, or ""."""
        lacking = replica_set["spec"].get("replicas", 1) - len(active)
        if lacking < 0:
            surplus = sorted(active, key=pods.deletion_order)[: min(-lacking, BURST)]
            pods.delete(self._work, surplus, owner=replica_set)
        if lacking <= 0:
            return ""
        if not self._work.may_create(replica_set):
            before = find(replica_set.get("status") or {}, "ReplicaFailure")
            return str(before["message"]) if before else ""
        for _ in range(min(lacking, BURST)):
            pod = pods.from_template(replica_set["spec"]["template"], owner=replica_set)
            pod["metadata"]["generateName"] = f"{replica_set['metadata']['name']}-"
            if problem := pods.create(self._work, pod, owner=replica_set):
                return problem
        return ""

    def _status(self, replica_set: Object, active: Sequence[Object], *, going: int) -> Object:
        seconds = replica_set["spec"].get("minReadySeconds") or 0
        labels = (replica_set["spec"]["template"].get("metadata") or {}).get("labels") or {}
        counts = {
            "fullyLabeledReplicas": sum(labels.items() <= (pod["metadata"].get("labels") or {}).items() for pod in active),
            "readyReplicas": sum(pods.is_ready(pod) for pod in active),
            "availableReplicas": sum(pods.is_available(pod, seconds=seconds, work=self._work) for pod in active),
        }
        status: dict[str, Any] = {"replicas": len(active), **{name: count for name, count in counts.items() if count}}
        status |= {"terminatingReplicas": going, "observedGeneration": replica_set["metadata"]["generation"]}
        conditions = (replica_set.get("status") or {}).get("conditions")
        return {**status, "conditions": conditions} if conditions else status

    def _with_failure(self, status: Object, *, problem: str) -> Object:
        conditions = status.get("conditions") or []
        if problem:
            failure = Condition("ReplicaFailure", "True", "FailedCreate", problem)
            conditions = with_condition(conditions, failure, stamp=self._work.client.stamp)
        else:
            conditions = without_condition(conditions, "ReplicaFailure")
        rest = {name: value for name, value in status.items() if name != "conditions"}
        return {**rest, "conditions": conditions} if conditions else rest
