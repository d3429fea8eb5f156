"""StatefulSets: pods with a name and storage of their own, in order (k8s.io/kubernetes pkg/controller/statefulset)."""

from collections.abc import Mapping, Sequence
from typing import Any

from acsctl.emulator.kubernetes.builtin.controllers import pods, revisions
from acsctl.emulator.kubernetes.builtin.controllers.work import Owned, Work, owned_by
from acsctl.emulator.kubernetes.client import CLAIMS, PODS, REVISIONS, STATEFUL_SETS, Object, message

LABEL = "controller.kubernetes.io/hash"
NAME, INDEX = "statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index"


class StatefulSets:
    def __init__(self, work: Work) -> None:
        self._work = work

    def reconcile(self) -> None:
        if found := self._work.client.listed(STATEFUL_SETS):
            owned, history = Owned(self._work, PODS), Owned(self._work, REVISIONS)
            self._work.each(found, lambda one: self._tend(one, owned=owned, history=history))

    def _tend(self, one: Object, *, owned: Owned, history: Owned) -> None:
        selector = one["spec"]["selector"]
        past = history.of(one, selector=selector)
        mine = owned.of(one, selector=selector)
        update = revisions.newest(self._work, one, found=past, label=LABEL)
        if update is None:
            return
        name = (one.get("status") or {}).get("currentRevision")
        current = next((each for each in past if each["metadata"]["name"] == name), update)
        _Replicas(self._work, one, current=current, update=update).step(mine)
        used = {_revision(pod) for pod in mine} | {current["metadata"]["name"], update["metadata"]["name"]}
        revisions.prune(self._work, one, found=past, used=used)


