"""What a kind is: one file that knows one sort of resource, and how the engine asks it.

To add a kind: write `kinds/<kind>.py` with a schema class, a `Schema` and a subclass of `Kind`; add its line to
`kinds/registry.py`; write `tests/kinds/test_<kind>.py`. The local cloud's side is written apart from it, from the same sheets.

A kind never retries, never sleeps and never compares: retrying is the door's (`cloud`), waiting the coordinator's (`run`),
comparing the diff's (`plan`). Its writes are generators that do one API call, say what they made, and say what must be
waited for; after a kill it is the diff, not the generator, that knows what is left.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from acsctl.cloud import Cloud
from acsctl.model.address import Address
from acsctl.model.change import FieldChange
from acsctl.model.foresight import Foresight
from acsctl.model.ownership import Mark
from acsctl.model.plan import Finding
from acsctl.model.resource import Desired, Live, Spec
from acsctl.model.schema import Schema, SpecOf


def _not_known(address: Address) -> Spec | None:
    return None


@dataclass(frozen=True)
class Scope:
    """What a lister may know: the stack's name, the region, what is wanted, and the live parents listed before it.

    `deep` asks for the fields that only a call per resource can read. `wanted` resolves the spec of a desired resource, as far
    as what was listed before tells.
    """

    stack: str
    region: str
    desired: Mapping[Address, Desired] = field(default_factory=dict[Address, Desired])
    live: Mapping[str, Sequence[Live]] = field(default_factory=dict[str, Sequence[Live]])
    deep: bool = False
    wanted: Callable[[Address], Spec | None] = _not_known


class Token(Protocol):
    """The ClientTokens of one step: the same on every machine, unless the run had to settle (docs/how-it-works.md, tokens)."""

    def __call__(self, *parts: str) -> str:
        """The token of one call of the step; `parts` tell several calls of a step apart. At most 64 ASCII characters."""
        ...


@dataclass(frozen=True)
class Want:
    """What is to be made: a resolved spec (ids in reference fields, nothing unknown), tags with our mark, a name.

    `name` is the written or the defaulted name, for a fleet the part before the number. `numbers` are the members of a
    fleet that one call makes: contiguous, at most 100, all in `spec["vswitch"]`, a single id here. `replaces` is the id of what
    it replaces, or empty. Items with late references to what is not there yet are left out: an `update` brings them.
    """

    address: Address
    spec: Spec
    name: str
    tags: Mapping[str, str]
    mark: Mark
    numbers: tuple[int, ...] = ()
    replaces: str = ""
    consent: bool = False

    @property
    def all_tags(self) -> dict[str, str]:
        """The user's tags and ours, as a create call carries them."""
        return {**self.tags, **self.mark.tags()}


@dataclass(frozen=True)
class Update:
    """How things are to change: `fields` say what differs, `spec` is the whole wanted spec, resolved.

    `set_tags` and `unset_tags` hold user tags and our marks alike; `names` are new names by id (a fleet's numbers).
    """

    spec: Spec
    fields: Mapping[str, FieldChange] = field(default_factory=dict[str, FieldChange])
    set_tags: Mapping[str, str] = field(default_factory=dict[str, str])
    unset_tags: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict[str, str])

    def changes(self, *names: str) -> bool:
        """Whether one of the top-level fields `names` differs."""
        return any(name in self.fields for name in names)


@dataclass(frozen=True)
class Made:
    """Yielded right after a create call answered: the ids that it claims to have made."""

    ids: tuple[str, ...]


@dataclass(frozen=True)
class Wait:
    """Yielded where the cloud needs time. The coordinator polls `Kind.ready` in bulk; the generator holds no worker.

    `until` is "ready", "gone", or a word of the kind's own ("stopped", "stopped|running" for one of two): then each id is
    waited for until its `Readiness.at` is that word, however "pending" it is called meanwhile. Only "failed" ends such a wait
    otherwise. Except with "gone" the generator goes on with the outputs by id, as the value of the yield. `kind` is that of the
    ids where they are things of another kind, which a call leaves busy too (a vSwitch that gets a route table). `said` is told
    when the wait begins. `soon`: it has come to its end most likely, as another wait told, so that it is asked for at once.
    """

    ids: tuple[str, ...]
    until: str = "ready"
    kind: str = ""
    said: str = ""
    soon: bool = False

    @property
    def words(self) -> str:
        """`until` as a person reads it."""
        return self.until.replace("|", " or ")


