"""What is refused of controllers of pods: apps and batch."""

import re
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from acsctl.emulator.kubernetes.objects import naming
from acsctl.emulator.kubernetes.objects.core_rules import claim_spec
from acsctl.emulator.kubernetes.objects.naming import PERCENT_WORDS
from acsctl.emulator.kubernetes.objects.pod_rules import selected_template, template
from acsctl.emulator.kubernetes.objects.refusals import NOT_NEGATIVE, Object, Refusals
from acsctl.emulator.kubernetes.objects.validate import Problem

JOB_RESTARTS = ("OnFailure", "Never")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
NICKNAMES = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
LONGEST_CRON_NAME = 52
MOST_INDEXED = 100_000


@dataclass(frozen=True)
class Bounds:
    """What a field of a schedule may be. names: of the numbers from the lowest on."""

    low: int
    high: int
    names: tuple[str, ...] = ()

    def number(self, text: str) -> int | None:
        if text.lower() in self.names:
            return self.low + self.names.index(text.lower())
        return int(text) if text.isdigit() else None


BOUNDS = (Bounds(0, 59), Bounds(0, 23), Bounds(1, 31), Bounds(1, 12, MONTHS), Bounds(0, 6, DAYS))


def deployment(obj: Object, *, into: Refusals) -> None:
    spec = obj["spec"]
    into.not_negative(spec, "replicas", at="spec")
    _selected(spec, kind="deployment", into=into)
    _deployment_strategy(spec["strategy"], at="spec.strategy", into=into)
    into.not_negative(spec, "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds", at="spec")
    deadline = spec.get("progressDeadlineSeconds")
    if deadline is not None and deadline <= spec.get("minReadySeconds", 0):
        into.invalid("spec.progressDeadlineSeconds", value=deadline, why="must be greater than minReadySeconds")


def _selected(spec: Object, *, kind: str, into: Refusals) -> None:
    """The selector, and when it is one the template."""
    before = len(into)
    _selector(spec, kind=kind, into=into)
    if not any(one.message.endswith("invalid label selector") for one in into[before:]):
        _template(spec, into=into)


def _selector(spec: Object, *, kind: str, into: Refusals) -> None:
    found = spec.get("selector")
    if found is None:
        into.required("spec.selector")
        return
    before = len(into)
    naming.selector(found, at="spec.selector", into=into)
    if len(into) > before:
        into.invalid("spec.selector", value=found, why="invalid label selector")
    if not found:
        into.invalid("spec.selector", value=found, why=f"empty selector is invalid for {kind}")


def _template(spec: Object, *, into: Refusals) -> None:
    selected_template(spec, at="spec", into=into)
    template(spec["template"], at="spec.template", into=into)
    _lasting(spec, into=into)


def _pod_template(spec: Object, *, into: Refusals) -> None:
    template(spec["template"], at="spec.template", into=into)
    _lasting(spec, into=into)


def _lasting(spec: Object, *, into: Refusals) -> None:
    """Pods that a controller keeps running."""
    pod = spec["template"].get("spec", {})
    if pod.get("restartPolicy") != "Always":
        into.unsupported("spec.template.spec.restartPolicy", value=pod.get("restartPolicy"), allowed=("Always",))
    if pod.get("activeDeadlineSeconds") is not None:
        into.forbidden("spec.template.spec.activeDeadlineSeconds", why="activeDeadlineSeconds in ReplicaSet is not Supported")


def _deployment_strategy(value: Object, *, at: str, into: Refusals) -> None:
    rolling = value.get("rollingUpdate")
    if value.get("type") == "Recreate":
        if rolling is not None:
            into.forbidden(f"{at}.rollingUpdate", why="may not be specified when strategy `type` is 'Recreate'")
    elif value.get("type") != "RollingUpdate":
        told = {"Type": value.get("type", ""), "RollingUpdate": rolling}
        into.unsupported(at, value=told, allowed=("Recreate", "RollingUpdate"))
    elif rolling is not None:
        here = f"{at}.rollingUpdate"
        surge, unavailable = rolling.get("maxSurge", 0), rolling.get("maxUnavailable", 0)
        for name in ("maxUnavailable", "maxSurge"):
            number_or_percent(rolling.get(name, 0), at=f"{here}.{name}", into=into)
        if _amount(surge) == 0 and _amount(unavailable) == 0:
            into.invalid(f"{here}.maxUnavailable", value=unavailable, why="may not be 0 when `maxSurge` is 0")
        at_most_all(unavailable, at=f"{here}.maxUnavailable", into=into)


