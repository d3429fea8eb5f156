"""What can be said of workloads whose cluster has no API yet: does it conform to the version that the cluster will have?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from acsctl.errors import NOWHERE, Problem, StackError
from acsctl.kinds.objects import offline, sources, wanted
from acsctl.kinds.objects.offline import Checked
from acsctl.kinds.objects.sources import Found
from acsctl.kube import schemas
from acsctl.kube.manifest import Key, Manifest
from acsctl.model.address import Address
from acsctl.model.foresight import Foresight
from acsctl.model.plan import Finding
from acsctl.model.resource import Desired, Spec
from acsctl.model.unknown import NotKnown

Specs = Mapping[Address, Spec]


def foreseen(desired: Mapping[Address, Desired], specs: Specs, default: Callable[[], str]) -> dict[Address, Foresight]:
    """For each workload of `specs` (written, with values as far as they are known) how it will be found.

    `default` gives the version of a cluster for which none is written. Raises StackError where an object cannot be right.
    """
    default = cache(default)
    found = {address: rows for address, spec in specs.items() if not isinstance(rows := wanted.known(spec), NotKnown)}
    result: dict[Address, Foresight] = {}
    problems: list[Problem] = []
    for address, rows in found.items():
        cluster = offline.cluster_of(desired[address].spec, desired)
        if cluster is None:
            continue
        version = offline.version_of(desired[address].spec, desired) or (default() if schemas.shipped() else "")
        among = [item for mate in found if _mates(desired, address, mate) for item in _items(found[mate])]
        checked = offline.check(rows, version, among=among)
        for fault in checked.faults:
            problems.append(Problem(fault.place or NOWHERE, fault.message, hint=fault.hint))
        result[address] = _foresight(address, specs[address], version, checked)
    if problems:
        raise StackError(problems, late=True)
    return result


def _mates(desired: Mapping[Address, Desired], address: Address, other: Address) -> bool:
    return address != other and desired[address].spec.get("cluster") == desired[other].spec.get("cluster")


def _items(rows: Mapping[Key, Found]) -> Iterator[Manifest]:
    return (row.item for row in rows.values())


def _foresight(address: Address, spec: Spec, version: str, checked: Checked) -> Foresight:
    findings: list[Finding] = []
    if not checked.version:
        text = f"{address}: its manifests are not checked before there is a cluster"
        findings.append(Finding("note", text, address, f"{schemas.INSTALL} brings the schemas of Kubernetes"))
    notes = list(_notes(version, checked))
    return Foresight(wanted.normalise(spec), findings=(*findings, *left_out(address, spec)), note=", ".join(notes))


def _notes(version: str, checked: Checked) -> Iterator[str]:
    if checked.version and schemas.minor_of(checked.version) != schemas.minor_of(version):
        yield f"checked as for Kubernetes {checked.version}"
    if checked.version and checked.unverified:
        count = len(checked.unverified)
        yield f"{count} object{'s' if count != 1 else ''} unverified"


def left_out(address: Address, spec: Spec) -> Iterator[Finding]:
    """The hooks of a chart, which nobody runs."""
    hooks: Any = sources.left_out(spec)
    if hooks:
        shown = ", ".join(hooks[:3]) + (f" and {len(hooks) - 3} more" if len(hooks) > 3 else "")
        remedy = "hooks belong to a release of Helm; what you need of them goes into manifests of your own"
        yield Finding(
            "note", f"{address}: {len(hooks)} hook{'s' if len(hooks) != 1 else ''} left out: {shown}", address, remedy
        )
