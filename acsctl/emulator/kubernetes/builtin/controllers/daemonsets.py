"""DaemonSets: a pod for every node that wants one (k8s.io/kubernetes pkg/controller/daemon)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from acsctl.emulator.kubernetes.builtin.controllers import pods, revisions
from acsctl.emulator.kubernetes.builtin.controllers.placement import daemon_fits, selects, tolerates
from acsctl.emulator.kubernetes.builtin.controllers.templates import share
from acsctl.emulator.kubernetes.builtin.controllers.work import Owned, Work
from acsctl.emulator.kubernetes.client import DAEMON_SETS, NODES, PODS, REVISIONS, Object

TOLERATED = (
    ("node.kubernetes.io/not-ready", "NoExecute"),
    ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    ("node.kubernetes.io/unschedulable", "NoSchedule"),
)
GENERATION = "deprecated.daemonset.template.generation"


class DaemonSets:
    def __init__(self, work: Work) -> None:
        self._work = work

    def reconcile(self) -> None:
        if found := self._work.client.listed(DAEMON_SETS):
            owned, history = Owned(self._work, PODS), Owned(self._work, REVISIONS)
            nodes = [one for one in self._work.client.listed(NODES) if not one["metadata"].get("deletionTimestamp")]
            self._work.each(found, lambda one: self._tend(one, owned=owned, history=history, nodes=nodes))

    def _tend(self, one: Object, *, owned: Owned, history: Owned, nodes: Sequence[Object]) -> None:
        selector = one["spec"]["selector"]
        past = history.of(one, selector=selector)
        mine = owned.of(one, selector=selector)
        if one["metadata"].get("deletionTimestamp"):
            return
        newest = revisions.newest(self._work, one, found=past, label=revisions.HASH)
        if newest is not None:
            _Daemons(self._work, one, nodes=nodes, hash=newest["metadata"]["labels"][revisions.HASH]).step(mine)
            hashes = {(pod["metadata"].get("labels") or {}).get(revisions.HASH) for pod in mine}
            used = {each["metadata"]["name"] for each in past if each["metadata"]["labels"].get(revisions.HASH) in hashes}
            revisions.prune(self._work, one, found=past, used={*used, newest["metadata"]["name"]})


class _Daemons:
    """One DaemonSet at the revision with this hash."""

    def __init__(self, work: Work, owner: Object, *, nodes: Sequence[Object], hash: str) -> None:
        self._work = work
        self._owner = owner
        self._nodes = nodes
        self._hash = hash
        self._seconds = owner["spec"].get("minReadySeconds") or 0

    def step(self, mine: Sequence[Object]) -> None:
        by_node = self._by_node(mine)
        self._place(by_node)
        self._roll(by_node)
        self._write(by_node)

    @staticmethod
    def _by_node(mine: Sequence[Object]) -> dict[str, list[Object]]:
        """By the node that a pod is on, or is meant for; the oldest first."""
        found: dict[str, list[Object]] = defaultdict(list)
        for pod in sorted(mine, key=lambda one: one["metadata"]["creationTimestamp"]):
            found[_target(pod)].append(pod)
        return found

    def _template_pod(self) -> Object:
        pod = pods.from_template(self._owner["spec"]["template"], owner=self._owner)
        spec = pod["spec"]
        added = [{"key": key, "operator": "Exists", "effect": effect} for key, effect in TOLERATED]
        if spec.get("hostNetwork"):
            added.append({"key": "node.kubernetes.io/network-unavailable", "operator": "Exists", "effect": "NoSchedule"})
        before = list(spec.get("tolerations") or ())
        spec["tolerations"] = before + [one for one in added if one not in before]
        return pod

    def _made_for(self, node: Mapping[str, Any]) -> Object:
        pod = self._template_pod()
        meta, owner = pod["metadata"], self._owner["metadata"]
        labels = {**(meta.get("labels") or {}), revisions.HASH: self._hash}
        if generation := (owner.get("annotations") or {}).get(GENERATION):
            labels["pod-template-generation"] = generation
        pod["metadata"] = {**meta, "labels": labels, "generateName": f"{owner['name']}-"}
        pod["spec"]["affinity"] = _pinned(pod["spec"].get("affinity") or {}, name=node["metadata"]["name"])
        return pod

    def _place(self, by_node: Mapping[str, Sequence[Object]]) -> None:
        """A pod where none is, none where none may stay, and new ones for those that have ended."""
        sample = self._template_pod()
        for node in self._nodes:
            here = by_node.get(node["metadata"]["name"], ())
            alive = [pod for pod in here if not pods.is_going(pod)]
            ended = [pod for pod in alive if pods.phase(pod) == "Failed" or pods.phase(pod) == "Succeeded"]
            pods.delete(self._work, ended, owner=self._owner)
            if not _may_stay(sample, node):
                pods.delete(self._work, [pod for pod in alive if pod not in ended], owner=self._owner)
            elif not here and daemon_fits(sample, node) and self._work.may_create(self._owner):
                pods.create(self._work, self._made_for(node), owner=self._owner)
            elif len(alive) > 1 and not self._bounds()[0]:
                pods.delete(self._work, alive[1:], owner=self._owner)

    def _bounds(self) -> tuple[int, int]:
        """(maxSurge, maxUnavailable) of the nodes that want a pod."""
        rolling = (self._owner["spec"].get("updateStrategy") or {}).get("rollingUpdate") or {}
        wanted = sum(daemon_fits(self._template_pod(), node) for node in self._nodes)
        surge = share(rolling.get("maxSurge", 0), of=wanted, up=True)
        unavailable = share(rolling.get("maxUnavailable", 1), of=wanted, up=True)
        return surge, unavailable if surge or unavailable else 1

    def _roll(self, by_node: Mapping[str, Sequence[Object]]) -> None:
        if (self._owner["spec"].get("updateStrategy") or {}).get("type") == "OnDelete":
            return
        surge, unavailable = self._bounds()
        if surge:
            self._surge(by_node, most=surge)
            return
        sample = self._template_pod()
        wanting = [node["metadata"]["name"] for node in self._nodes if daemon_fits(sample, node)]
        lacking, broken, good = sum(not by_node.get(name) for name in wanting), [], []
        for here in by_node.values():
            alive = [pod for pod in here if not pods.is_going(pod)]
            if len(alive) != 1:
                lacking += 1
            elif self._is_new(alive[0]):
                lacking += not self._is_available(alive[0])
            elif self._is_available(alive[0]):
                good.append(alive[0])
            else:
                broken.append(alive[0])
                lacking += 1
        pods.delete(self._work, [*broken, *good[: max(unavailable - lacking, 0)]], owner=self._owner)

    def _surge(self, by_node: Mapping[str, Sequence[Object]], *, most: int) -> None:
        """New pods beside the old ones, which go when the new ones are available."""
        nodes = {node["metadata"]["name"]: node for node in self._nodes}
        busy, candidates = 0, []
        for name, here in by_node.items():
            alive = [pod for pod in here if not pods.is_going(pod)]
            old = [pod for pod in alive if not self._is_new(pod)]
            new = [pod for pod in alive if self._is_new(pod)]
            if old and new and self._is_available(new[0]):
                pods.delete(self._work, old, owner=self._owner)
            elif old and new:
                busy += 1
            elif old and name in nodes:
                candidates.append((self._is_available(old[0]), name))
        candidates.sort()
        for _, name in candidates[: max(most - busy, 0)]:
            if self._work.may_create(self._owner):
                pods.create(self._work, self._made_for(nodes[name]), owner=self._owner)

    def _is_new(self, pod: Mapping[str, Any]) -> bool:
        return bool((pod["metadata"].get("labels") or {}).get(revisions.HASH) == self._hash)

    def _is_available(self, pod: Mapping[str, Any]) -> bool:
        return pods.is_available(pod, seconds=self._seconds, work=self._work)

    def _write(self, by_node: Mapping[str, Sequence[Object]]) -> None:
        sample, counts = self._template_pod(), defaultdict[str, int](int)
        for node in self._nodes:
            here = by_node.get(node["metadata"]["name"], ())
            if not daemon_fits(sample, node):
                counts["numberMisscheduled"] += bool(here)
                continue
            counts["desiredNumberScheduled"] += 1
            if here:
                counts["currentNumberScheduled"] += 1
                counts["numberReady"] += pods.is_ready(here[0])
                counts["numberAvailable"] += self._is_available(here[0])
                counts["updatedNumberScheduled"] += self._is_new(here[0])
        counts["numberUnavailable"] = counts["desiredNumberScheduled"] - counts["numberAvailable"]
        always = ("currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady")
        status: Object = {name: counts[name] for name in always}
        status |= {name: count for name, count in counts.items() if count}
        status["observedGeneration"] = self._owner["metadata"]["generation"]
        self._work.client.set_status(DAEMON_SETS, self._owner, status=status)


def _target(pod: Mapping[str, Any]) -> str:
    """The node of a daemon's pod."""
    if name := pod["spec"].get("nodeName"):
        return str(name)
    affinity = (pod["spec"].get("affinity") or {}).get("nodeAffinity") or {}
    terms = (affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or {}).get("nodeSelectorTerms") or ()
    fields = (one for term in terms for one in term.get("matchFields") or ())
    return next((str(one["values"][0]) for one in fields if one["key"] == "metadata.name"), "")


def _pinned(affinity: Mapping[str, Any], *, name: str) -> Object:
    """The affinity that lets the scheduler take this node alone."""
    field = {"key": "metadata.name", "operator": "In", "values": [name]}
    required = (affinity.get("nodeAffinity") or {}).get("requiredDuringSchedulingIgnoredDuringExecution") or {}
    before: Sequence[Object] = required.get("nodeSelectorTerms") or [{}]
    terms = [{**term, "matchFields": [field]} for term in before]
    node = {**(affinity.get("nodeAffinity") or {})}
    node["requiredDuringSchedulingIgnoredDuringExecution"] = {"nodeSelectorTerms": terms}
    return {**affinity, "nodeAffinity": node}


def _may_stay(pod: Mapping[str, Any], node: Mapping[str, Any]) -> bool:
    taints = (one for one in node["spec"].get("taints") or () if one["effect"] == "NoExecute")
    return selects(pod, node) and all(tolerates(pod, one) for one in taints)
