"""Where a pod can run: the filters of kube-scheduler that stacks meet, with their words; pure.

Required terms only, and in the order of the real one: the first filter that fails speaks for a node.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from acsctl.emulator.kubernetes.builtin.controllers.matching import is_met, matches
from acsctl.emulator.kubernetes.builtin.controllers.quantities import Amounts, amounts, requests
from acsctl.emulator.kubernetes.client import Object

FROM_CLAIMS = "no new claims to deallocate"  # what the plugin of dynamic resources adds whenever nothing fits

UNSCHEDULABLE = "node.kubernetes.io/unschedulable"


@dataclass(frozen=True)
class Refusal:
    """Why a node does not take a pod. hopeless: no preemption could help."""

    reasons: tuple[str, ...]
    hopeless: bool = False


class Place:
    """A node with the pods that are bound to it. room: what is allocatable. used: what they ask for, together."""

    def __init__(self, node: Object) -> None:
        self.node = node
        self.pods: list[Object] = []
        self.used: Counter[str] = Counter()
        self.room: Amounts = amounts((node.get("status") or {}).get("allocatable"))

    def add(self, pod: Object) -> None:
        self.pods.append(pod)
        self.used.update(requests(pod))

    @property
    def name(self) -> str:
        return str(self.node["metadata"]["name"])

    @property
    def labels(self) -> Mapping[str, str]:
        return self.node["metadata"].get("labels") or {}


def matching_tolerations(pod: Mapping[str, Any], taint: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [one for one in pod["spec"].get("tolerations") or () if _tolerates(one, taint)]


def tolerates(pod: Mapping[str, Any], taint: Mapping[str, Any]) -> bool:
    return bool(matching_tolerations(pod, taint))


def _tolerates(toleration: Mapping[str, Any], taint: Mapping[str, Any]) -> bool:
    if toleration.get("effect") not in (None, "", taint["effect"]):
        return False
    if not toleration.get("key"):
        return toleration.get("operator") == "Exists"
    if toleration["key"] != taint["key"]:
        return False
    return toleration.get("operator") == "Exists" or (toleration.get("value") or "") == (taint.get("value") or "")


def selects(pod: Mapping[str, Any], node: Mapping[str, Any]) -> bool:
    """nodeSelector and required node affinity."""
    labels = node["metadata"].get("labels") or {}
    if not (pod["spec"].get("nodeSelector") or {}).items() <= labels.items():
        return False
    affinity = (pod["spec"].get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution")
    return not required or _is_selected(node, selector=required)


def _is_selected(node: Mapping[str, Any], *, selector: Mapping[str, Any]) -> bool:
    """A NodeSelector: one of its terms is met."""
    labels, fields = node["metadata"].get("labels") or {}, {"metadata.name": node["metadata"]["name"]}
    return any(
        (term.get("matchExpressions") or term.get("matchFields"))
        and all(is_met(one, labels=labels) for one in term.get("matchExpressions") or ())
        and all(is_met(one, labels=fields) for one in term.get("matchFields") or ())
        for term in selector["nodeSelectorTerms"]
    )


def far_from(volumes: Iterable[Mapping[str, Any]], place: Place) -> Refusal | None:
    """Why a node does not reach the volumes of a pod, disks of another zone say; None when it does."""
    selectors = [(one["spec"].get("nodeAffinity") or {}).get("required") for one in volumes]
    if all(_is_selected(place.node, selector=one) for one in selectors if one):
        return None
    return Refusal(("node(s) didn't match PersistentVolume's node affinity",), hopeless=True)


def daemon_fits(pod: Mapping[str, Any], node: Mapping[str, Any]) -> bool:
    """Whether a DaemonSet wants a pod on the node: selectors and NoSchedule, NoExecute taints (the scheduler does the rest)."""
    taints = (one for one in node["spec"].get("taints") or () if one["effect"] in ("NoSchedule", "NoExecute"))
    return selects(pod, node) and all(tolerates(pod, one) for one in taints)


def refusal(pod: Object, place: Place, *, places: Sequence[Place]) -> Refusal | None:
    """Why the pod cannot run there; None when it can."""
    unselected = Refusal(("node(s) didn't match Pod's node affinity/selector",), hopeless=True)
    filters: tuple[Callable[[], Refusal | None], ...] = (
        lambda: _taints(pod, place.node),
        lambda: None if selects(pod, place.node) else unselected,
        lambda: _ports(pod, place),
        lambda: _fit(pod, place),
        lambda: _affinity(pod, place, places=places),
    )
    return next((found for one in filters if (found := one())), None)


def _taints(pod: Mapping[str, Any], node: Mapping[str, Any]) -> Refusal | None:
    cordon = {"key": UNSCHEDULABLE, "effect": "NoSchedule"}
    if node["spec"].get("unschedulable") and not tolerates(pod, cordon):
        return Refusal(("node(s) were unschedulable",), hopeless=True)
    taints = (one for one in node["spec"].get("taints") or () if one["effect"] in ("NoSchedule", "NoExecute"))
    tainted = any(not tolerates(pod, one) for one in taints)
    return Refusal(("node(s) had untolerated taint(s)",), hopeless=True) if tainted else None


def _host_ports(pod: Mapping[str, Any]) -> set[tuple[str, int]]:
    every = (*pod["spec"]["containers"], *(pod["spec"].get("initContainers") or ()))
    return {
        (port.get("protocol", "TCP"), port["hostPort"])
        for container in every
        for port in container.get("ports") or ()
        if port.get("hostPort")
    }


def _ports(pod: Mapping[str, Any], place: Place) -> Refusal | None:
    wanted = _host_ports(pod)
    taken = wanted and any(wanted & _host_ports(other) for other in place.pods)
    return Refusal(("node(s) didn't have free ports for the requested pod ports",)) if taken else None


def _fit(pod: Mapping[str, Any], place: Place) -> Refusal | None:
    wanted = requests(pod)
    short = [name for name, asked in wanted.items() if asked and place.used[name] + asked > place.room.get(name, 0)]
    if not short:
        return None
    reasons = tuple("Too many pods" if name == "pods" else f"Insufficient {name}" for name in sorted(short, key=_fit_order))
    return Refusal(reasons, hopeless=any(wanted[name] > place.room.get(name, 0) for name in short if name != "pods"))


def _fit_order(name: str) -> tuple[int, str]:
    known = ("pods", "cpu", "memory", "ephemeral-storage")
    return (known.index(name) if name in known else len(known), name)


def _terms(pod: Mapping[str, Any], kind: str) -> Iterable[Mapping[str, Any]]:
    affinity = (pod["spec"].get("affinity") or {}).get(kind) or {}
    return affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or ()


def _affinity(pod: Object, place: Place, *, places: Sequence[Place]) -> Refusal | None:
    for term in _terms(pod, "podAffinity"):
        mates = [one for one in places if any(_is_meant(term, of=pod, other=each) for each in one.pods)]
        alone = not mates and _is_meant(term, of=pod, other=pod)  # the first of a group that wants to be together
        if not alone and not any(_same(one, place, key=term["topologyKey"]) for one in mates):
            return Refusal(("node(s) didn't match pod affinity rules",), hopeless=True)
    for term in _terms(pod, "podAntiAffinity"):
        near = (one for one in places if _same(one, place, key=term["topologyKey"]))
        if any(_is_meant(term, of=pod, other=each) for one in near for each in one.pods):
            return Refusal(("node(s) didn't match pod anti-affinity rules",))
    for other in places:
        for each in other.pods:
            for term in _terms(each, "podAntiAffinity"):
                if _same(other, place, key=term["topologyKey"]) and _is_meant(term, of=each, other=pod):
                    return Refusal(("node(s) didn't satisfy existing pods anti-affinity rules",))
    return None


def _is_meant(term: Mapping[str, Any], *, of: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    namespaces = term.get("namespaces") or [of["metadata"]["namespace"]]
    anywhere = term.get("namespaceSelector") == {}
    meant = anywhere or other["metadata"]["namespace"] in namespaces
    return meant and matches(term.get("labelSelector"), other["metadata"].get("labels"))


def _same(one: Place, other: Place, *, key: str) -> bool:
    return key in one.labels and one.labels[key] == other.labels.get(key)


def verdict(found: Sequence[Refusal]) -> str:
    """The message of condition PodScheduled when every node has refused."""
    total = len(found)
    if not total:
        return "no nodes available to schedule pods"
    counts = Counter(reason for one in found for reason in one.reasons)
    told = ", ".join(sorted(f"{count} {reason}" for reason, count in counts.items()))
    hopeless = sum(one.hopeless for one in found)
    helps = {"Preemption is not helpful for scheduling": hopeless}
    helps["No preemption victims found for incoming pod"] = total - hopeless
    preemption = ", ".join(sorted(f"{count} {reason}" for reason, count in helps.items() if count))
    return f"0/{total} nodes are available: {told}. {FROM_CLAIMS}, preemption: 0/{total} nodes are available: {preemption}."