class _Replicas:
    """One StatefulSet between two revisions, which are the same outside an update."""

    def __init__(self, work: Work, owner: Object, *, current: Object, update: Object) -> None:
        self._work = work
        self._owner = owner
        self._current = current
        self._update = update
        spec = owner["spec"]
        self._wanted = int(spec.get("replicas", 1))
        self._start = int((spec.get("ordinals") or {}).get("start", 0))
        self._ordered = spec.get("podManagementPolicy", "OrderedReady") == "OrderedReady"
        self._strategy = spec.get("updateStrategy") or {}

    def step(self, mine: Sequence[Object]) -> None:
        by_ordinal = {ordinal: pod for pod in mine if (ordinal := self._ordinal(pod)) is not None}
        if not self._owner["metadata"].get("deletionTimestamp"):
            self._move(by_ordinal)
        self._write(list(by_ordinal.values()))

    def _ordinal(self, pod: Mapping[str, Any]) -> int | None:
        parent, _, number = pod["metadata"]["name"].rpartition("-")
        return int(number) if parent == self._owner["metadata"]["name"] and number.isdigit() else None

    def _move(self, by_ordinal: Mapping[int, Object]) -> None:
        """One step as far as the order lets: fill up, then scale down, then update."""
        ordinals = range(self._start, self._start + self._wanted)
        for ordinal in ordinals:
            if not self._tend(by_ordinal.get(ordinal), ordinal=ordinal) and self._ordered:
                return
        condemned = sorted((one for one in by_ordinal if one not in ordinals), reverse=True)
        unwell = [one for one in sorted(by_ordinal) if not self._is_available(by_ordinal[one])]
        for ordinal in condemned:
            pod = by_ordinal[ordinal]
            waits = pods.is_going(pod) or (not self._is_available(pod) and unwell[0] != ordinal)
            if self._ordered and waits:
                return
            if not pods.is_going(pod):
                self._delete(pod)
            if self._ordered:
                return
        if self._strategy.get("type", "RollingUpdate") == "RollingUpdate":
            self._roll(by_ordinal, ordinals=ordinals)

    def _tend(self, pod: Object | None, *, ordinal: int) -> bool:
        """Whether the replica is as it should be, so that the next one may follow."""
        if pod is None:
            self._create(ordinal)
            return False
        if pods.phase(pod) in pods.FINAL and not pods.is_going(pod):
            self._delete(pod)
            return False
        return self._is_available(pod)

    def _is_available(self, pod: Mapping[str, Any]) -> bool:
        seconds = self._owner["spec"].get("minReadySeconds") or 0
        running = pods.phase(pod) == "Running" and not pods.is_going(pod)
        return running and pods.is_available(pod, seconds=seconds, work=self._work)

    def _roll(self, by_ordinal: Mapping[int, Object], *, ordinals: range) -> None:
        partition = int((self._strategy.get("rollingUpdate") or {}).get("partition") or 0)
        for ordinal in reversed(ordinals):
            pod = by_ordinal.get(ordinal)
            if ordinal < self._start + partition or pod is None:
                return
            if _revision(pod) != self._update["metadata"]["name"] and not pods.is_going(pod):
                self._delete(pod)
                return
            if not self._is_available(pod):
                return

    def _delete(self, pod: Object) -> None:
        if self._work.client.delete(PODS, pod):
            owner, name = self._owner["metadata"]["name"], pod["metadata"]["name"]
            note = f"Delete Pod {name} in StatefulSet {owner} successful"
            self._work.client.event(self._owner, reason="SuccessfulDelete", note=note)

    # pods

    def _revision_for(self, ordinal: int) -> Object:
        """An update goes from the last to the first, so that the first ones stay what they were until it is their turn."""
        rolling = self._strategy.get("rollingUpdate")
        settled = (self._owner.get("status") or {}) if rolling is None else {"currentReplicas": rolling.get("partition")}
        return self._current if ordinal < self._start + int(settled.get("currentReplicas") or 0) else self._update

    def _create(self, ordinal: int) -> None:
        if not self._work.may_create(self._owner) or not self._make_claims(ordinal):
            return
        owner = self._owner["metadata"]["name"]
        pod = self._made(ordinal)
        name = pod["metadata"]["name"]
        reply = self._work.client.create(PODS, pod)
        if reply.ok:
            note = f"Create Pod {name} in StatefulSet {owner} successful"
            self._work.client.event(self._owner, reason="SuccessfulCreate", note=note)
            return
        self._work.refused(self._owner)
        note = f"Create Pod {name} in StatefulSet {owner} failed error: {message(reply)}"
        self._work.client.event(self._owner, reason="FailedCreate", note=note, warning=True)

    def _made(self, ordinal: int) -> Object:
        revision = self._revision_for(ordinal)
        pod = pods.from_template(revisions.template(revision), owner=self._owner)
        name = f"{self._owner['metadata']['name']}-{ordinal}"
        labels = {revisions.HASH: revision["metadata"]["name"], NAME: name, INDEX: str(ordinal)}
        pod["metadata"] |= {"name": name, "labels": {**(pod["metadata"].get("labels") or {}), **labels}}
        volumes = [
            {"name": one["metadata"]["name"], "persistentVolumeClaim": {"claimName": f"{one['metadata']['name']}-{name}"}}
            for one in self._owner["spec"].get("volumeClaimTemplates") or ()
        ]
        named = {one["name"] for one in volumes}
        volumes += [one for one in pod["spec"].get("volumes") or () if one["name"] not in named]
        pod["spec"] |= {"hostname": name, **({"volumes": volumes} if volumes else {})}
        if service := self._owner["spec"].get("serviceName"):
            pod["spec"]["subdomain"] = service
        return pod

    def _make_claims(self, ordinal: int) -> bool:
        """Whether all claims of a replica are there. They outlive it, unless the retention policy says otherwise."""
        meta = self._owner["metadata"]
        there = {one["metadata"]["name"] for one in self._work.client.listed(CLAIMS, namespace=meta["namespace"])}
        retention = self._owner["spec"].get("persistentVolumeClaimRetentionPolicy") or {}
        for one in self._owner["spec"].get("volumeClaimTemplates") or ():
            name = f"{one['metadata']['name']}-{meta['name']}-{ordinal}"
            if name in there:
                continue
            labels = {**(one["metadata"].get("labels") or {}), **(self._owner["spec"]["selector"].get("matchLabels") or {})}
            made = {**one["metadata"], "name": name, "namespace": meta["namespace"], "labels": labels}
            if retention.get("whenDeleted") == "Delete":
                made["ownerReferences"] = owned_by(self._owner)
            reply = self._work.client.create(CLAIMS, {"metadata": made, "spec": one["spec"]})
            if not reply.ok:
                self._work.refused(self._owner)
                note = f"Create Claim {name} for Pod {meta['name']}-{ordinal} in StatefulSet {meta['name']} failed error: "
                self._work.client.event(self._owner, reason="FailedCreate", note=note + message(reply), warning=True)
                return False
            note = f"Create Claim {name} Pod {meta['name']}-{ordinal} in StatefulSet {meta['name']} success"
            self._work.client.event(self._owner, reason="SuccessfulCreate", note=note)
        return True

    # status

    def _write(self, mine: Sequence[Object]) -> None:
        names = {"currentReplicas": self._current["metadata"]["name"], "updatedReplicas": self._update["metadata"]["name"]}
        alive = [pod for pod in mine if not pods.is_going(pod)]
        counts = {name: sum(_revision(pod) == revision for pod in alive) for name, revision in names.items()}
        ready = sum(pods.phase(pod) == "Running" and pods.is_ready(pod) for pod in mine)
        counts |= {"readyReplicas": ready}
        current = self._current["metadata"]["name"]
        done = counts["updatedReplicas"] == self._wanted == ready == len(mine)
        if self._strategy.get("type", "RollingUpdate") == "RollingUpdate" and done:
            current, counts["currentReplicas"] = names["updatedReplicas"], counts["updatedReplicas"]
        status = {
            "observedGeneration": self._owner["metadata"]["generation"],
            "replicas": len(mine),
            "availableReplicas": sum(self._is_available(pod) for pod in mine),
            **{name: count for name, count in counts.items() if count},
            "currentRevision": current,
            "updateRevision": names["updatedReplicas"],
            "collisionCount": 0,
        }
        self._work.client.set_status(STATEFUL_SETS, self._owner, status=status)


def _revision(pod: Mapping[str, Any]) -> str:
    return str((pod["metadata"].get("labels") or {}).get(revisions.HASH, ""))
