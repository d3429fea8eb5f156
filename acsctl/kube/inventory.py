"""What a workload has in a cluster, kept in the cluster itself: a ConfigMap that names every object, and whose they are.

It is written wider before anything is applied and narrower after what went is gone, so that a run may be killed anywhere. It is
the parent of an ApplySet, whose members bear its id; those that an older acsctl applied bear our own labels alone, and get the
id when they are applied again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from acsctl.kube import applyset
from acsctl.kube.manifest import ADDRESS, STACK, Key, Manifest, label_of

NAMESPACE = "default"
INVENTORY = "acsctl.dev/inventory"
BY_LABEL, BY_SET = "v1", "v2"
"""Values of the label: what tells the members."""

CLUSTER = "acsctl.dev/cluster-uid"
NAME_AT_MOST = 120


@dataclass(frozen=True)
class Member:
    """An object that the workload has, with the version of the API that it was applied in."""

    key: Key
    version: str

    @property
    def api_version(self) -> str:
        """`apps/v1`, `v1`."""
        return f"{self.key.group}/{self.version}" if self.key.group else self.version

    @property
    def sort(self) -> tuple[str, str]:
        """apiVersion and kind."""
        return self.api_version, self.key.kind


def member_of(item: Manifest, key: Key) -> Member:
    """The member that an object is."""
    return Member(key, str(item["apiVersion"]).rpartition("/")[2])


@dataclass(frozen=True)
class Inventory:
    """`members` are wanted, `former` ones are to go. `tags` are the workload's tags, our marks among them; `cluster` is the uid
    of the cluster that it was written in, `name` that of its ConfigMap. `legacy`: some members do not bear the set's id yet."""

    stack: str
    address: str
    members: tuple[Member, ...] = ()
    former: tuple[Member, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    cluster: str = ""
    name: str = ""
    legacy: bool = False

    @property
    def set_id(self) -> str:
        """The id of the ApplySet whose parent the ConfigMap is."""
        return applyset.id_of(self.name or name_of(self.stack, self.address), namespace=NAMESPACE, kind="ConfigMap")

    @property
    def scope(self) -> frozenset[str]:
        """The namespaces that members may be in; the empty one stands for those without."""
        return frozenset({"", NAMESPACE, *(member.key.namespace for member in self.every)})

    @property
    def every(self) -> tuple[Member, ...]:
        """All that it names."""
        return (*self.members, *self.former)

    @property
    def leaving(self) -> frozenset[Key]:
        """The keys of what is to go."""
        return frozenset(member.key for member in self.former)

    def aiming(self, members: Iterable[Member], *, besides: Iterable[Member] = ()) -> Inventory:
        """With these members wanted; what was there, or is there `besides`, becomes former: nothing is forgotten on the way."""
        wanted = {member.key: member for member in members}
        old = {member.key: member for member in (*besides, *self.every) if member.key not in wanted}
        return replace(self, members=_sorted(wanted), former=_sorted(old))

    def manifest(self) -> dict[str, Any]:
        """The ConfigMap."""
        kinds = sorted({member.key.group_kind for member in self.every})
        namespaces = sorted({member.key.namespace for member in self.every} - {"", NAMESPACE})
        annotations = {
            applyset.TOOLING: applyset.VERSION,
            applyset.KINDS: ",".join(kinds),
            applyset.NAMESPACES: ",".join(namespaces),
            CLUSTER: self.cluster,
        }
        labels = {STACK: self.stack, ADDRESS: label_of(self.address), INVENTORY: BY_LABEL if self.legacy else BY_SET}
        labels[applyset.ID] = self.set_id
        return {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": self.name or name_of(self.stack, self.address),
                "namespace": NAMESPACE,
                "labels": labels,
                "annotations": annotations,
            },
            "data": {
                "address": self.address,
                "members": json.dumps(_rows(self.members)),
                "former": json.dumps(_rows(self.former)),
                "tags": json.dumps(dict(self.tags), sort_keys=True),
            },
        }


def _sorted(members: Mapping[Key, Member]) -> tuple[Member, ...]:
    return tuple(members[key] for key in sorted(members))


def _rows(members: Iterable[Member]) -> list[list[str]]:
    keys = [(member.key, member.version) for member in members]
    return [[key.group, version, key.kind, key.namespace, key.name] for key, version in keys]


def _members(text: str) -> tuple[Member, ...]:
    rows = json.loads(text)
    return tuple(Member(Key(group, kind, namespace, name), version) for group, version, kind, namespace, name in rows)


def name_of(stack: str, address: str, *, salt: str = "") -> str:
    """The name of the ConfigMap of an address: the same in every run; with `salt` another one."""
    plain = f"acsctl-{stack}-{address}".replace("_", "-").replace(".", "-").lower()
    digest = hashlib.sha256(f"{stack}\0{address}\0{salt}".encode()).hexdigest()[:10]
    return f"{plain[:NAME_AT_MOST].rstrip('-')}-{digest}"


def selector(stack: str) -> str:
    """The label selector of all inventories of a stack."""
    return f"{STACK}={stack},{INVENTORY}"


def read(item: Mapping[str, Any]) -> Inventory | None:
    """The inventory in a ConfigMap; None where it cannot be read."""
    meta: Mapping[str, Any] = item["metadata"]
    data: Mapping[str, Any] = item.get("data") or {}
    try:
        return Inventory(
            stack=str(meta["labels"][STACK]),
            address=str(data["address"]),
            members=_members(data["members"]),
            former=_members(data.get("former") or "[]"),
            tags=json.loads(data.get("tags") or "{}"),
            cluster=str((meta.get("annotations") or {}).get(CLUSTER) or ""),
            name=str(meta["name"]),
            legacy=meta["labels"].get(INVENTORY) == BY_LABEL,
        )
    except (KeyError, TypeError, ValueError):
        return None
