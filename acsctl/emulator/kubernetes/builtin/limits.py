"""LimitRanges: what they fill into new pods, and what they refuse of pods and claims (plugin/pkg/admission/limitranger)."""

from collections.abc import Iterator, Mapping
from typing import Any

from acsctl.emulator.kubernetes.builtin import quality
from acsctl.emulator.kubernetes.builtin.call import Call
from acsctl.emulator.kubernetes.builtin.status import forbidden
from acsctl.emulator.kubernetes.builtin.storage import Object
from acsctl.emulator.kubernetes.objects import usage
from acsctl.emulator.kubernetes.objects.quantity import amount

_RANGES = ("", "limitranges")
_ANNOTATION = "kubernetes.io/limit-ranger"


def _limits(call: Call) -> list[Mapping[str, Any]]:
    ranges = [one for one in call.control.storage.all(_RANGES) if one["metadata"]["namespace"] == call.namespace]
    return [limit for one in ranges for limit in one["spec"].get("limits") or ()]


def fill(call: Call, *, pod: Object) -> None:
    """Gives the containers of a new pod, which is the caller's to change, the requests and limits that they lack."""
    told: list[str] = []
    for limit in (one for one in _limits(call) if one.get("type") == "Container"):
        for field, words in (("containers", "container"), ("initContainers", "init container")):
            for container in pod["spec"].get(field) or ():
                told += _filled(container, limit=limit, what=f"{words} {container['name']}")
    if told:
        annotations = {**(pod["metadata"].get("annotations") or {}), _ANNOTATION: f"LimitRanger plugin set: {'; '.join(told)}"}
        pod["metadata"]["annotations"] = annotations
        pod["status"]["qosClass"] = quality.qos_class(pod["spec"])


def _filled(container: dict[str, Any], *, limit: Mapping[str, Any], what: str) -> Iterator[str]:
    resources = container.setdefault("resources", {})
    for field, source, word in (("requests", "defaultRequest", "request"), ("limits", "default", "limit")):
        lacking = {name: value for name, value in limit.get(source, {}).items() if name not in (resources.get(field) or {})}
        if lacking:
            resources[field] = {**(resources.get(field) or {}), **lacking}
            yield f"{', '.join(sorted(lacking))} {word} for {what}"


def check(call: Call, *, obj: Object) -> None:
    """Raises StatusError 403 when a new pod or claim is outside the bounds of its namespace."""
    if call.entry.resource.group or obj["kind"] not in ("Pod", "PersistentVolumeClaim"):
        return
    find = _of_pod if obj["kind"] == "Pod" else _of_claim
    whys = list(dict.fromkeys(why for limit in _limits(call) for why in find(obj, limit=limit)))
    if whys:
        raise forbidden(call.entry.resource, name=call.name, why=whys[0] if len(whys) == 1 else f"[{', '.join(whys)}]")


def _of_claim(claim: Object, *, limit: Mapping[str, Any]) -> Iterator[str]:
    kind = "PersistentVolumeClaim"
    if limit.get("type") == kind:
        requests = claim["spec"].get("resources", {}).get("requests") or {}
        yield from _least(limit, kind=kind, requests=requests, limits={})
        for name, most in limit.get("max", {}).items():
            start = f"maximum {name} usage per {kind} is {most}"
            if name not in requests:
                yield f"{start}.  No request is specified"
            elif amount(requests[name]) > amount(most):
                yield f"{start}, but request is {requests[name]}"


def _of_pod(pod: Object, *, limit: Mapping[str, Any]) -> Iterator[str]:
    kind, spec = limit.get("type", ""), pod["spec"]
    if kind == "Container":
        for container in (*(spec.get("containers") or ()), *(spec.get("initContainers") or ())):
            resources = container.get("resources") or {}
            yield from _outside(limit, requests=resources.get("requests") or {}, limits=resources.get("limits") or {})
    elif kind == "Pod":
        total = {name: usage.written(value, name=name) for name, value in usage.totals(spec).items()}
        requests, limits = (
            {name.removeprefix(start): value for name, value in total.items() if name.startswith(start)}
            for start in ("requests.", "limits.")
        )
        yield from _outside(limit, requests=requests, limits=limits)


def _outside(limit: Mapping[str, Any], *, requests: Mapping[str, Any], limits: Mapping[str, Any]) -> Iterator[str]:
    kind = limit["type"]
    yield from _least(limit, kind=kind, requests=requests, limits=limits)
    for name, most in limit.get("max", {}).items():
        start = f"maximum {name} usage per {kind} is {most}"
        if name not in limits:
            yield f"{start}.  No limit is specified"
        elif amount(limits[name]) > amount(most):
            yield f"{start}, but limit is {limits[name]}"
        elif name in requests and amount(requests[name]) > amount(most):
            yield f"{start}, but request is {requests[name]}"
    for name, ratio in limit.get("maxLimitRequestRatio", {}).items():
        yield from _ratio(name, ratio=ratio, kind=kind, pair=(requests.get(name, "0"), limits.get(name, "0")))


def _least(limit: Mapping[str, Any], *, kind: str, requests: Mapping[str, Any], limits: Mapping[str, Any]) -> Iterator[str]:
    for name, least in limit.get("min", {}).items():
        start = f"minimum {name} usage per {kind} is {least}"
        if name not in requests:
            yield f"{start}.  No request is specified"
        elif amount(requests[name]) < amount(least):
            yield f"{start}, but request is {requests[name]}"
        elif name in limits and amount(limits[name]) < amount(least):
            yield f"{start}, but limit is {limits[name]}"


def _ratio(name: str, *, ratio: str, kind: str, pair: tuple[str, str]) -> Iterator[str]:
    """pair: the request and the limit."""
    request, limit = (amount(one) for one in pair)
    start = f"{name} max limit to request ratio per {kind} is {ratio}, but"
    if not request:
        yield f"{start} no request is specified or request is 0"
    elif not limit:
        yield f"{start} no limit is specified or limit is 0"
    elif limit / request > amount(ratio):
        yield f"{start} provided ratio is {limit / request:.6f}"
