"""All resources of the world, per account and type: truth, what lists see of it, undo of a failed call, state on disk.

A call is one turn: begin() brings the state machines to the present, the handler reads and writes, and then commit()
writes what changed to disk, before the answer is sent; rollback() undoes a handler that ended in an error.
"""

import math
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from acsctl.emulator.disk import Disk
from acsctl.emulator.faults.oddities import Lag
from acsctl.emulator.resource import TYPES, Lateness, Record, Resource, ResourceType, Scope

# The region code that follows the prefix of an id (sheet behaviour.md 9); other regions get `loc`.
_REGION_CODES = {
    "cn-hangzhou": "bp1",
    "cn-beijing": "2ze",
    "cn-shanghai": "uf6",
    "cn-shenzhen": "wz9",
    "ap-southeast-1": "t4n",
    "eu-central-1": "gw8",
}
_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"

Key = tuple[str, str]
"""Account and resource type."""


class Store:
    def __init__(self, disk: Disk | None) -> None:
        self.now = 0.0
        self.unheld = 0.0  # by this lists are late: see Clock
        self.list_lag = 0.0
        self.tag_lag = 0.0
        self.odd_lag: Callable[[str], Lag | None] = lambda type: None  # of faults, by resource type
        self.revision = 0  # grows with every change
        self._disk = disk
        self._tables: dict[Key, dict[str, Resource]] = {}
        self._sequence = 0
        self._next_due = math.inf
        self._next_ghost = math.inf
        self._undo: dict[tuple[str, str, str], Record | None] = {}
        self._dirty: dict[tuple[str, str, str], Resource] = {}
        for record in disk.records() if disk else ():
            self._adopt(record)

    def create(self, kind: ResourceType, *, scope: Scope, attributes: Mapping[str, Any], id: str = "") -> Resource:
        """A new resource; its id is made up unless given. Raises ValueError when the id exists."""
        self._sequence += 1
        self.revision += 1
        record = Record(
            type=kind.name,
            id=id or self._new_id(kind, scope=scope),
            account=scope.account,
            region=scope.region,
            sequence=self._sequence,
            created=self.now,
            visible_at=self.unheld + self.lateness(kind.name).creates,
            attributes=dict(attributes),
        )
        table = self._tables.setdefault((scope.account, kind.name), {})
        slot = _slot(kind, region=record.region, id=record.id)
        if slot in table and not table[slot].gone:
            raise ValueError(f"{kind.name} {record.id} exists")
        resource = Resource(self, record=record)
        self._undo.setdefault(_key(record), None)
        self._dirty[_key(record)] = resource
        table[slot] = resource
        return resource

    def lateness(self, type: str) -> Lateness:
        """How late lists show what happens now to a resource of a type."""
        odd = self.odd_lag(type) or Lag()
        creates, deletes = (self.list_lag if one is None else one for one in (odd.creates, odd.deletes))
        return Lateness(creates, deletes, self.tag_lag if odd.tags is None else odd.tags)

    def find(self, kind: ResourceType, *, scope: Scope, id: str) -> Resource | None:
        """The living resource of an id, in whatever region; of a name, in the scope's region."""
        slot = _slot(kind, region=scope.region, id=id)
        found = self._tables.get((scope.account, kind.name), {}).get(slot)
        return None if found is None or found.gone else found

    def all(self, kind: ResourceType, *, scope: Scope) -> list[Resource]:
        """The truth: what lives, oldest first."""
        return [one for one in self._in_region(kind, scope=scope) if not one.gone]

    def listed(self, kind: ResourceType, *, scope: Scope) -> list[Resource]:
        """What lists see: late by the list lag."""
        return [one for one in self._in_region(kind, scope=scope) if one.visible]

    def region_of(self, account: str, *, ids: Iterable[str]) -> str | None:
        """The region of the first of these ids that lives; ids are unique over the regions."""
        wanted = list(ids)
        for (owner, _), table in self._tables.items():
            if owner != account:
                continue
            for id_ in wanted:
                if id_ in table:
                    return table[id_].region
        return None

    def everything(self) -> list[Resource]:
        """Every living resource of every account."""
        return [one for table in self._tables.values() for one in table.values() if not one.gone]

    def of(self, kind: ResourceType) -> list[Resource]:
        """The truth over all accounts and regions, oldest first: for what the cloud does by itself."""
        tables = [table for (_, name), table in self._tables.items() if name == kind.name]
        return [one for table in tables for one in table.values() if not one.gone]

    def begin(self, now: float, *, unheld: float | None = None) -> None:
        """Brings the state machines to the present. What that changes is never undone. unheld: None where no time was held."""
        self.now, self.unheld = now, now if unheld is None else unheld
        if now >= self._next_due:
            self._advance()
        if self.unheld >= self._next_ghost:
            self._drop_ghosts()
        self._undo = {}

    def rollback(self) -> None:
        """Undoes everything since begin()."""
        for (account, kind, id_), record in self._undo.items():
            table = self._tables[account, kind]
            if record is None:
                del table[id_]
            else:
                table[id_].record = record
        self._undo = {}

    @property
    def changed(self) -> bool:
        """Whether there is anything to commit."""
        return bool(self._dirty)

    def commit(self) -> None:
        """Writes what changed, with the cloud time, before the answer is sent."""
        if self._disk is not None:
            rows = {key: self._tables[key[0], key[1]].get(key[2]) for key in self._dirty}
            records = {key: one.record if one else None for key, one in rows.items()}
            self._disk.write(records, now=self.now, ahead=self.unheld - self.now)
        self._dirty = {}

    def clear(self) -> None:
        """Empties the world, on disk too."""
        self._tables, self._dirty, self._undo = {}, {}, {}
        self._next_due = self._next_ghost = math.inf
        if self._disk is not None:
            self._disk.clear()

    def touch(self, resource: Resource) -> None:
        """Called before a resource changes: keeps its old state for rollback, marks it for commit."""
        self.revision += 1
        key = _key(resource.record)
        if key not in self._undo:
            self._undo[key] = replace(resource.record)
        self._dirty[key] = resource

    def due(self, at: float) -> None:
        """Something happens by itself at a cloud time."""
        self._next_due = min(self._next_due, at)

    def haunt(self, until: float) -> None:
        """What is gone is shown by lists until a time that is never held."""
        self._next_ghost = min(self._next_ghost, until)

    def _advance(self) -> None:
        waiting = [
            (one.at, resource.record.sequence, one, resource)
            for resource in self._changing()
            for one in resource.record.pending
        ]
        for _, _, transition, resource in sorted(waiting, key=lambda row: row[:2]):
            if transition.at <= self.now and transition in resource.record.pending:
                resource.apply(transition)
        self._next_due = min([math.inf, *(one.at for resource in self._changing() for one in resource.record.pending)])

    def _changing(self) -> list[Resource]:
        return [one for table in self._tables.values() for one in table.values() if one.record.pending]

    def _drop_ghosts(self) -> None:
        for table in self._tables.values():
            for id_, one in list(table.items()):
                if one.record.hidden_at is not None and one.record.hidden_at <= self.unheld:
                    del table[id_]
                    self._dirty[_key(one.record)] = one
        hidden = [one.record.hidden_at for table in self._tables.values() for one in table.values()]
        self._next_ghost = min([math.inf, *(one for one in hidden if one is not None)])

    def _in_region(self, kind: ResourceType, *, scope: Scope) -> Iterable[Resource]:
        table = self._tables.get((scope.account, kind.name), {})
        return (one for one in table.values() if one.region == scope.region)

    def _adopt(self, record: Record) -> None:
        account, kind, slot = _key(record)
        self._tables.setdefault((account, kind), {})[slot] = Resource(self, record=record)
        self._sequence = max(self._sequence, record.sequence)
        for transition in record.pending:
            self.due(transition.at)
        if record.hidden_at is not None:
            self.haunt(record.hidden_at)

    def _new_id(self, kind: ResourceType, *, scope: Scope) -> str:
        random = "".join(secrets.choice(_BASE36) for _ in range(17))
        return f"{kind.prefix}{_REGION_CODES.get(scope.region, 'loc')}{random}"


def _key(record: Record) -> tuple[str, str, str]:
    return record.account, record.type, _slot(TYPES[record.type], region=record.region, id=record.id)


def _slot(kind: ResourceType, *, region: str, id: str) -> str:
    return f"{region}/{id}" if kind.named else id
