"""What a node pool's block cannot say, and its normal form: pure (kind `node_pool`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from acsctl.kinds import ranges
from acsctl.kinds.ack import addressing
from acsctl.kinds.kubeadm import pools as own
from acsctl.model.resource import Spec
from acsctl.model.schema import Fault, Others
from acsctl.model.unknown import Ref


def check(spec: Spec, others: Others) -> Iterable[Fault]:
    """Either it makes its nodes or machines are attached; what it makes nodes of has to be said."""
    if own.is_wanted(spec, others):
        yield from own.faults(spec, others)
    sized, attaches = spec.get("size") is not None, spec.get("attach") is not None
    if sized and attaches:
        yield Fault(("attach",), "a pool makes its nodes or has machines attached, not both", at="key", hint="leave out size")
    if not sized and not attaches:
        yield Fault((), "a pool needs a size, or machines to attach", hint="write  size: 3  or  attach: <an instance>")
    for name in ("vswitches", "instance_types"):
        if sized and not attaches and spec.get(name) is None:
            yield Fault((), f"a pool that makes its nodes needs {name}")
    upgrade = spec.get("upgrade")
    surge = upgrade.get("surge") if isinstance(upgrade, Mapping) else None
    if surge and (attaches or isinstance(spec.get("size"), Mapping)):
        yield Fault(
            ("upgrade", "surge"), "only a pool of a fixed size makes more nodes while it is rolled", hint="leave out surge"
        )
    yield from _check_attached(spec, others)
    seen: list[Any] = []
    for place, item in enumerate(spec.get("taints") or ()):
        named = (item.get("key"), item.get("effect")) if isinstance(item, Mapping) else None
        if named in seen:
            yield Fault(("taints", place), f"there is a taint {named[0] if named else ''} with this effect already")
        seen.append(named)


def _check_attached(spec: Spec, others: Others) -> Iterable[Fault]:
    """Machines that run, and one at least where they are to say what the pool does not."""
    written = spec.get("attach")
    if not isinstance(written, (list, tuple)) or spec.get("size") is not None:
        return
    for place, item in enumerate(written):
        fleet = ranges.target(item, others)
        if fleet and fleet.spec.get("running") is False:
            yield Fault(("attach", place), f"{item} does not run, and only what runs becomes a node")
        owner = next((pool for pool, taken in _attached_before(spec, others) if _shared(item, taken)), None)
        if owner:
            yield Fault(("attach", place), f"{item} is attached to {owner} already")
    if all(ranges.target(item, others) for item in written) and not addressing.nodes(spec, others):
        for name in ("vswitches", "instance_types"):
            if spec.get(name) is None:
                yield Fault((), f"a pool without machines to attach needs {name}")


def _attached_before(spec: Spec, others: Others) -> Iterable[tuple[Any, Any]]:
    """What the pools that stand before this one in the file attach."""
    for pool in ranges.before(spec, others, kind="node_pool"):
        yield from ((pool.address, item) for item in pool.spec.get("attach") or ())


def _shared(one: Any, other: Any) -> bool:
    """Whether two entries name a machine in common."""
    if not (isinstance(one, Ref) and isinstance(other, Ref)):
        return bool(one == other)
    numbers = {one.address.number, other.address.number}
    return one.address.whole == other.address.whole and (None in numbers or len(numbers) == 1)


def normalise(spec: Spec) -> Spec:
    """Taints with their default, as live ones have it."""
    if not isinstance(taints := spec.get("taints"), (list, tuple)):
        return spec
    return {**spec, "taints": [{"value": "", **item} if isinstance(item, Mapping) else item for item in taints]}