def number_or_percent(value: Any, *, at: str, into: Refusals) -> None:
    if isinstance(value, str):
        if not re.fullmatch(naming.PERCENT, value):
            into.invalid(at, value=value, why=PERCENT_WORDS)
    elif value < 0:
        into.invalid(at, value=value, why=NOT_NEGATIVE)


def at_most_all(value: Any, *, at: str, into: Refusals) -> None:
    """Refuses more than 100 %."""
    if isinstance(value, str) and re.fullmatch(naming.PERCENT, value) and int(value[:-1]) > 100:
        into.invalid(at, value=value, why="must not be greater than 100%")


def _amount(value: Any) -> int | None:
    if isinstance(value, int):
        return value
    return int(value[:-1]) if re.fullmatch(naming.PERCENT, value) else None


def replica_set(obj: Object, *, into: Refusals) -> None:
    spec = obj["spec"]
    into.not_negative(spec, "replicas", "minReadySeconds", at="spec")
    _selected(spec, kind="deployment", into=into)


def replication_controller(obj: Object, *, into: Refusals) -> None:
    spec = obj["spec"]
    replica_set({"spec": {**spec, "selector": {"matchLabels": spec.get("selector", {})}}}, into=into)


def daemon_set(obj: Object, *, into: Refusals) -> None:
    spec = obj["spec"]
    if spec.get("selector") is None:
        selected_template(spec, at="spec", into=into)
        _pod_template(spec, into=into)
    else:
        _selected(spec, kind="daemonset", into=into)
    into.not_negative(spec, "minReadySeconds", "revisionHistoryLimit", at="spec")
    strategy, at = spec["updateStrategy"], "spec.updateStrategy"
    if strategy["type"] == "OnDelete":
        return
    if strategy["type"] != "RollingUpdate":
        told = {"Type": strategy["type"], "RollingUpdate": strategy.get("rollingUpdate")}
        into.unsupported(at, value=told, allowed=("RollingUpdate", "OnDelete"))
        return
    rolling, at = strategy["rollingUpdate"], f"{at}.rollingUpdate"
    for check in (number_or_percent, at_most_all):
        for name in ("maxUnavailable", "maxSurge"):
            check(rolling[name], at=f"{at}.{name}", into=into)
    surge, unavailable = _amount(rolling["maxSurge"]), _amount(rolling["maxUnavailable"])
    if surge and unavailable:
        into.invalid(f"{at}.maxSurge", value=rolling["maxSurge"], why="may not be set when maxUnavailable is non-zero")
    elif (surge, unavailable) == (0, 0):
        into.required(f"{at}.maxUnavailable", "cannot be 0 when maxSurge is 0")


def stateful_set(obj: Object, *, into: Refusals) -> None:
    spec = obj["spec"]
    if spec["podManagementPolicy"] not in ("OrderedReady", "Parallel"):
        into.invalid("spec.podManagementPolicy", value=spec["podManagementPolicy"], why="must be 'OrderedReady' or 'Parallel'")
    strategy = spec["updateStrategy"]
    if strategy.get("type") not in ("RollingUpdate", "OnDelete"):
        told = {"Type": strategy.get("type", ""), "RollingUpdate": strategy.get("rollingUpdate")}
        into.invalid("spec.updateStrategy", value=told, why="must be 'RollingUpdate' or 'OnDelete'")
    elif strategy["type"] == "OnDelete" and strategy.get("rollingUpdate"):
        why = "only allowed for updateStrategy 'RollingUpdate'"
        rolling = strategy["rollingUpdate"]
        told = {"Partition": rolling.get("partition", 0), "MaxUnavailable": rolling.get("maxUnavailable")}
        into.invalid("spec.updateStrategy.rollingUpdate", value=told, why=why)
    into.not_negative(strategy.get("rollingUpdate", {}), "partition", at="spec.updateStrategy.rollingUpdate")
    into.not_negative(spec, "replicas", "minReadySeconds", "revisionHistoryLimit", at="spec")
    if spec.get("serviceName"):
        into.texts("spec.serviceName", value=spec["serviceName"], whys=naming.label(spec["serviceName"]))
    into.not_negative(spec.get("ordinals", {}), "start", at="spec.ordinals")
    for name in ("whenDeleted", "whenScaled"):
        retained = spec.get("persistentVolumeClaimRetentionPolicy", {})
        into.one_of(retained, name, at="spec.persistentVolumeClaimRetentionPolicy", allowed=("Retain", "Delete"))
    for index, one in enumerate(spec.get("volumeClaimTemplates") or ()):
        claim_spec(one.get("spec", {}), at=f"spec.volumeClaimTemplates[{index}].spec", into=into)
    _selected(_with_claims(spec), kind="statefulset", into=into)