Outputs = dict[str, Any]
Steps = Generator[Made | Wait, dict[str, Outputs], None]
"""A write: yields `Made` and `Wait`, gets the outputs by id at each `Wait`."""


@dataclass(frozen=True)
class Readiness:
    """How far a thing is. An absent thing is "pending" to a create and "gone" to a delete: `absent` says so.

    `at` is where it stands in the kind's own word, which a `Wait` may wait for; empty where the kind has no such waits.
    `message` is shown as it is, in the place of a word for the state.
    """

    state: Literal["pending", "ready", "failed"]
    outputs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    reason: str = ""
    absent: bool = False
    at: str = ""
    message: str = ""


@dataclass(frozen=True)
class Poll:
    """When to ask: the first time after `first`, then every `every` cloud seconds, for at most `limit`.

    `going`: wall seconds that things have to go, however fast the cloud is: where something else takes them away. `moving`: the
    same for every wait, where what runs inside of a thing has to move.
    """

    first: float = 2.0
    every: float = 3.0
    limit: float = 600.0
    going: float = 0.0
    moving: float = 0.0


@dataclass(frozen=True)
class Prepared:
    """What reading the cloud's catalogue adds to a planned create or change: nothing here writes.

    `spec` are values that the plan takes over (an image id for a prefix, types in stock first), `note` what a person
    should see of the choice, `findings` what would fail.
    """

    spec: Mapping[str, Any] = field(default_factory=dict[str, Any])
    note: str = ""
    findings: tuple[Finding, ...] = ()


class Kind(Protocol):
    """One sort of resource. Instances hold no state."""

    schema: Schema
    settle: float  # cloud seconds after which lists show everything
    token_proven: bool  # whether the create has a ClientToken that the cloud honours
    poll: Poll
    hides: tuple[str, ...] = ()  # product and action of its list call, where that shows nothing to a key that may not read
    prepares: tuple[str, ...] = ()  # fields whose change asks the catalogue (`prepare`); a create always does

    def list(self, cloud: Cloud, scope: Scope) -> Iterable[Live]:
        """Everything of this kind that bears the stack's mark, normalised to the schema. Reads in pages."""
        ...

    def find(self, cloud: Cloud, scope: Scope, query: Mapping[str, Any]) -> Iterable[Live]:
        """What an `existing` or `adopt` block means: `id`, `name`, `tags`, and the kind's own fields; without mark too."""
        ...

    def foresee(self, cloud: Cloud, scope: Scope) -> Mapping[Address, Foresight]:
        """After everything is listed: what a dry run says of what is wanted. Reads only; most kinds have none."""
        return {}

    def prepare(self, cloud: Cloud, spec: Spec, spec_of: SpecOf) -> Prepared:
        """Before the plan is shown: choose among what the file allows, and say what the catalogue refuses.

        `spec` has the `id` of what stays, or under `replaces` that of what goes. `spec_of` tells the wanted or known spec of
        what a reference field holds, with its `id` where that is known, and the `count` of a fleet.
        """
        return Prepared()

    def create(self, cloud: Cloud, want: Want, token: Token) -> Steps:
        """Make it. One create call; what must follow and can be told from the live thing is left to `update`."""
        ...

    def update(self, cloud: Cloud, lives: tuple[Live, ...], change: Update, token: Token) -> Steps:
        """Change these things alike (one thing, or members of a fleet)."""
        ...

    def trim(self, cloud: Cloud, lives: tuple[Live, ...], change: Update, token: Token) -> Steps:
        """After the update, and after all of the kind in the same place: take away what left the file (`Schema.trims`)."""
        yield from ()

    def delete(self, cloud: Cloud, lives: tuple[Live, ...], token: Token) -> Steps:
        """Take them away. Already gone is success."""
        ...

    def clear(self, cloud: Cloud, lives: tuple[Live, ...], token: Token) -> Steps:
        """Before they go: take away what they have made in the cloud by themselves. For kinds whose schema says `clears`."""
        yield from ()

    def ready(self, cloud: Cloud, ids: Sequence[str]) -> Mapping[str, Readiness]:
        """How far these things are, in bulk."""
        ...
