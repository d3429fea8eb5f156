"""What the world is made of: resources, their types, and the timed transitions of their state machines."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol


@dataclass(frozen=True)
class ResourceType:
    """A declared type of resource.

    name: the word for it in GET /_emulator/world. prefix: of its ids (sheet behaviour.md 9). shown: part of that listing;
    false for bookkeeping. arn: product and kind in an ARN (`acs:vpc:<region>:<account>:vpc/<id>`), for what can be tagged.
    named: its ids are names that are unique in a region only, as those of key pairs; other ids are unique over all regions.
    """

    name: str
    prefix: str = ""
    shown: bool = True
    arn: tuple[str, str] | None = None
    named: bool = False


TYPES: dict[str, ResourceType] = {}


def declare(
    name: str,
    *,
    prefix: str = "",
    shown: bool = True,
    arn: tuple[str, str] | None = None,
    named: bool = False,
) -> ResourceType:
    """Declares a type, once, at the top of the file of its service. Raises ValueError when the name is taken."""
    if name in TYPES:
        raise ValueError(f"resource type {name} is declared twice")
    TYPES[name] = ResourceType(name, prefix, shown, arn, named)
    return TYPES[name]


@dataclass(frozen=True)
class Scope:
    """Whose world and where: the store keeps everything per account and region."""

    account: str
    region: str


@dataclass
class Transition:
    """What happens to a resource at a cloud time: attributes change, or it is gone. lag: how much later lists show that it is;
    None as they do at that time."""

    at: float
    changes: dict[str, Any] = field(default_factory=dict[str, Any])
    removes: bool = False
    lag: float | None = None


class Lateness(NamedTuple):
    """How many cloud seconds later lists show what is created, what is deleted, and tags."""

    creates: float
    deletes: float
    tags: float


class Keeper(Protocol):
    """What a resource asks of the store that keeps it. now: when something happens. unheld: when lists show it."""

    @property
    def now(self) -> float: ...

    @property
    def unheld(self) -> float: ...

    def lateness(self, type: str) -> Lateness: ...

    def touch(self, resource: "Resource") -> None: ...

    def due(self, at: float) -> None: ...

    def haunt(self, until: float) -> None: ...


@dataclass
class Record:
    """The state of a resource, the way it is kept on disk. Values are replaced, never changed in place.

    visible_at, hidden_at and the ends of old_tags are of the time that is never held (`Clock.unheld`), all else of cloud time.
    """

    type: str
    id: str
    account: str
    region: str
    sequence: int
    created: float
    visible_at: float
    hidden_at: float | None = None
    attributes: dict[str, Any] = field(default_factory=dict[str, Any])
    tags: dict[str, str] = field(default_factory=dict[str, str])
    old_tags: list[tuple[float, dict[str, str]]] = field(default_factory=list[tuple[float, dict[str, str]]])
    pending: list[Transition] = field(default_factory=list[Transition])


class Resource:
    """A thing in the cloud. `vpc["Status"]` reads, `vpc.set(Status="Available")` writes.

    Attributes carry the names of the wire, so that answers are picked from them. A value that was read must not be changed
    in place: make a new list or dict and set it, else the change is neither undone by an error nor written to disk.
    """

    def __init__(self, keeper: Keeper, *, record: Record) -> None:
        self._keeper = keeper
        self.record = record

    @property
    def id(self) -> str:
        return self.record.id

    @property
    def type(self) -> str:
        return self.record.type

    @property
    def region(self) -> str:
        return self.record.region

    @property
    def account(self) -> str:
        return self.record.account

    @property
    def created(self) -> float:
        """Cloud time of the creation, unix seconds."""
        return self.record.created

    @property
    def gone(self) -> bool:
        return self.record.hidden_at is not None

    @property
    def attributes(self) -> Mapping[str, Any]:
        return self.record.attributes

    def __getitem__(self, name: str) -> Any:
        return self.record.attributes[name]

    def get(self, name: str, *, default: Any = None) -> Any:
        return self.record.attributes.get(name, default)

    def pick(self, *names: str) -> dict[str, Any]:
        """The attributes of these names that are set."""
        return {name: self.record.attributes[name] for name in names if name in self.record.attributes}

    def set(self, **changes: Any) -> None:
        self._keeper.touch(self)
        self.record.attributes = {**self.record.attributes, **changes}

    def later(self, seconds: float, **changes: Any) -> None:
        """Sets attributes after so many cloud seconds."""
        self._schedule(Transition(self._keeper.now + seconds, changes))

    def remove(self, *, after: float = 0.0) -> None:
        """Makes it gone, now or after so many cloud seconds. Lists show it until the list lag has passed too."""
        if after > 0:
            lag = self._keeper.lateness(self.type).deletes
            self._schedule(Transition(self._keeper.now + after, removes=True, lag=lag))
        else:
            self._vanish(self._keeper.now)

    def apply(self, transition: Transition) -> None:
        """What a due transition does. For the store."""
        self._keeper.touch(self)
        self.record.pending = [one for one in self.record.pending if one is not transition]
        if transition.removes:
            self._vanish(transition.at, lag=transition.lag)
        else:
            self.record.attributes = {**self.record.attributes, **transition.changes}

    @property
    def tags(self) -> Mapping[str, str]:
        """The true tags: for limits and copies. Answers and filters use seen_tags."""
        return self.record.tags

    @property
    def seen_tags(self) -> Mapping[str, str]:
        """The tags as lists and filters see them: late by the tag lag."""
        for until, tags in self.record.old_tags:
            if self._keeper.unheld < until:
                return tags
        return self.record.tags

    def retag(self, tags: Mapping[str, str]) -> None:
        """Replaces all tags."""
        self._keeper.touch(self)
        now = self._keeper.unheld
        kept = [one for one in self.record.old_tags if one[0] > now]
        lag = self._keeper.lateness(self.type).tags
        if lag > 0:
            kept.append((now + lag, self.record.tags))
        self.record.old_tags = kept
        self.record.tags = dict(tags)

    @property
    def visible(self) -> bool:
        """Whether lists and describe calls see it, also by id (sheet behaviour.md 8)."""
        now, hidden_at = self._keeper.unheld, self.record.hidden_at
        return self.record.visible_at <= now and (hidden_at is None or now < hidden_at)

    def _vanish(self, at: float, *, lag: float | None = None) -> None:
        self._keeper.touch(self)
        self.record.pending = []
        late = self._keeper.lateness(self.type).deletes if lag is None else lag
        self.record.hidden_at = at + late + (self._keeper.unheld - self._keeper.now)
        self._keeper.haunt(self.record.hidden_at)

    def _schedule(self, transition: Transition) -> None:
        self._keeper.touch(self)
        self.record.pending = [*self.record.pending, transition]
        self._keeper.due(transition.at)
