"""Rolling the nodes of a pool to another version, image or runtime, some at a time (API UpgradeClusterNodepool).

What has been rolled shows in the nodes themselves, so that a run that broke off is taken up where it was. Each batch is drained
before: Kubernetes supports no new kubelet under running pods, and a new image replaces the disk.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from acsctl.cloud import Cloud
from acsctl.errors import AcsctlError, CloudError
from acsctl.kinds.ack import clusters, drain, nodes, pools, tasks, versions
from acsctl.kinds.contract import Scope, Steps, Update, Wait
from acsctl.kinds.kubeadm.settings import is_id
from acsctl.kinds.objects import door
from acsctl.model.address import Address
from acsctl.model.change import FieldChange, Impact, Reason
from acsctl.model.foresight import Compared, Foresight
from acsctl.model.resource import Live, Spec

FOLLOW, HOLD = "cluster", "hold"
FIELDS = ("version", "image_type", "image", "runtime_version")
POOL_LABEL = "alibabacloud.com/nodepool-id"
RUNTIME = "containerd"
LOOKS = 6
AS_IS = "To leave the nodes as they are, write  version: hold  in the pool."

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Outlook:
    """What the nodes of a pool are, and what they are to be: `goal` is the version of the control plane once the plan is done.

    `kubelets` are versions by node, `closed` the nodes that an earlier run has closed for pods, `moves` says that the control
    plane is to be upgraded, `pace` how it goes on, in words.
    """

    goal: str
    kubelets: Mapping[str, str] = field(default_factory=dict[str, str])
    closed: tuple[str, ...] = ()
    moves: bool = False
    pace: str = ""

    @property
    def behind(self) -> list[str]:
        """The nodes that are older than the control plane."""
        return sorted(name for name, have in self.kubelets.items() if older(have, self.goal))


def older(have: str, goal: str) -> bool:
    """Whether a kubelet is older, as far as both say: v1.35.7-aliyun.1 or v1.35.7."""
    one, other = versions.key(have), versions.key(goal)
    length = min(len(one), len(other))
    return one[:length] < other[:length]


def foreseen(cloud: Cloud, scope: Scope) -> dict[Address, Foresight]:
    """How far the nodes of the wanted pools are behind their control planes: one list of nodes for each cluster."""
    lives = {item.address: item for item in scope.live.get("node_pool", ())}
    found: dict[Address, Foresight] = {}
    seen: dict[str, list[Row] | None] = {}
    for address, desired in scope.desired.items():
        live, spec = lives.get(address), scope.wanted(address)
        if address.kind != "node_pool" or live is None or spec is None or desired.existing or desired.absent:
            continue
        if spec.get("version") != FOLLOW:
            continue
        cluster, pool = pools.split(live.id)
        if is_id(cluster):  # its control plane and its nodes are machines of the stack
            continue
        if cluster not in seen:
            seen[cluster] = _nodes(cloud, scope, cluster)
        rows = [row for row in seen[cluster] or () if (row["metadata"].get("labels") or {}).get(POOL_LABEL) == pool]
        if rows:
            found[address] = Foresight(spec, details=_outlook(cloud, scope, cluster, rows=rows, spec=spec))
    return found


def _nodes(cloud: Cloud, scope: Scope, cluster: str) -> list[Row] | None:
    """The nodes of a cluster, None where it has no API at this time, or none that can be reached from here."""
    owner = next((item for item in scope.live.get("cluster", ()) if item.id == cluster), None)
    if owner is not None and owner.state != "ready":
        return None
    try:
        return [*drain.nodes(door.opened(cloud, cluster)).values()]
    except CloudError as error:
        if isinstance(error, door.SILENT) or error.status == 404 or error.code.startswith("ErrorCluster"):
            return None
        raise


def _outlook(cloud: Cloud, scope: Scope, cluster: str, *, rows: Sequence[Row], spec: Spec) -> Outlook:
    owner = next((item for item in scope.live.get("cluster", ()) if item.id == cluster), None)
    have = str(
        owner.outputs.get("current_version") if owner else (clusters.detail(cloud, cluster) or {}).get("current_version")
    )
    want = (scope.wanted(owner.address) or {}).get("version") if owner else None
    moves = isinstance(want, str) and not versions.same(want, have)
    return Outlook(
        str(want) if moves else have,
        {str(row["metadata"]["name"]): _kubelet(row) for row in rows if _kubelet(row)},
        tuple(_closed({str(row["metadata"]["name"]): row for row in rows})),
        moves,
        pace(spec),
    )


def _kubelet(node: Row) -> str:
    info: Row = (node.get("status") or {}).get("nodeInfo") or {}
    return str(info.get("kubeletVersion") or "").removeprefix("v")


def pace(spec: Spec) -> str:
    """How a pool is rolled, in words."""
    how = How.of(spec)
    return f"{how.at_once} at a time" + (f", {how.surge} more meanwhile" if how.surge else "")


def compare(found: Compared) -> Iterable[FieldChange]:
    """The nodes that are behind; and those that a run which broke off has left closed."""
    outlook = found.foreseen
    if found.want != FOLLOW or not isinstance(outlook, Outlook):
        return
    if behind := outlook.behind:
        have = min((outlook.kubelets[name] for name in behind), key=versions.key)
        note = f"{len(behind)} of {len(outlook.kubelets)} nodes, {outlook.pace}"
        yield FieldChange("version", have, outlook.goal, reason=_reason(found, outlook), impact=Impact.ROLLING, note=note)
    elif outlook.closed:
        names = ", ".join(outlook.closed)
        yield FieldChange(
            "version", f"{names} closed for pods", "open", reason=Reason.UNFINISHED, note="an earlier run broke off"
        )


def _reason(found: Compared, outlook: Outlook) -> Reason:
    if found.unfinished:
        return Reason.UNFINISHED
    if outlook.moves or (found.recorded and found.last != FOLLOW):
        return Reason.EDIT
    return Reason.DRIFT if found.recorded else Reason.UNKNOWN


def settings(found: Compared) -> Iterable[FieldChange]:
    """How acsctl goes about it is nothing that the cloud has: it never differs."""
    return ()


@dataclass(frozen=True)
class How:
    """How a pool is rolled: so many nodes at a time, with so many more meanwhile; each batch has `timeout` to be drained."""

    at_once: int = 1
    surge: int = 0
    timeout: float = drain.TIMEOUT

    @classmethod
    def of(cls, spec: Spec) -> How:
        """From a pool's spec."""
        upgrade: Row = spec.get("upgrade") or {}
        size, surge = spec.get("size"), upgrade.get("surge") or 0
        count = size if isinstance(size, int) else 0
        more = math.ceil(count * int(surge.removesuffix("%")) / 100) if isinstance(surge, str) else int(surge)
        return cls(int(upgrade.get("max_unavailable") or 1), min(more, count), drain_time(spec))


