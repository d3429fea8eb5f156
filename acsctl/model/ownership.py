"""Whose a resource is: the tags that carry a stack's identity, and nothing else about identity.

The address holds the kind because RunInstances copies tags onto disks and network interfaces (sheet compute.md 1.1):
a lister ignores tags of other kinds. Keys starting with `acsctl:` are legal; `acs:` is reserved (sheet behaviour.md 5).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from acsctl.model import address as addresses

PREFIX = "acsctl:"
STACK = "acsctl:stack"
ADDRESS = "acsctl:address"
REPLACES = "acsctl:replaces"
PROTECT = "acsctl:protect"
RETAIN = "acsctl:retain"
DIGEST = "acsctl:digest:"  # + the name of a field that cannot be listed


@dataclass(frozen=True)
class Mark:
    """What the ownership tags of a live thing say.

    `replaces` is the id of the thing that this one was made to replace, `digests` the keyed hashes of fields that
    only a call per resource could read, by field name. `shown`: the tags are there; else it is the record's word.
    """

    stack: str
    address: addresses.Address
    replaces: str = ""
    protect: bool = False
    retain: bool = False
    digests: tuple[tuple[str, str], ...] = ()
    shown: bool = True

    def tags(self) -> dict[str, str]:
        """The mark as tags, the form in which a create call carries it."""
        tags = {STACK: self.stack, ADDRESS: self.address.tag}
        if self.replaces:
            tags[REPLACES] = self.replaces
        if self.protect:
            tags[PROTECT] = "true"
        if self.retain:
            tags[RETAIN] = "true"
        return tags | {DIGEST + field: value for field, value in self.digests}


def read(tags: Mapping[str, str]) -> Mark | None:
    """The mark among `tags`, or None where there is none or its address cannot be read."""
    if STACK not in tags or ADDRESS not in tags:
        return None
    try:
        address = addresses.parse(tags[ADDRESS])
    except ValueError:
        return None
    digests = tuple(sorted((key[len(DIGEST) :], value) for key, value in tags.items() if key.startswith(DIGEST)))
    return Mark(
        stack=tags[STACK],
        address=address,
        replaces=tags.get(REPLACES, ""),
        protect=tags.get(PROTECT) == "true",
        retain=tags.get(RETAIN) == "true",
        digests=digests,
    )


def user_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """The tags without ours and without the cloud's own (`acs:`, `aliyun`)."""
    return {key: value for key, value in tags.items() if not key.startswith((PREFIX, "acs:", "aliyun"))}
