"""Jobs: pods that run to completion (k8s.io/kubernetes pkg/controller/job).

A pod that has ended is first named in the status, then loses its finalizer, then is counted: so it is counted once, whenever
the process may be killed. Not played: podFailurePolicy, successPolicy, backoffLimitPerIndex, managedBy of others' Jobs.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from acsctl.emulator.kubernetes.builtin.controllers import pods
from acsctl.emulator.kubernetes.builtin.controllers.indexes import indexed, parsed, pod_index, written
from acsctl.emulator.kubernetes.builtin.controllers.work import Owned, Work, controller_reference
from acsctl.emulator.kubernetes.client import JOBS, PODS, Object, moment
from acsctl.emulator.kubernetes.conditions import Condition, find, is_true, with_condition

FINALIZER = "batch.kubernetes.io/job-tracking"
FIRST_BACK_OFF, LONGEST_BACK_OFF = 10.0, 600.0


def is_finished(job: Mapping[str, Any]) -> str:
    """`Complete`, `Failed` or ""."""
    status = job.get("status") or {}
    return next((type for type in ("Complete", "Failed") if is_true(status, type)), "")


class Jobs:
    def __init__(self, work: Work) -> None:
        self._work = work

    def reconcile(self) -> None:
        jobs = [one for one in self._work.client.listed(JOBS) if not one["spec"].get("managedBy")]
        if jobs:
            owned = Owned(self._work, PODS)
            self._work.each(jobs, lambda one: self._tend(one, owned=owned))
        alive = {one["metadata"]["uid"] for one in jobs}
        held = [pod for pod in self._work.client.listed(PODS) if FINALIZER in (pod["metadata"].get("finalizers") or ())]
        lonely = [pod for pod in held if (controller_reference(pod) or {}).get("uid") not in alive]
        self._work.each(lonely, lambda pod: _release(self._work, pod))

    def _tend(self, job: Object, *, owned: Owned) -> None:
        mine = owned.of(job, selector=job["spec"].get("selector"))
        if is_finished(job):
            for pod in mine:
                _release(self._work, pod)
            self._end_in_time(job)
            return
        _Run(self._work, job, mine).step()

    def _end_in_time(self, job: Object) -> None:
        seconds = job["spec"].get("ttlSecondsAfterFinished")
        if seconds is None or job["metadata"].get("deletionTimestamp"):
            return
        ended = find(job["status"], is_finished(job))
        if ended is not None and self._work.has_come(moment(ended["lastTransitionTime"]) + seconds):
            self._work.client.delete(JOBS, job, policy="Foreground")


@dataclass(frozen=True)
class _Tally:
    """succeeded, failed: counted. new_*: uids that are named in the status and not counted yet."""

    succeeded: int
    failed: int
    new_succeeded: tuple[str, ...] = ()
    new_failed: tuple[str, ...] = ()

    @property
    def all_succeeded(self) -> int:
        return self.succeeded + len(self.new_succeeded)

    @property
    def all_failed(self) -> int:
        return self.failed + len(self.new_failed)


class _Run:
    """One Job that has not finished."""

    def __init__(self, work: Work, job: Object, mine: Sequence[Object]) -> None:
        self._work = work
        self._job = job
        self._spec = job["spec"]
        self._status: Object = dict(job.get("status") or {})
        self._pods = mine
        self._active = [pod for pod in mine if pods.is_active(pod)]
        self._going = [pod for pod in mine if pods.is_going(pod) and pods.phase(pod) not in pods.FINAL]
        self._conditions = list(self._status.get("conditions") or [])
        self._indexes = parsed(self._status.get("completedIndexes", ""))

    def step(self) -> None:
        tally = self._tally()
        suspended = bool(self._spec.get("suspend"))
        if not self._status.get("startTime") and not suspended:
            self._status["startTime"] = self._work.client.stamp
        verdict = self._verdict(tally)
        if verdict is not None:
            pods.delete(self._work, self._active, owner=self._job)
            self._active, self._going = [], self._going + self._active
        elif not self._job["metadata"].get("deletionTimestamp"):
            self._suspend(suspended)
            self._manage(tally, suspended=suspended)
            verdict = self._success(tally)
        ended = self._conclude(tally, verdict)
        if self._write(tally):
            for pod in self._pods:
                if pod["metadata"]["uid"] in (*tally.new_succeeded, *tally.new_failed) or ended:
                    _release(self._work, pod)
            if ended is not None:
                self._tell(ended)

    # counting

    def _tally(self) -> _Tally:
        uncounted = self._status.get("uncountedTerminatedPods") or {}
        named = {kind: tuple(uncounted.get(kind) or ()) for kind in ("succeeded", "failed")}
        held = {one["metadata"]["uid"] for one in self._pods if FINALIZER in (one["metadata"].get("finalizers") or ())}
        counts = {kind: int(self._status.get(kind) or 0) + sum(uid not in held for uid in uids) for kind, uids in named.items()}
        waiting = {kind: tuple(uid for uid in uids if uid in held) for kind, uids in named.items()}
        tally = _Tally(counts["succeeded"], counts["failed"], waiting["succeeded"], waiting["failed"])
        for pod in self._pods:
            uid = pod["metadata"]["uid"]
            if uid not in held or uid in (*tally.new_succeeded, *tally.new_failed):
                continue
            if pods.phase(pod) == "Succeeded":
                tally = replace(tally, new_succeeded=(*tally.new_succeeded, uid))
            elif pods.phase(pod) == "Failed" or (pods.is_going(pod) and not self._only_failed_replaced()):
                tally = replace(tally, new_failed=(*tally.new_failed, uid))
        return self._by_index(tally) if self._is_indexed() else tally

    def _only_failed_replaced(self) -> bool:
        return bool(self._spec.get("podReplacementPolicy") == "Failed")

    def _is_indexed(self) -> bool:
        return bool(self._spec.get("completionMode") == "Indexed")

    def _by_index(self, tally: _Tally) -> _Tally:
        """An Indexed Job counts indexes, however many pods of one have succeeded."""
        done = (pod_index(pod) for pod in self._pods if pods.phase(pod) == "Succeeded")
        self._indexes |= {one for one in done if one is not None and one < int(self._spec.get("completions") or 0)}
        return replace(tally, succeeded=len(self._indexes) - len(tally.new_succeeded))

    # the end

    def _verdict(self, tally: _Tally) -> Condition | None:
        """SuccessCriteriaMet or FailureTarget: that it will end, and how."""
        for type in ("SuccessCriteriaMet", "FailureTarget"):
            if (found := find(self._status, type)) is not None and found["status"] == "True":
                return Condition(type, "True", found["reason"], found.get("message", ""))
        limit = self._spec.get("backoffLimit", 6)
        if tally.all_failed > limit or self._restarts() > limit:
            return Condition("FailureTarget", "True", "BackoffLimitExceeded", "Job has reached the specified backoff limit")
        deadline = self._spec.get("activeDeadlineSeconds")
        started = self._status.get("startTime")
        if deadline is not None and started and self._work.has_come(moment(started) + deadline):
            return Condition("FailureTarget", "True", "DeadlineExceeded", "Job was active longer than specified deadline")
        return None

    def _restarts(self) -> int:
        """Of pods that are started again in place."""
        if self._spec["template"]["spec"].get("restartPolicy") != "OnFailure":
            return 0
        statuses = (one for pod in self._active for one in (pod.get("status") or {}).get("containerStatuses") or ())
        return sum(int(one.get("restartCount", 0)) for one in statuses)

    def _success(self, tally: _Tally) -> Condition | None:
        completions = self._spec.get("completions")
        enough = tally.all_succeeded > 0 if completions is None else tally.all_succeeded >= completions
        if not enough or self._active:
            return None
        return Condition("SuccessCriteriaMet", "True", "CompletionsReached", "Reached expected number of succeeded pods")

    def _conclude(self, tally: _Tally, verdict: Condition | None) -> Condition | None:
        """Sets the conditions; returns the last one when the Job has ended: nothing to count, nothing that still stops."""
        if verdict is None:
            return None
        self._set(verdict)
        if tally.new_succeeded or tally.new_failed or self._going or self._active:
            return None
        ended = replace(verdict, type="Complete" if verdict.type == "SuccessCriteriaMet" else "Failed")
        self._set(ended)
        if ended.type == "Complete":
            self._status["completionTime"] = self._work.client.stamp
        return ended

    def _tell(self, ended: Condition) -> None:
        if ended.type == "Complete":
            self._work.client.event(self._job, reason="Completed", note="Job completed")
        else:
            self._work.client.event(self._job, reason=ended.reason, note=ended.message, warning=True)

    def _set(self, condition: Condition) -> None:
        stamp = self._work.client.stamp
        self._conditions = with_condition(self._conditions, condition, stamp=stamp, touch="lastProbeTime")

    # pods

    def _suspend(self, suspended: bool) -> None:
        before = find(self._status, "Suspended")
        if suspended and (before is None or before["status"] != "True"):
            self._set(Condition("Suspended", "True", "JobSuspended", "Job suspended"))
            self._status.pop("startTime", None)
            self._work.client.event(self._job, reason="Suspended", note="Job suspended")
        elif not suspended and before is not None and before["status"] == "True":
            self._set(Condition("Suspended", "False", "JobResumed", "Job resumed"))
            self._status["startTime"] = self._work.client.stamp
            self._work.client.event(self._job, reason="Resumed", note="Job resumed")

    def _manage(self, tally: _Tally, *, suspended: bool) -> None:
        parallelism, completions = int(self._spec.get("parallelism", 1)), self._spec.get("completions")
        if suspended:
            wanted = 0
        elif completions is None:
            wanted = len(self._active) if tally.all_succeeded else parallelism
        else:
            wanted = min(parallelism, max(completions - tally.all_succeeded, 0))
        surplus = sorted(self._active, key=pods.deletion_order)[: max(len(self._active) - wanted, 0)]
        pods.delete(self._work, surplus, owner=self._job)
        self._active = [pod for pod in self._active if pod not in surplus]
        self._going = [*self._going, *surplus]
        held_up = self._going if self._only_failed_replaced() else []
        lacking = wanted - len(self._active) - len(held_up)
        if lacking > 0 and self._work.may_create(self._job) and self._work.has_come(self._not_before()):
            self._create(lacking)

    def _create(self, count: int) -> None:
        free: Iterable[int | None] = [None] * count
        if self._is_indexed():
            taken = self._indexes | {pod_index(pod) for pod in self._active}
            free = [one for one in range(int(self._spec["completions"])) if one not in taken][:count]
        for index in free:
            pod = pods.from_template(self._spec["template"], owner=self._job)
            pod["metadata"] |= {"generateName": f"{self._job['metadata']['name']}-", "finalizers": [FINALIZER]}
            if index is not None:
                pod = indexed(pod, index=index, job=self._job["metadata"]["name"])
            if pods.create(self._work, pod, owner=self._job):
                return
        self._active = [*self._active, *[{"metadata": {}} for _ in free]]

    def _not_before(self) -> float:
        """A failed pod is replaced after a while, the longer the more have failed since the last success."""
        ends = [(_ended_at(pod), pods.phase(pod)) for pod in self._pods if pods.phase(pod) in pods.FINAL]
        last_success = max((when for when, phase in ends if phase == "Succeeded"), default=0.0)
        failures = [when for when, phase in ends if phase == "Failed" and when > last_success]
        if not failures:
            return 0.0
        return max(failures) + min(FIRST_BACK_OFF * 2.0 ** (len(failures) - 1), LONGEST_BACK_OFF)

    # status

    def _write(self, tally: _Tally) -> bool:
        counts = {"active": len(self._active), "succeeded": max(tally.succeeded, 0), "failed": tally.failed}
        status = {name: value for name, value in self._status.items() if name not in counts and name != "completedIndexes"}
        status |= {name: count for name, count in counts.items() if count}
        status["ready"] = sum(pods.is_ready(pod) for pod in self._active if pod["metadata"])
        status["terminating"] = len(self._going)
        uncounted = {"succeeded": list(tally.new_succeeded), "failed": list(tally.new_failed)}
        status["uncountedTerminatedPods"] = {name: uids for name, uids in uncounted.items() if uids}
        if self._indexes:
            status["completedIndexes"] = written(self._indexes)
        if self._conditions:
            status["conditions"] = self._conditions
        return self._work.client.set_status(JOBS, self._job, status=status)


def _release(work: Work, pod: Object) -> None:
    finalizers = pod["metadata"].get("finalizers") or []
    if FINALIZER in finalizers:
        kept = [one for one in finalizers if one != FINALIZER]
        work.client.update(PODS, {**pod, "metadata": {**pod["metadata"], "finalizers": kept}})


def _ended_at(pod: Mapping[str, Any]) -> float:
    ends = [
        moment(one["state"]["terminated"]["finishedAt"])
        for one in (pod.get("status") or {}).get("containerStatuses") or ()
        if one["state"].get("terminated")
    ]
    return max(ends, default=moment(pod["metadata"]["creationTimestamp"]))