def drain_time(spec: Spec) -> float:
    """Cloud seconds that the nodes of a pool have to be drained."""
    return float((spec.get("drain") or {}).get("timeout") or drain.TIMEOUT)


@dataclass(frozen=True)
class _Goal:
    """What the nodes are to be, None where that does not change; an `image` that cannot be told is empty."""

    version: str | None
    runtime: str | None
    image: str | None

    def missed(self, row: Row, node: Row) -> bool:
        """Whether a node is not yet so; one of which that cannot be told is rolled once more."""
        info: Row = (node.get("status") or {}).get("nodeInfo") or {}
        have = _kubelet(node)
        if self.version is not None and (not have or older(have, self.version)):
            return True
        if self.runtime is not None and info.get("containerRuntimeVersion") != f"{RUNTIME}://{self.runtime}":
            return True
        return self.image is not None and (not self.image or row.get("image_id") != self.image)


def _goal(cloud: Cloud, id: str, change: Update) -> _Goal:
    cluster, _ = pools.split(id)
    image = _image(cloud, id) if change.changes("image", "image_type") else None
    runtime = str(change.spec["runtime_version"]) if change.changes("runtime_version") else None
    version = str((clusters.detail(cloud, cluster) or {}).get("current_version") or "") if change.changes("version") else None
    return _Goal(version, runtime, image)


