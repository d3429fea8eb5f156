"""The status of PodDisruptionBudgets (pkg/controller/disruption)."""

from acsctl.emulator.kubernetes.builtin.controllers import pods
from acsctl.emulator.kubernetes.builtin.controllers.matching import matches
from acsctl.emulator.kubernetes.builtin.controllers.templates import share
from acsctl.emulator.kubernetes.builtin.controllers.work import Work, controller_reference
from acsctl.emulator.kubernetes.client import (
    BUDGETS,
    DAEMON_SETS,
    DEPLOYMENTS,
    JOBS,
    PODS,
    REPLICA_SETS,
    STATEFUL_SETS,
    Object,
)
from acsctl.emulator.kubernetes.conditions import Condition, with_condition

OWNERS = (REPLICA_SETS, STATEFUL_SETS, DEPLOYMENTS, DAEMON_SETS, JOBS)


class Budgets:
    def __init__(self, work: Work) -> None:
        self._work = work
        self._client = work.client

    def reconcile(self) -> None:
        self._work.each(self._client.listed(BUDGETS), self._tend)

    def _tend(self, budget: Object) -> None:
        namespace = budget["metadata"]["namespace"]
        selector = budget["spec"].get("selector")
        mine = [
            pod
            for pod in self._client.listed(PODS, namespace=namespace)
            if matches(selector, pod["metadata"].get("labels")) and pods.phase(pod) not in pods.FINAL
        ]
        if not mine:
            self._work.tell_once(budget, reason="NoPods", note="No matching pods found")
        healthy = sum(pods.is_ready(pod) and not pods.is_going(pod) for pod in mine)
        expected = self._expected(mine) if _needs_scale(budget) else len(mine)
        if budget["spec"].get("maxUnavailable") is not None:
            desired = max(expected - share(budget["spec"]["maxUnavailable"], of=expected, up=True), 0)
        else:
            desired = share(budget["spec"].get("minAvailable"), of=expected, up=True)
        allowed = max(healthy - desired, 0) if expected else 0
        self._write(budget, {"currentHealthy": healthy, "desiredHealthy": desired, "expectedPods": expected}, allowed=allowed)

    def _expected(self, mine: list[Object]) -> int:
        """What the controllers of the pods want, all together."""
        sizes = {
            one["metadata"]["uid"]: int(one["spec"].get("replicas", 1))
            for resource in OWNERS
            for one in self._client.listed(resource)
        }
        uids = {reference["uid"] for pod in mine if (reference := controller_reference(pod)) is not None}
        return sum(sizes.get(uid, 0) for uid in uids)

    def _write(self, budget: Object, counts: dict[str, int], *, allowed: int) -> None:
        status = dict(budget.get("status") or {})
        enough = Condition("DisruptionAllowed", "True", "SufficientPods")
        condition = enough if allowed else Condition("DisruptionAllowed", "False", "InsufficientPods")
        generation = budget["metadata"]["generation"]
        found = with_condition(status.get("conditions") or [], condition, stamp=self._client.stamp)
        found = [{"reason": "", "message": "", **one, "observedGeneration": generation} for one in found]
        status |= {**counts, "disruptionsAllowed": allowed, "observedGeneration": generation, "conditions": found}
        self._client.set_status(BUDGETS, budget, status=status)


def _needs_scale(budget: Object) -> bool:
    """Shares and maxUnavailable are of what the controllers want, a plain minAvailable is of the pods there are."""
    return budget["spec"].get("maxUnavailable") is not None or isinstance(budget["spec"].get("minAvailable"), str)
