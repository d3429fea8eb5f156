"""CronJobs (k8s.io/kubernetes pkg/controller/cronjob)."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from acsctl.emulator.kubernetes.builtin.controllers.jobs import is_finished
from acsctl.emulator.kubernetes.builtin.controllers.work import Owned, Work, owned_by
from acsctl.emulator.kubernetes.client import CRON_JOBS, JOBS, Object, message, moment, stamp

SCHEDULED = "batch.kubernetes.io/cronjob-scheduled-timestamp"
MACROS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}


class CronJobs:
    def __init__(self, work: Work) -> None:
        self._work = work
        self._client = work.client
        self._skipped: dict[str, float] = {}  # uid -> the last time of the schedule that was told to be left out

    def reconcile(self) -> None:
        if found := self._client.listed(CRON_JOBS):
            owned = Owned(self._work, JOBS)
            self._work.each(found, lambda one: self._tend(one, owned.of(one)))

    def _tend(self, cron: Object, jobs: Sequence[Object]) -> None:
        if cron["metadata"].get("deletionTimestamp"):
            return
        status = dict(cron.get("status") or {})
        active = [one for one in jobs if not is_finished(one)]
        self._tell_ended(cron, jobs)
        ends = [str(one["status"]["completionTime"]) for one in jobs if is_finished(one) == "Complete"]
        if ends:
            status["lastSuccessfulTime"] = max([*ends, status.get("lastSuccessfulTime", "")])
        self._clean_up(cron, jobs)
        due = None if cron["spec"].get("suspend") else self._due(cron)
        if due is not None:
            active = self._start(cron, active, due=due, status=status)
        status["active"] = [_reference(one) for one in active]
        if not active:
            del status["active"]
        self._client.set_status(CRON_JOBS, cron, status=status)

    def _tell_ended(self, cron: Object, jobs: Sequence[Object]) -> None:
        known = {one["uid"] for one in (cron.get("status") or {}).get("active") or ()}
        for one in jobs:
            if one["metadata"]["uid"] in known and (how := is_finished(one)):
                note = f"Saw completed job: {one['metadata']['name']}, condition: {how}"
                self._client.event(cron, reason="SawCompletedJob", note=note)

    def _clean_up(self, cron: Object, jobs: Sequence[Object]) -> None:
        """Keeps as many ended Jobs as the two history limits say."""
        for how, limit in (
            ("Complete", cron["spec"].get("successfulJobsHistoryLimit", 3)),
            ("Failed", cron["spec"].get("failedJobsHistoryLimit", 1)),
        ):
            ended = [one for one in jobs if is_finished(one) == how and not one["metadata"].get("deletionTimestamp")]
            ended.sort(key=lambda one: str((one.get("status") or {}).get("startTime", "")))
            for one in ended[: max(len(ended) - limit, 0)]:
                self._delete(cron, one)

    def _delete(self, cron: Object, job: Object) -> None:
        if self._client.delete(JOBS, job):
            self._client.event(cron, reason="SuccessfulDelete", note=f"Deleted job {job['metadata']['name']}")

    def _due(self, cron: Object) -> float | None:
        """The latest time that it should have started at and has not; the next one is remembered."""
        spec, now = cron["spec"], self._work.now
        since = (cron.get("status") or {}).get("lastScheduleTime") or cron["metadata"]["creationTimestamp"]
        try:
            last, following = _around(spec["schedule"], now=now, zone=spec.get("timeZone"))
        except (CronSimError, KeyError, StopIteration) as wrong:
            if self._work.may_create(cron):
                self._work.refused(cron)
                note = f"unparseable schedule: {spec['schedule']!r} : {wrong}"
                self._client.event(cron, reason="UnparseableSchedule", note=note, warning=True)
            return None
        self._work.has_come(following)
        deadline = spec.get("startingDeadlineSeconds")
        if last <= moment(since):
            return None
        if deadline is not None and last + deadline < now:
            missed = datetime.fromtimestamp(last, tz=UTC).strftime("%a, %d %b %Y %H:%M:%S UTC")
            note = f"Missed scheduled time to start a job: {missed}"
            self._skip(cron, reason="MissSchedule", note=note, due=last)
            return None
        return last

    def _skip(self, cron: Object, *, reason: str, note: str, due: float) -> None:
        """Tells once for a time of the schedule that nothing is started."""
        uid = cron["metadata"]["uid"]
        if self._skipped.get(uid) != due:
            self._skipped[uid] = due
            self._client.event(cron, reason=reason, note=note, warning=reason == "MissSchedule")

    def _start(self, cron: Object, active: Sequence[Object], *, due: float, status: Object) -> list[Object]:
        """Returns the Jobs that run now."""
        policy = cron["spec"].get("concurrencyPolicy", "Allow")
        if policy == "Forbid" and active:
            note = "Not starting job because prior execution is running and concurrency policy is Forbid"
            self._skip(cron, reason="JobAlreadyActive", note=note, due=due)
            return list(active)
        if policy == "Replace":
            for one in active:
                self._delete(cron, one)
            active = []
        made = _job(cron, due=due)
        name = made["metadata"]["name"]
        known = next((one for one in active if one["metadata"]["name"] == name), None)
        if known is not None:
            status["lastScheduleTime"] = stamp(due)
            return list(active)
        if not self._work.may_create(cron):
            return list(active)
        reply = self._client.create(JOBS, made)
        if not reply.ok:
            self._work.refused(cron)
            self._client.event(cron, reason="FailedCreate", note=f"Error creating job: {message(reply)}", warning=True)
            return list(active)
        self._client.event(cron, reason="SuccessfulCreate", note=f"Created job {name}")
        status["lastScheduleTime"] = stamp(due)
        return [*active, dict(reply.document)]


def _around(schedule: str, *, now: float, zone: str | None) -> tuple[float, float]:
    """The last time of the schedule up to now, and the next one."""
    here: tzinfo = ZoneInfo(zone) if zone else UTC
    expression = MACROS.get(schedule, schedule)
    second = datetime.fromtimestamp(int(now), tz=here)
    last = next(CronSim(expression, second + timedelta(seconds=1), reverse=True))
    return last.timestamp(), next(CronSim(expression, second)).timestamp()


def _job(cron: Object, *, due: float) -> Object:
    template = cron["spec"]["jobTemplate"]
    meta = template.get("metadata") or {}
    when = datetime.fromtimestamp(due, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    made = {
        "name": f"{cron['metadata']['name']}-{int(due) // 60}",
        "namespace": cron["metadata"]["namespace"],
        "annotations": {**(meta.get("annotations") or {}), SCHEDULED: when},
        "ownerReferences": owned_by(cron),
    }
    if meta.get("labels"):
        made["labels"] = meta["labels"]
    return {"metadata": made, "spec": template["spec"]}


def _reference(job: Object) -> Object:
    meta = job["metadata"]
    about = {"apiVersion": "batch/v1", "kind": "Job", "name": meta["name"], "namespace": meta["namespace"], "uid": meta["uid"]}
    return {**about, "resourceVersion": meta["resourceVersion"]}
