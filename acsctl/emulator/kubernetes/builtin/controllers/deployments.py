"""Deployments: rollouts by ReplicaSets, revisions, what `kubectl rollout status` looks at."""

from collections.abc import Sequence
from typing import Any

from acsctl.emulator.kubernetes.builtin.controllers import progress
from acsctl.emulator.kubernetes.builtin.controllers.pods import FINAL, phase
from acsctl.emulator.kubernetes.builtin.controllers.rollouts import (
    DESIRED,
    HASH,
    HISTORY,
    MAXIMUM,
    REVISION,
    Sizes,
    bounds,
    counted,
    is_rolling,
    new_size,
    old_sizes,
    replicas,
    scaled_sizes,
)
from acsctl.emulator.kubernetes.builtin.controllers.templates import short_hash, without_label
from acsctl.emulator.kubernetes.builtin.controllers.work import Owned, Work, owned_by
from acsctl.emulator.kubernetes.client import DEPLOYMENTS, PODS, REPLICA_SETS, Object, message
from acsctl.emulator.kubernetes.conditions import find, is_true

NOT_COPIED = {"kubectl.kubernetes.io/last-applied-configuration", REVISION, HISTORY, DESIRED, MAXIMUM}


class Deployments:
    def __init__(self, work: Work) -> None:
        self._work = work

    def reconcile(self) -> None:
        if found := self._work.client.listed(DEPLOYMENTS):
            sets, pods = Owned(self._work, REPLICA_SETS), Owned(self._work, PODS)
            self._work.each(found, lambda one: self._tend(one, sets=sets, pods=pods))

    def _tend(self, one: Object, *, sets: Owned, pods: Owned) -> None:
        mine = sets.of(one, selector=one["spec"]["selector"])
        running = {each["metadata"]["uid"] for each in mine if any(phase(pod) not in FINAL for pod in pods.of(each))}
        _Rollout(self._work, one, sets=mine, running=running).step()


