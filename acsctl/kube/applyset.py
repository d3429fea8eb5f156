"""The ApplySet specification (KEP-3659, sheet containers.md 4.1): what makes an object a parent and others its members.

A parent bears its own id, which is computed from where it stands; members bear the id of their parent, and nothing else tells
who is one. kubectl and others that keep to the specification leave the sets of another tool alone, as we do.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from acsctl.errors import AcsctlError, CloudError
from acsctl.kube.client import Kube
from acsctl.kube.manifest import PART_OF, STACK, Key, Manifest

Object = Mapping[str, Any]
ID = "applyset.kubernetes.io/id"
TOOLING = "applyset.kubernetes.io/tooling"
KINDS = "applyset.kubernetes.io/contains-group-kinds"
NAMESPACES = "applyset.kubernetes.io/additional-namespaces"
TOOL = "acsctl"
VERSION = f"{TOOL}/v1"
PARENTS = ("ConfigMap", "Secret")
"""Kinds that every tool may have its parents in; custom ones are known by their definition."""


@dataclass(frozen=True)
class Joining:
    """The sets of a stack in a cluster: `sets` tells by key which one a wanted object is to be in, `ours` are all their ids."""

    sets: Mapping[Key, str] = field(default_factory=dict[Key, str])
    ours: frozenset[str] = frozenset()


NOWHERE = Joining()


def id_of(name: str, *, namespace: str, kind: str, group: str = "") -> str:
    """The id of the set whose parent stands there."""
    digest = hashlib.sha256(f"{name}.{namespace}.{kind}.{group}".encode()).digest()
    return f"applyset-{base64.urlsafe_b64encode(digest).decode().rstrip('=')}-v1"


def set_of(item: Object) -> str:
    """The id of the set that an object is in; empty where it is in none."""
    return str((item["metadata"].get("labels") or {}).get(PART_OF) or "")


def joined(item: Manifest, id: str) -> Manifest:
    """The object as a member of a set; as it is without an id."""
    if not id:
        return item
    meta = item["metadata"]
    return {**item, "metadata": {**meta, "labels": {**(meta.get("labels") or {}), PART_OF: id}}}


def selector(ids: Iterable[str]) -> str:
    """The label selector of the members of these sets."""
    rows = sorted(set(ids))
    return f"{PART_OF}={rows[0]}" if len(rows) == 1 else f"{PART_OF} in ({','.join(rows)})"


def verify(parent: Object) -> None:
    """Raises AcsctlError for a parent that another tool manages, or whose id is not that of where it stands.

    One without an id is none yet: it was written before sets were.
    """
    meta: Object = parent["metadata"]
    labels, annotations = meta.get("labels") or {}, meta.get("annotations") or {}
    if ID not in labels:
        return
    where = f"{parent['kind']} {meta.get('namespace')}/{meta['name']}"
    tool = tool_of(annotations)
    if tool != TOOL:
        said = f"{where}, which lists what a workload has, is managed by {tool or 'no tool that it names'} and not by {TOOL}"
        raise AcsctlError(said, remedy=f"Let {tool or 'whoever wrote it'} give it up, or set its annotation {TOOLING} back.")
    if labels[ID] != id_of(str(meta["name"]), namespace=str(meta.get("namespace") or ""), kind=str(parent["kind"])):
        said = f"{where} has the id of another set in its label {ID}: it is a copy, or was renamed"
        raise AcsctlError(said, remedy="Delete it if it is a copy; else take that label off.")


def tool_of(annotations: Mapping[str, Any]) -> str:
    """The name of the tool that manages a parent: `kubectl` of kubectl/v1.35.4."""
    name, slash, version = str(annotations.get(TOOLING) or "").rpartition("/")
    return name if slash else version


def described(kube: Kube, id: str) -> str:
    """A set in the words of a person, with its parent and the tool, as far as that may be read."""
    for kind in PARENTS:
        try:
            rows = kube.list("v1", kind, selector=f"{ID}={id}")
        except CloudError:
            continue  # who may not list them is told the id
        for row in rows:
            meta = row["metadata"]
            tool = tool_of(meta.get("annotations") or {})
            return f"the ApplySet {kind} {meta['namespace']}/{meta['name']}" + (f" of {tool}" if tool else "")
    return f"the ApplySet {id}"


def strangers(item: Object, family: Iterable[str]) -> Iterator[str]:
    """The owners of an object that are none of the `family` (uids): `Gate g`."""
    known = set(family)
    for row in item["metadata"].get("ownerReferences") or ():
        if row.get("uid") not in known:
            yield f"{row.get('kind')} {row.get('name')}"


def foreign(item: Object, *, stack: str, ours: frozenset[str]) -> bool:
    """Whether an object is in a set that is not of the stack."""
    found = set_of(item)
    labels: Object = item["metadata"].get("labels") or {}
    return bool(found) and found not in ours and labels.get(STACK, stack) == stack