def rolled(cloud: Cloud, item: Live, change: Update) -> Steps:
    """Bring every node to what the pool says now, and open again what an earlier run has left closed."""
    cluster, pool = pools.split(item.id)
    how, goal = How.of(change.spec), _goal(cloud, item.id, change)
    inside = _inside(cloud, cluster, pool)
    rows = nodes.listed(cloud, cluster, pool=pool)
    todo = [row for row in rows if goal.missed(row, inside.get(str(row.get("node_name")), {}))]
    if todo and how.surge:
        yield from _sized(cloud, item.id, change.spec["size"] + how.surge)
    done = 0
    for batch in (todo[start : start + how.at_once] for start in range(0, len(todo), how.at_once)):
        names = nodes.names(batch)
        yield from drain.drained(cloud, cluster, names, timeout=how.timeout)
        answer = cloud.call("cs", "UpgradeClusterNodepool", _request(item.id, goal, names))
        done += len(batch)
        yield from tasks.done(answer, said=f"rolls {', '.join(names)} ({done} of {len(todo)})")
        machines = tuple(f"{item.id}/{row['instance_id']}" for row in batch)
        yield Wait(machines, soon=True)
        yield from _told(cloud, item.id, goal, names=names, machines=machines)
        _open(cloud, cluster, names)
    _open(cloud, cluster, _closed(inside))
    if todo and how.surge:
        yield from _sized(cloud, item.id, change.spec["size"])


def _told(cloud: Cloud, id: str, goal: _Goal, *, names: Sequence[str], machines: tuple[str, ...]) -> Steps:
    """Until nodes tell their version. Raises AcsctlError where they go on telling another: to do it again is no use."""
    for _ in range(LOOKS):
        inside = _inside(cloud, *pools.split(id))
        late = {name: _kubelet(inside[name]) for name in names if name in inside}
        late = {name: have for name, have in late.items() if goal.version and have and older(have, goal.version)}
        if not late:
            return
        yield Wait(machines, said=f"waits for {', '.join(late)} to tell {goal.version}")
    told = ", ".join(f"{name} {have}" for name, have in sorted(late.items()))
    raise AcsctlError(
        f"the cloud says that nodes were upgraded to {goal.version}, and they tell another version: {told}", remedy=AS_IS
    )


def _closed(inside: Mapping[str, Row]) -> list[str]:
    return sorted(name for name, node in inside.items() if drain.CORDONED in (node["metadata"].get("annotations") or {}))


def _inside(cloud: Cloud, cluster: str, pool: str) -> dict[str, Row]:
    """The Node objects of a pool by name; none where the cluster cannot be reached."""
    try:
        found = drain.nodes(door.opened(cloud, cluster))
    except door.SILENT:
        return {}
    return {name: row for name, row in found.items() if (row["metadata"].get("labels") or {}).get(POOL_LABEL) == pool}


def _image(cloud: Cloud, id: str) -> str:
    """The image that a pool gives its nodes by now."""
    cluster, _ = pools.split(id)
    rows = (row for row in pools.listed(cloud, cluster) if pools.id_of(cluster, row) == id)
    return next((str((row.get("scaling_group") or {}).get("image_id") or "") for row in rows), "")


def _request(id: str, goal: _Goal, names: Sequence[str]) -> dict[str, Any]:
    cluster, pool = pools.split(id)
    body: dict[str, Any] = {
        "ClusterId": cluster,
        "NodepoolId": pool,
        "node_names": list(names),
        "rolling_policy": {"max_parallelism": len(names)},
        # What is only a warning would stop it otherwise, and there is nobody to ask.
        "ignore_warning_check": True,
        "kubernetes_version": goal.version or None,
    }
    if goal.runtime is not None:
        body |= {"runtime_type": RUNTIME, "runtime_version": goal.runtime}
    if goal.image is not None:
        body |= {"use_replace": True, "image_id": goal.image or None}
    return body


def _sized(cloud: Cloud, id: str, size: int) -> Steps:
    cluster, pool = pools.split(id)
    body = {"ClusterId": cluster, "NodepoolId": pool, "scaling_group": {"desired_size": size}}
    yield from tasks.done(cloud.call("cs", "ModifyClusterNodePool", body), said=f"{size} nodes meanwhile")
    yield Wait((id,), soon=True)


def _open(cloud: Cloud, cluster: str, names: Sequence[str]) -> None:
    try:
        drain.opened(door.opened(cloud, cluster), names)
    except door.SILENT:
        return
