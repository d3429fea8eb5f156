"""The kubelets of all nodes of a cluster, played through the API as real ones work: Node and Pod status, Leases, Events."""

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from acsctl.emulator.kubernetes.client import LEASES, NODES, PODS, Client, Object, moment, one_by_one
from acsctl.emulator.kubernetes.conditions import find
from acsctl.emulator.kubernetes.kubelet import images, nodes
from acsctl.emulator.kubernetes.kubelet.configuration import Configuration
from acsctl.emulator.kubernetes.kubelet.containers import Scene
from acsctl.emulator.kubernetes.kubelet.network import NOT_READY, Networks
from acsctl.emulator.kubernetes.kubelet.pods import FINAL, PodLife, first_status, is_stuck
from acsctl.emulator.kubernetes.plane import Api

REGISTER = 3.0  # cloud seconds from a new Node object to Ready
STOP = 1.0  # cloud seconds from SIGTERM to the end of a program
MOUNT_AGAIN = 5.0  # cloud seconds until a volume that could not be set up is tried again
RENEW, LEASE_SECONDS = 10.0, 40  # wall seconds: a real control plane, too, watches Leases by its own clock
BUSY, IDLE = 0.1, 0.5  # wall seconds between looks at a server that does not tell its revision: at least, at most
LEASE_NAMESPACE = "kube-node-lease"


