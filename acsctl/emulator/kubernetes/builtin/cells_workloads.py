"""The columns of apps, batch, autoscaling and policy."""

from datetime import datetime
from typing import Any

from acsctl.emulator.kubernetes.builtin.cells import (
    AGE,
    NAME,
    NONE,
    UNKNOWN,
    UNSET,
    Column,
    at,
    condition,
    human,
    more,
    since,
    template_columns,
)
from acsctl.emulator.kubernetes.builtin.storage import Object

_TEMPLATE = template_columns("spec.template", selector="spec.selector")
_REPLICAS = (
    Column("Desired", at("spec.replicas", otherwise=0), type="integer"),
    Column("Current", at("status.replicas", otherwise=0), type="integer"),
    Column("Ready", at("status.readyReplicas", otherwise=0), type="integer"),
)


def _of_replicas(obj: Object, now: float) -> str:
    return f"{obj.get('status', {}).get('readyReplicas', 0)}/{obj['spec'].get('replicas', 0)}"


def _job_status(job: Object, now: float) -> str:
    holds = [kind for kind in ("Complete", "Failed") if condition(job, kind).get("status") == "True"]
    if holds:
        return holds[0]
    if "deletionTimestamp" in job["metadata"]:
        return "Terminating"
    others = ("Suspended", "FailureTarget", "SuccessCriteriaMet")
    return next((kind for kind in others if condition(job, kind).get("status") == "True"), "Running")


def _completions(job: Object, now: float) -> str:
    done, wanted = job.get("status", {}).get("succeeded", 0), job["spec"].get("completions")
    if wanted is not None:
        return f"{done}/{wanted}"
    parallelism = job["spec"].get("parallelism", 0)
    return f"{done}/1 of {parallelism}" if parallelism > 1 else f"{done}/1"


def _duration(job: Object, now: float) -> str:
    status = job.get("status", {})
    if not status.get("startTime"):
        return ""
    end = datetime.fromisoformat(status["completionTime"]).timestamp() if status.get("completionTime") else now
    return human(end - datetime.fromisoformat(status["startTime"]).timestamp())


def _last_schedule(job: Object, now: float) -> str:
    moment = job.get("status", {}).get("lastScheduleTime")
    return since(moment, now=now) if moment else NONE


def _bool(path: str) -> Any:
    return lambda obj, now: {True: "True", False: "False"}.get(at(path, otherwise=None)(obj, now), UNSET)


def _targets(scaler: Object, now: float) -> str:
    current = scaler.get("status", {}).get("currentMetrics") or []
    shown = []
    for index, one in enumerate(scaler["spec"].get("metrics") or []):
        kind = one["type"][0].lower() + one["type"][1:]
        wanted, source = one.get(kind, {}).get("target", {}), one.get(kind, {})
        have = (current[index].get(kind) or {}).get("current", {}) if index < len(current) else {}
        name = f"{source['name']}: " if kind in ("resource", "containerResource") else ""
        if "averageValue" in wanted:
            tail = " (avg)" if kind in ("external", "object") else ""
            shown.append(f"{name}{have.get('averageValue', UNKNOWN)}/{wanted['averageValue']}{tail}")
        elif name:
            percent = f"{have['averageUtilization']}%" if "averageUtilization" in have else UNKNOWN
            target = f"{wanted['averageUtilization']}%" if "averageUtilization" in wanted else "<auto>"
            shown.append(f"{name}{percent}/{target}")
        else:
            shown.append(f"{have.get('value', UNKNOWN)}/{wanted.get('value', '')}")
    return more(shown, most=2, separator=", ")


def _targets_v1(scaler: Object, now: float) -> str:
    wanted = scaler["spec"].get("targetCPUUtilizationPercentage")
    have = scaler.get("status", {}).get("currentCPUUtilizationPercentage")
    return NONE if wanted is None else f"cpu: {UNKNOWN if have is None else f'{have}%'}/{wanted}%"