def _with_claims(spec: Object) -> Object:
    """With the volumes that the claim templates stand for: containers mount them as any other."""
    claims = [one["metadata"].get("name", "") for one in spec.get("volumeClaimTemplates") or ()]
    pod = spec["template"].get("spec", {})
    own = [one for one in pod.get("volumes", []) if one.get("name") not in claims]
    volumes = [{"name": name, "persistentVolumeClaim": {"claimName": name}} for name in claims]
    return {**spec, "template": {**spec["template"], "spec": {**pod, "volumes": [*volumes, *own]}}}


def job(obj: Object, *, into: Refusals) -> None:
    spec = obj["spec"]
    _job_spec(spec, at="spec", into=into)
    uid = obj["metadata"].get("uid", "")
    wanted = {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}
    if "selector" not in spec:
        # Made by the server unless the user sees to it, so that it lacks only when taken away.
        if spec.get("manualSelector") or spec["template"].get("metadata", {}).get("labels", {}).get("controller-uid"):
            into.required("spec.selector")
            selected_template(spec, at="spec", into=into)
        return
    if not spec.get("manualSelector") and spec["selector"] != wanted:
        into.invalid("spec.selector", value=spec["selector"], why="`selector` not auto-generated")
    selected_template(spec, at="spec", into=into)
    if not spec.get("manualSelector"):
        _generated_labels(obj, into=into)


def _generated_labels(obj: Object, *, into: Refusals) -> None:
    """The labels that tell the Job's pods apart are the server's own."""
    labels = dict(sorted(obj["spec"]["template"].get("metadata", {}).get("labels", {}).items()))
    uid, name = obj["metadata"].get("uid", ""), obj["metadata"].get("name", "")
    for prefix in ("", "batch.kubernetes.io/"):
        for label, wanted in ((f"{prefix}controller-uid", uid), (f"{prefix}job-name", name)):
            if label in labels and labels[label] != wanted:
                into.invalid(f"spec.template.metadata.labels[{label}]", value=labels, why=f"must be '{wanted}'")


def _job_spec(spec: Object, *, at: str, into: Refusals) -> None:
    names = ("parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished")
    into.not_negative(spec, *names, at=at)
    into.one_of(spec, "completionMode", at=at, allowed=("NonIndexed", "Indexed"))
    _indexed(spec, at=at, into=into)
    _failures(spec, at=at, into=into)
    template(spec["template"], at=f"{at}.template", into=into)
    restart = spec["template"].get("spec", {}).get("restartPolicy")
    if restart in ("", "Always"):
        into.required(f"{at}.template.spec.restartPolicy", 'valid values: "OnFailure", "Never"')
    elif restart not in JOB_RESTARTS:
        into.unsupported(f"{at}.template.spec.restartPolicy", value=restart, allowed=JOB_RESTARTS)


def _indexed(spec: Object, *, at: str, into: Refusals) -> None:
    """What only a Job has whose pods are numbered."""
    indexed = spec.get("completionMode") == "Indexed"
    if indexed and spec.get("completions") is None:
        into.required(f"{at}.completions", "when completion mode is Indexed")
    if indexed and spec.get("parallelism", 0) > MOST_INDEXED:
        why = f"must be less than or equal to {MOST_INDEXED} when completion mode is Indexed"
        into.invalid(f"{at}.parallelism", value=spec["parallelism"], why=why)
    if "maxFailedIndexes" in spec and "backoffLimitPerIndex" not in spec:
        into.required(f"{at}.backoffLimitPerIndex", "when maxFailedIndexes is specified")
    for name in ("backoffLimitPerIndex", "maxFailedIndexes"):
        if name in spec and not indexed:
            into.invalid(f"{at}.{name}", value=spec[name], why="requires indexed completion mode")