class Kubelets:
    """One for a cluster, on both kinds of control plane; `tick` from one thread at a time.

    now: unix seconds that all stamps are taken from; it has to be the control plane's own clock, or what waits for so many
    seconds of readiness waits wrongly. pace: multiplies the kubelets' own waits, for a control plane whose clock is the wall's
    while the cloud's is faster. images: see Settings.images. An api with a `revision` is only asked when that has changed.
    """

    def __init__(
        self,
        api: Api,
        *,
        now: Callable[[], float],
        images: Callable[[], Mapping[str, str]],
        pace: float = 1.0,
        wall: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = api
        self._client = Client(api, manager="kubelet", now=now)
        self._faults = images
        self._pace = pace
        self._wall = wall
        self._resting: dict[str, tuple[str, float]] = {}  # uid -> the state that nothing is to be done for, until when
        self._ended: set[str] = set()  # uids of pods whose end was told
        self._mounts: dict[str, float] = {}  # uid -> when a volume was last found to lack something
        self._last: tuple[object, Mapping[str, str]] = (None, {})
        self._wake = float("-inf")
        self._poll = self._renew = float("-inf")

    def tick(self) -> None:
        """Brings all nodes and pods to the present. Raises OSError when the server does not answer."""
        if not self._is_due():
            return
        before = getattr(self._api, "revision", None), dict(self._faults())
        if self._last[1] != before[1]:
            self._resting.clear()
        self._client.forget()
        self._wake = float("inf")
        fleet = {node["metadata"]["name"]: node for node in self._client.listed(NODES)}
        pods = self._client.listed(PODS)
        networks = Networks(self._client, fleet=fleet)
        self._tend_nodes(fleet.values())
        self._tend_pods(pods, fleet=fleet, networks=networks)
        networks.tend(pods)
        uids = {one["metadata"]["uid"] for one in (*fleet.values(), *pods)}
        self._ended &= uids
        self._resting = {uid: rest for uid, rest in self._resting.items() if uid in uids}
        self._mounts = {uid: when for uid, when in self._mounts.items() if uid in uids}
        # A write that met a newer object is done again, from what is there then.
        self._last = (None, {}) if self._client.stale else before
        self._poll = self._wall() + min(max(self._wake - self._client.now, BUSY), IDLE)

    def _is_due(self) -> bool:
        revision = getattr(self._api, "revision", None)
        if revision is None:
            return self._wall() >= self._poll
        if self._last != (revision, dict(self._faults())) or self._wall() >= self._renew:
            return True
        return self._client.now >= self._wake

    def _has_passed(self, seconds: float, *, since: float) -> bool:
        when = since + seconds * self._pace
        if when > self._client.now:
            self._wake = min(self._wake, when)
        return when <= self._client.now

    # nodes

    def _tend_nodes(self, fleet: Iterable[Object]) -> None:
        renew = self._wall() >= self._renew
        if renew:
            self._renew = self._wall() + RENEW
        for node in fleet:
            if node["metadata"].get("deletionTimestamp"):
                continue
            since = moment(node["metadata"]["creationTimestamp"])
            if find(node.get("status") or {}, "Ready") is None and not self._has_passed(REGISTER, since=since):
                continue
            with one_by_one(node):
                turned = self._tend_node(node)
                if (renew or turned) and nodes.is_alive(node):
                    self._renew_lease(node)

    def _tend_node(self, node: Object) -> bool:
        """Whether it has turned ready now."""
        status = nodes.node_status(node, now=self._client.now)
        turned = nodes.has_turned_ready(node, status)
        if self._client.set_status(NODES, node, status=status) and turned:
            name = node["metadata"]["name"]
            self._client.event(node, reason="NodeReady", note=f"Node {name} status is now: NodeReady")
        return turned

    def _renew_lease(self, node: Object) -> None:
        name = node["metadata"]["name"]
        renewed = datetime.fromtimestamp(self._client.now, tz=UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        spec = {"holderIdentity": name, "leaseDurationSeconds": LEASE_SECONDS, "renewTime": renewed}
        lease = self._client.get(LEASES, namespace=LEASE_NAMESPACE, name=name)
        if lease is not None:
            self._client.update(LEASES, {**lease, "spec": {**lease["spec"], **spec}})
            return
        owner = {"apiVersion": "v1", "kind": "Node", "name": name, "uid": node["metadata"]["uid"]}
        meta = {"name": name, "namespace": LEASE_NAMESPACE, "ownerReferences": [owner]}
        self._client.create(LEASES, {"metadata": meta, "spec": spec})

    # pods

    def _tend_pods(self, pods: Iterable[Object], *, fleet: Mapping[str, Object], networks: Networks) -> None:
        configuration = Configuration(self._client)
        taken = {str(pod["status"]["podIP"]) for pod in pods if _holds_address(pod)}
        for pod in pods:
            node = fleet.get(pod["spec"].get("nodeName", ""))
            if node is None or not nodes.is_alive(node) or self._rests(pod):
                continue
            with one_by_one(pod):
                if pod["metadata"].get("deletionTimestamp"):
                    self._end(pod)
                elif networks.blocks(pod):
                    self._tell_mount(pod, reason="NetworkNotReady", problem=NOT_READY)
                elif (pod.get("status") or {}).get("phase") not in FINAL:
                    lack = networks.problem(pod)
                    self._live(pod, node=node, configuration=configuration, taken=taken, lack=lack)

    def _rests(self, pod: Object) -> bool:
        version, until = self._resting.get(pod["metadata"]["uid"], ("", 0.0))
        if version != pod["metadata"]["resourceVersion"] or until <= self._client.now:
            return False
        self._wake = min(self._wake, until)
        return True

    def _live(self, pod: Object, *, node: Object, configuration: Configuration, taken: set[str], lack: str) -> None:
        """lack: why its program ends at once."""
        status = pod.get("status") or {}
        if not status.get("startTime") or not status.get("containerStatuses"):
            status = first_status(pod, host=nodes.address(node), now=self._client.now)
        if not status.get("podIP") and (problem := configuration.volume_problem(pod)):
            self._tell_mount(pod, problem=problem)
            self._client.set_status(PODS, pod, status=status)
            return
        if not status.get("podIP"):
            status = self._with_address(pod, status, node=node, taken=taken)
        self._advance(pod, status, configuration=configuration, lack=lack)

    def _tell_mount(self, pod: Object, *, problem: str, reason: str = "FailedMount") -> None:
        uid = pod["metadata"]["uid"]
        if uid not in self._mounts or self._has_passed(MOUNT_AGAIN, since=self._mounts[uid]):
            self._mounts[uid] = self._client.now
            self._client.event(pod, reason=reason, note=problem, warning=True)
            self._has_passed(MOUNT_AGAIN, since=self._mounts[uid])

    def _advance(self, pod: Object, status: Mapping[str, Any], *, configuration: Configuration, lack: str) -> None:
        faults, namespace = self._faults(), pod["metadata"]["namespace"]
        scene = Scene(
            now=self._client.now,
            pace=self._pace,
            fault=lambda image: images.CRASH if lack else images.fault(image, faults),
            missing=lambda container: configuration.environment_problem(container, namespace=namespace),
        )
        new = PodLife(pod, scene).advance(status)
        if is_stuck(new):
            scene.has_come(scene.now + MOUNT_AGAIN * self._pace)
        self._wake = min(self._wake, scene.wake)
        if new == pod.get("status"):
            self._resting[pod["metadata"]["uid"]] = pod["metadata"]["resourceVersion"], scene.wake
            return
        if self._client.set_status(PODS, pod, status=new):
            if lack:  # nobody can read its log here
                self._client.event(pod, reason="Log", note=lack, warning=True)
            for told in scene.told:
                self._client.event(pod, reason=told.reason, note=told.note, warning=told.warning, field=told.field)

    @staticmethod
    def _with_address(pod: Object, status: Mapping[str, Any], *, node: Object, taken: set[str]) -> dict[str, Any]:
        ip = nodes.address(node) if pod["spec"].get("hostNetwork") else nodes.free_address(node, taken=taken)
        if not ip:
            return dict(status)
        taken.add(ip)
        return {**status, "podIP": ip, "podIPs": [{"ip": ip}]}

    def _end(self, pod: Object) -> None:
        """Stops a pod that is to go: its programs end within a second of being asked to."""
        meta = pod["metadata"]
        grace = meta.get("deletionGracePeriodSeconds") or 0
        if meta.get("finalizers") and grace == 0:
            return  # others hold it
        if meta["uid"] not in self._ended:
            self._ended.add(meta["uid"])
            for container in pod["spec"]["containers"]:
                note, field = f"Stopping container {container['name']}", f"spec.containers{{{container['name']}}}"
                self._client.event(pod, reason="Killing", note=note, field=field)
        if not self._has_passed(min(grace, STOP), since=moment(meta["deletionTimestamp"]) - grace):
            return
        status = pod.get("status") or {}
        if pod["spec"].get("restartPolicy", "Always") != "Always" and status.get("phase") not in FINAL:
            # A Job counts it by this.
            self._client.set_status(PODS, pod, status={**status, "phase": "Failed"})
        self._client.delete(PODS, pod, grace=0)


def _holds_address(pod: Mapping[str, Any]) -> bool:
    status = pod.get("status") or {}
    return bool(status.get("podIP")) and status.get("phase") not in FINAL and not pod["spec"].get("hostNetwork")