def _any_targets(scaler: Object, now: float) -> str:
    return _targets_v1(scaler, now) if scaler["apiVersion"] == "autoscaling/v1" else _targets(scaler, now)


def _reference(obj: Object, now: float) -> str:
    target = obj["spec"]["scaleTargetRef"]
    return f"{target['kind']}/{target['name']}"


def _controller(obj: Object, now: float) -> str:
    owner = next((one for one in obj["metadata"].get("ownerReferences") or [] if one.get("controller")), None)
    if owner is None:
        return NONE
    group = owner["apiVersion"].rpartition("/")[0]
    return f"{owner['kind'].lower()}{'.' + group if group else ''}/{owner['name']}"


def _text(path: str) -> Any:
    return lambda obj, now: str(at(path, otherwise="N/A")(obj, now))


COLUMNS: dict[tuple[str, str], tuple[Column, ...]] = {
    ("apps", "deployments"): (
        NAME,
        Column("Ready", _of_replicas),
        Column("Up-to-date", at("status.updatedReplicas", otherwise=0)),
        Column("Available", at("status.availableReplicas", otherwise=0)),
        AGE,
        *_TEMPLATE,
    ),
    ("apps", "replicasets"): (NAME, *_REPLICAS, AGE, *_TEMPLATE),
    ("", "replicationcontrollers"): (NAME, *_REPLICAS, AGE, *_TEMPLATE),
    ("apps", "statefulsets"): (NAME, Column("Ready", _of_replicas), AGE, *_TEMPLATE[:2]),
    ("apps", "daemonsets"): (
        NAME,
        Column("Desired", at("status.desiredNumberScheduled", otherwise=0), type="integer"),
        Column("Current", at("status.currentNumberScheduled", otherwise=0), type="integer"),
        Column("Ready", at("status.numberReady", otherwise=0), type="integer"),
        Column("Up-to-date", at("status.updatedNumberScheduled", otherwise=0), type="integer"),
        Column("Available", at("status.numberAvailable", otherwise=0), type="integer"),
        Column("Node Selector", lambda obj, now: _node_selector(obj)),
        AGE,
        *_TEMPLATE,
    ),
    ("apps", "controllerrevisions"): (
        NAME,
        Column("Controller", _controller),
        Column("Revision", at("revision", otherwise=0)),
        AGE,
    ),
    ("batch", "jobs"): (
        NAME,
        Column("Status", _job_status),
        Column("Completions", _completions),
        Column("Duration", _duration),
        AGE,
        *_TEMPLATE,
    ),
    ("batch", "cronjobs"): (
        NAME,
        Column("Schedule", at("spec.schedule")),
        Column("Timezone", at("spec.timeZone", otherwise=NONE)),
        Column("Suspend", _bool("spec.suspend"), type="boolean"),
        Column("Active", lambda obj, now: len(obj.get("status", {}).get("active") or []), type="integer"),
        Column("Last Schedule", _last_schedule),
        AGE,
        *template_columns("spec.jobTemplate.spec.template", selector="spec.jobTemplate.spec.selector"),
    ),
    ("autoscaling", "horizontalpodautoscalers"): (
        NAME,
        Column("Reference", _reference),
        Column("Targets", _any_targets),
        Column("MinPods", lambda obj, now: str(obj["spec"].get("minReplicas", UNSET))),
        Column("MaxPods", at("spec.maxReplicas", otherwise=0)),
        Column("Replicas", at("status.currentReplicas", otherwise=0)),
        AGE,
    ),
    ("policy", "poddisruptionbudgets"): (
        NAME,
        Column("Min Available", _text("spec.minAvailable")),
        Column("Max Unavailable", _text("spec.maxUnavailable")),
        Column("Allowed Disruptions", at("status.disruptionsAllowed", otherwise=0), type="integer"),
        AGE,
    ),
}


def _node_selector(obj: Object) -> str:
    wanted = obj["spec"]["template"]["spec"].get("nodeSelector") or {}
    return ",".join(f"{key}={value}" for key, value in sorted(wanted.items())) or NONE
