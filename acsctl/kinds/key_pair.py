"""`key_pair`: an SSH public key for instances (API ImportKeyPair, DescribeKeyPairs; sheet compute.md 2).

Its id is its name, unique in a region. The private key stays with the user: CreateKeyPair would show it once only.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, WithJsonSchema

from acsctl.cloud import Cloud, Listing, dig, list_all
from acsctl.kinds import marks
from acsctl.kinds.contract import Kind, Made, Poll, Readiness, Scope, Steps, Token, Update, Wait, Want
from acsctl.model.resource import Live, Spec
from acsctl.model.schema import Meta, Schema, SpecModel, attr

LISTING = Listing("ecs", "DescribeKeyPairs", items="KeyPairs.KeyPair", key=("KeyPairName",), size=50)
SUFFIX = 8


def without_comment(text: str) -> str:
    """An OpenSSH public key as `type body`. Raises ValueError for anything else."""
    words = text.split()
    if "PRIVATE KEY" in text:
        raise ValueError("this is a private key; only the public one (the .pub file) belongs here")
    if len(words) < 2 or not _is_body(words[1], algorithm=words[0]):
        raise ValueError("not a public key in OpenSSH form, such as `ssh-ed25519 AAAAC3... comment`")
    return f"{words[0]} {words[1]}"


def _is_body(body: str, *, algorithm: str) -> bool:
    # The body begins with the algorithm's name behind its length (RFC 4253 6.6).
    try:
        raw = base64.b64decode(body, validate=True)
    except binascii.Error:
        return False
    name = algorithm.encode()
    return raw.startswith(len(name).to_bytes(4, "big") + name)


def same_name(want: str, have: str) -> bool:
    """Whether `have` is the wanted name, or what a replacement beside the old one is called."""
    return re.fullmatch(re.escape(want) + rf"(-[0-9a-f]{{{SUFFIX}}})?", have) is not None


def _name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9:_-]{1,127}", text):
        raise ValueError("a key pair's name has 2 to 128 letters, digits, `:`, `_` and `-`, and begins with a letter")
    return text


PublicKey = Annotated[str, AfterValidator(without_comment), WithJsonSchema({"type": "string"})]
KeyPairName = Annotated[str, AfterValidator(_name), WithJsonSchema({"type": "string"})]


class KeyPairSpec(SpecModel):
    """An SSH public key that instances let in."""

    public_key: PublicKey = attr(..., doc="in OpenSSH form; its comment is not compared", meta=Meta(immutable=True))
    name: KeyPairName = attr(
        doc="its name, unique in the region; `<stack>-<name>` where none is written",
        meta=Meta(immutable=True, natural_key=True, same=same_name),
    )


def normalise(spec: Spec) -> Spec:
    """Without the comment, also where the key came from an expression. What is no key is the cloud's to refuse."""
    key = spec.get("public_key")
    if not isinstance(key, str):
        return spec
    try:
        return {**spec, "public_key": without_comment(key)}
    except ValueError:
        return spec


def create_first(live: Live, spec: Spec) -> bool:
    """The new one has another name, so that instances can go over before the old one is deleted."""
    return True


class KeyPair(Kind):
    """See the module."""

    schema = Schema(
        kind="key_pair",
        model=KeyPairSpec,
        doc="an SSH public key for instances",
        outputs={"fingerprint": "the MD5 fingerprint of the key"},
        ids="",  # known by its name, which could be any word
        durations={"create": 2, "update": 1, "delete": 2},
        normalise=normalise,
        create_first=create_first,
    )
    settle = 60.0
    token_proven = False
    poll = Poll(first=1, every=2)

    def list(self, cloud: Cloud, scope: Scope) -> Iterable[Live]:
        """50 a page, by tag."""
        params = {"RegionId": cloud.region, "IncludePublicKey": True, "Tag": marks.owned(scope.stack)}
        return marks.ours("key_pair", scope.stack, map(read, list_all(cloud, LISTING, params)))

    def find(self, cloud: Cloud, scope: Scope, query: Mapping[str, Any]) -> Iterable[Live]:
        """By `id` or `name`, which are the same, and `tags`."""
        params = {
            "RegionId": cloud.region,
            "KeyPairName": query.get("id") or query.get("name"),
            "IncludePublicKey": True,
            "Tag": marks.pairs(query.get("tags", {})),
        }
        return map(read, list_all(cloud, LISTING, params))

    def create(self, cloud: Cloud, want: Want, token: Token) -> Steps:
        """ImportKeyPair has no ClientToken; the name, unique in the region, keeps it from being done twice."""
        name = want.name if want.name != want.replaces else beside(want.name, public_key=want.spec["public_key"])
        params = {
            "RegionId": cloud.region,
            "KeyPairName": name,
            "PublicKeyBody": want.spec["public_key"],
            "Tag": marks.pairs(want.all_tags),
        }
        made = dig(cloud.call("ecs", "ImportKeyPair", params), "KeyPairName", str)
        yield Made((made,))
        yield Wait((made,))

    def update(self, cloud: Cloud, lives: tuple[Live, ...], change: Update, token: Token) -> Steps:
        """Only tags can change."""
        marks.write_tags(cloud, "ecs", "keypair", ids=[pair.id for pair in lives], change=change)
        yield from ()

    def delete(self, cloud: Cloud, lives: tuple[Live, ...], token: Token) -> Steps:
        """DeleteKeyPairs; that a missing name is success there is unconfirmed."""
        names = [pair.id for pair in lives]
        marks.gone_is_done(cloud, "ecs", "DeleteKeyPairs", {"RegionId": cloud.region, "KeyPairNames": json.dumps(names)})
        yield Wait(tuple(names), until="gone")

    def ready(self, cloud: Cloud, ids: Sequence[str]) -> Mapping[str, Readiness]:
        """The list takes one name a call."""
        rows = marks.rows_of(cloud, LISTING, name="KeyPairName", ids=ids)
        return marks.readiness(ids, {item.id: item for item in map(read, rows)})


def beside(name: str, *, public_key: str) -> str:
    """The name of a key pair that is made while the one called `name` still stands; the same in every run."""
    return f"{name}-{hashlib.sha256(public_key.encode()).hexdigest()[:SUFFIX]}"


def read(row: Mapping[str, Any]) -> Live:
    """A row of DescribeKeyPairs in the shape of the schema."""
    name = dig(row, "KeyPairName", str)
    spec = {"name": name, "public_key": row.get("PublicKey", "")}
    return marks.live(
        "key_pair",
        name,
        spec=normalise(spec),
        tags=marks.read_tags(row),
        outputs={"fingerprint": row.get("KeyPairFingerPrint", "")},
        created=row.get("CreationTime", ""),
        name=name,
    )