def _failures(spec: Object, *, at: str, into: Refusals) -> None:
    """What becomes of failed pods."""
    for index, one in enumerate(spec.get("podFailurePolicy", {}).get("rules") or []):
        here = f"{at}.podFailurePolicy.rules[{index}]"
        into.one_of(one, "action", at=here, allowed=("Count", "FailIndex", "FailJob", "Ignore"))
        if not one.get("onExitCodes") and not one.get("onPodConditions"):
            why = "Invalid value: specifying one of OnExitCodes and OnPodConditions is required"
            into.append(Problem(here, "FieldValueInvalid", why))
    into.one_of(spec, "podReplacementPolicy", at=at, allowed=("Failed", "TerminatingOrFailed"))


def _job_template(spec: Object, *, at: str, into: Refusals) -> None:
    """Of the Jobs of a CronJob, whose selectors are the server's to make."""
    _job_spec(spec, at=at, into=into)
    if spec.get("selector") is not None:
        into.invalid(f"{at}.selector", value=spec["selector"], why="`selector` will be auto-generated")
    if spec.get("manualSelector"):
        into.unsupported(f"{at}.manualSelector", value=True, allowed=("nil", "false"))


def cron_job(obj: Object, *, into: Refusals) -> None:
    spec, name = obj["spec"], obj["metadata"].get("name", "")
    if not spec.get("schedule"):
        into.required("spec.schedule")
    else:
        into.texts("spec.schedule", value=spec["schedule"], whys=schedule_problems(spec["schedule"]))
    into.not_negative(spec, "startingDeadlineSeconds", at="spec")
    zone = spec.get("timeZone")
    if zone is not None and (why := _zone_problem(zone)):
        into.invalid("spec.timeZone", value=zone, why=why)
    into.one_of(spec, "concurrencyPolicy", at="spec", allowed=("Allow", "Forbid", "Replace"))
    into.not_negative(spec, "successfulJobsHistoryLimit", "failedJobsHistoryLimit", at="spec")
    _job_template(spec["jobTemplate"]["spec"], at="spec.jobTemplate.spec", into=into)
    if len(name) > LONGEST_CRON_NAME:
        into.invalid("metadata.name", value=name, why=f"must be no more than {LONGEST_CRON_NAME} characters")


def _zone_problem(name: str) -> str:
    if not name:
        return "timeZone must be nil or non-empty string"
    if name.lower() == "local":
        return "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return f"unknown time zone {name}"
    return ""


def schedule_problems(text: str) -> list[str]:
    """What is wrong with a cron schedule, as github.com/robfig/cron puts it."""
    if text.startswith(("TZ=", "CRON_TZ=")):
        return ["cannot use TZ or CRON_TZ in schedule, use timeZone field instead"]
    if text.startswith("@"):
        known = text in NICKNAMES or re.fullmatch(r"@every ([0-9.]+(ns|us|µs|ms|s|m|h))+", text)
        return [] if known else [f"unrecognized descriptor: {text}"]
    fields = text.split()
    if len(fields) != 5:
        return [f"expected exactly 5 fields, found {len(fields)}: [{' '.join(fields)}]"]
    parts = [(part, bounds) for field, bounds in zip(fields, BOUNDS, strict=True) for part in field.split(",")]
    return [why for part, bounds in parts if (why := _range_problem(part, bounds=bounds))][:1]


def _range_problem(part: str, *, bounds: Bounds) -> str:
    """Of `5`, `1-5`, `*/10`, `mon-fri`."""
    span, *steps = part.split("/")
    ends = [] if span in ("*", "?") else span.split("-")
    if len(ends) > 2:
        return f"too many hyphens: {part}"
    if len(steps) > 1:
        return f"too many slashes: {part}"
    numbers = [bounds.number(one) for one in (*ends, *steps)]
    for one, number in zip((*ends, *steps), numbers, strict=True):
        if number is None:
            return f'failed to parse int from {one}: strconv.Atoi: parsing "{one}": invalid syntax'
    known = [number for number in numbers[: len(ends)] if number is not None]
    if known and known[0] < bounds.low:
        return f"beginning of range ({known[0]}) below minimum ({bounds.low}): {part}"
    if known and known[-1] > bounds.high:
        return f"end of range ({known[-1]}) above maximum ({bounds.high}): {part}"
    if len(known) > 1 and known[0] > known[1]:
        return f"beginning of range ({known[0]}) beyond end of range ({known[1]}): {part}"
    return f"step of range should be a positive number: {part}" if steps and numbers[-1] == 0 else ""