class _Rollout:
    """One Deployment. running: uids of the ReplicaSets that still have pods which have not ended."""

    def __init__(self, work: Work, deployment: Object, *, sets: Sequence[Object], running: set[str]) -> None:
        self._work = work
        self._client = work.client
        self._deployment = deployment
        self._running = running
        self._new = self._find_new(sets)
        self._olds = [one for one in sets if one is not self._new]

    def step(self) -> None:
        """Writes the status at the end, whatever was done."""
        spec = self._deployment["spec"]
        status = self._deployment.get("status") or {}
        if not self._deployment["metadata"].get("deletionTimestamp"):
            status = progress.with_pause(self._deployment, status, stamp=self._client.stamp)
            if spec.get("paused") or self._is_resized():
                self._resize(scaled_sizes(self._deployment, new=self._new, olds=self._olds))
            else:
                status = self._roll(status)
        self._write(status)

    def _find_new(self, sets: Sequence[Object]) -> Object | None:
        """The ReplicaSet of today's template, the oldest if there are several."""
        template = self._deployment["spec"]["template"]
        wanted, name = without_label(template, HASH), short_hash(without_label(template, HASH))
        for one in sorted(sets, key=lambda each: each["metadata"]["creationTimestamp"]):
            labels = one["metadata"].get("labels") or {}
            if labels.get(HASH) == name or without_label(one["spec"]["template"], HASH) == wanted:
                return one
        return None

    def _is_resized(self) -> bool:
        wanted = str(replicas(self._deployment))
        every = [*self._olds, *([self._new] if self._new else [])]
        notes = [one["metadata"].get("annotations") or {} for one in every if replicas(one)]
        return any(note.get(DESIRED, wanted) != wanted for note in notes)

    def _roll(self, status: Object) -> Object:
        if not is_rolling(self._deployment):
            self._resize({one["metadata"]["name"]: 0 for one in self._olds})
            if any(one["metadata"]["uid"] in self._running for one in self._olds):
                return status
        status = self._make_new(status)
        if self._new is None:
            return status
        others = sum(replicas(one) for one in self._olds)
        wanted = new_size(self._deployment, new=replicas(self._new), others=others)
        if replicas(self._new) > replicas(self._deployment):
            wanted = replicas(self._deployment)
        if wanted != replicas(self._new):
            self._resize({self._new["metadata"]["name"]: wanted})
        elif is_rolling(self._deployment) and others:
            self._resize(old_sizes(self._deployment, new=self._new, olds=self._olds))
        if progress.is_complete(self._deployment, self._counts()):
            self._clean_up()
        return status

    # ReplicaSets

    def _revision(self) -> str:
        past = [int((one["metadata"].get("annotations") or {}).get(REVISION, "0")) for one in self._olds]
        return str(max(past, default=0) + 1)

    def _make_new(self, status: Object) -> Object:
        """The new ReplicaSet, made or brought up to date; returns the status with what was found."""
        if self._new is not None:
            self._refresh(self._new)
            return progress.with_found(self._deployment, status, name=self._new["metadata"]["name"], stamp=self._client.stamp)
        if not self._work.may_create(self._deployment):
            return status
        made = self._template()
        name = made["metadata"]["name"]
        reply = self._client.create(REPLICA_SETS, made)
        if not reply.ok:
            self._work.refused(self._deployment)
            note = f'Failed to create new replica set "{name}": {message(reply)}'
            self._client.event(self._deployment, reason="ReplicaSetCreateError", note=note, warning=True)
            return progress.with_failed_create(self._deployment, status, message=message(reply), stamp=self._client.stamp)
        self._new = dict(reply.document)
        size = replicas(self._new)
        if size:
            self._tell_scaled(name, before=0, after=size)
        return progress.with_created(self._deployment, status, name=name, stamp=self._client.stamp)

    def _template(self) -> Object:
        meta, spec = self._deployment["metadata"], self._deployment["spec"]
        plain = without_label(spec["template"], HASH)
        label = {HASH: short_hash(plain)}
        labels = {**(plain["metadata"].get("labels") or {}), **label}
        selector = spec["selector"]
        size = new_size(self._deployment, new=0, others=sum(replicas(one) for one in self._olds))
        return {
            "metadata": {
                "name": f"{meta['name'][:230]}-{label[HASH]}",
                "namespace": meta["namespace"],
                "labels": labels,
                "annotations": {**self._copied(), **self._size_notes(), REVISION: self._revision()},
                "ownerReferences": owned_by(self._deployment),
            },
            "spec": {
                "replicas": size,
                **({"minReadySeconds": spec["minReadySeconds"]} if spec.get("minReadySeconds") else {}),
                "selector": {**selector, "matchLabels": {**(selector.get("matchLabels") or {}), **label}},
                "template": {"metadata": {**plain["metadata"], "labels": labels}, "spec": plain["spec"]},
            },
        }

    def _copied(self) -> dict[str, str]:
        notes = self._deployment["metadata"].get("annotations") or {}
        return {name: value for name, value in notes.items() if name not in NOT_COPIED}

    def _size_notes(self) -> dict[str, str]:
        wanted = replicas(self._deployment)
        return {DESIRED: str(wanted), MAXIMUM: str(wanted + bounds(self._deployment)[0])}

    def _refresh(self, new: Object) -> None:
        """Annotations, revision and minReadySeconds of the new ReplicaSet; an old one that is new again gets a new revision."""
        notes = new["metadata"].get("annotations") or {}
        wanted = {**notes, **self._copied()}
        before, revision = notes.get(REVISION, ""), self._revision()
        if int(before or 0) < int(revision):
            wanted[REVISION] = revision
            if before:
                wanted[HISTORY] = ",".join(filter(None, [notes.get(HISTORY, ""), before]))
        seconds = self._deployment["spec"].get("minReadySeconds") or 0
        if wanted == notes and (new["spec"].get("minReadySeconds") or 0) == seconds:
            return
        changed = {**new, "metadata": {**new["metadata"], "annotations": wanted}}
        changed["spec"] = {**new["spec"], "minReadySeconds": seconds}
        self._replace(new, changed)

    def _replace(self, old: Object, changed: Object) -> None:
        if self._client.update(REPLICA_SETS, changed):
            old.clear()
            name, namespace = changed["metadata"]["name"], changed["metadata"]["namespace"]
            old.update(self._client.get(REPLICA_SETS, namespace=namespace, name=name) or changed)

    def _with_revision(self) -> Object:
        """The Deployment with the revision of its new ReplicaSet; through the status, so that its generation stays."""
        meta = self._deployment["metadata"]
        notes = meta.get("annotations") or {}
        revision = (self._new["metadata"].get("annotations") or {}).get(REVISION) if self._new else None
        if revision is None or notes.get(REVISION) == revision:
            return self._deployment
        return {**self._deployment, "metadata": {**meta, "annotations": {**notes, REVISION: revision}}}

    def _resize(self, sizes: Sizes) -> None:
        for one in [*self._olds, *([self._new] if self._new else [])]:
            before = replicas(one)
            after = sizes.get(one["metadata"]["name"], before)
            notes = one["metadata"].get("annotations") or {}
            if after == before and ({**notes, **self._size_notes()} == notes or not before):
                continue
            changed = {**one, "spec": {**one["spec"], "replicas": after}}
            changed["metadata"] = {**one["metadata"], "annotations": {**notes, **self._size_notes()}}
            self._replace(one, changed)
            if after != before:
                self._tell_scaled(one["metadata"]["name"], before=before, after=after)

    def _tell_scaled(self, name: str, *, before: int, after: int) -> None:
        way = "up" if after > before else "down"
        note = f"Scaled {way} replica set {name} from {before} to {after}"
        self._client.event(self._deployment, reason="ScalingReplicaSet", note=note)

    def _clean_up(self) -> None:
        limit = self._deployment["spec"].get("revisionHistoryLimit", 10)
        alive = [one for one in self._olds if not one["metadata"].get("deletionTimestamp")]
        alive.sort(key=lambda one: int((one["metadata"].get("annotations") or {}).get(REVISION, "0")))
        for one in alive[: max(len(alive) - limit, 0)]:
            if not replicas(one) and not counted([one], "replicas"):
                self._client.delete(REPLICA_SETS, one)

    # status

    def _counts(self) -> dict[str, Any]:
        every = [*self._olds, *([self._new] if self._new else [])]
        available = counted(every, "availableReplicas")
        return {
            "observedGeneration": self._deployment["metadata"]["generation"],
            "replicas": counted(every, "replicas"),
            "updatedReplicas": counted([self._new] if self._new else [], "replicas"),
            "readyReplicas": counted(every, "readyReplicas"),
            "availableReplicas": available,
            "unavailableReplicas": max(sum(replicas(one) for one in every) - available, 0),
            "terminatingReplicas": counted(every, "terminatingReplicas"),
        }

    def _write(self, status: Object) -> None:
        name = self._new["metadata"]["name"] if self._new else ""
        conditions = progress.conditions(self._deployment, status, counts=self._counts(), name=name, work=self._work)
        failing = [one for one in [self._new, *self._olds] if one and is_true(one.get("status") or {}, "ReplicaFailure")]
        failure = find(failing[0]["status"], "ReplicaFailure") if failing else None
        conditions = [one for one in conditions if one["type"] != "ReplicaFailure"] + ([failure] if failure else [])
        kept = {name: value for name, value in self._counts().items() if value or name == "terminatingReplicas"}
        if "collisionCount" in status:
            kept["collisionCount"] = status["collisionCount"]
        wanted = {**self._with_revision(), "status": {**kept, "conditions": conditions}}
        if wanted != self._deployment:
            self._client.update(DEPLOYMENTS, wanted, subresource="status")
