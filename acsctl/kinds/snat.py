"""SNAT entries: no kind of their own, for they can carry no mark; they belong to their gateway and are known by their source.

An entry is `{vswitch | cidr, eips}`. Source: sheet network.md 6; API CreateSnatEntry, DescribeSnatTableEntries.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from acsctl.cloud import Cloud, Listing, dig, list_all
from acsctl.kinds import marks
from acsctl.kinds.contract import Readiness, Steps, Wait

LISTING = Listing("vpc", "DescribeSnatTableEntries", items="SnatTableEntries.SnatTableEntry", key=("SnatEntryId",), size=50)
PARAMETERS = {"vswitch": "SourceVSwitchId", "cidr": "SourceCIDR"}

Source = tuple[str, str]
"""What an entry is known by: ("vswitch", id) or ("cidr", range)."""

Row = Mapping[str, Any]


def source(item: Mapping[str, Any]) -> Source:
    """The source of an entry in the shape of the schema."""
    key = "vswitch" if item.get("vswitch") is not None else "cidr"
    return key, item[key]


def expand(items: Iterable[Any], *, eips: Iterable[Any]) -> list[Any]:
    """Entries in canonical form: without addresses of their own they have all of the gateway's; order means nothing."""
    return [_expanded(item, eips) if isinstance(item, Mapping) else item for item in items]


def _expanded(item: Mapping[str, Any], eips: Iterable[Any]) -> dict[str, Any]:
    sources = {key: item[key] for key in PARAMETERS if item.get(key) is not None}
    own = item.get("eips")
    return {**sources, "eips": sorted(eips if own is None else own, key=str)}


def read(row: Row, *, ids: Mapping[str, str]) -> dict[str, Any]:
    """A row in the shape of the schema; `ids` are the gateway's EIPs by address."""
    key, value = row_source(row)
    return {key: value, "eips": sorted(ids.get(address, address) for address in addresses(row))}


def row_source(row: Row) -> Source:
    """The source of a row. With a vSwitch the row has its range too. A range that comes back as a vSwitch is unconfirmed."""
    vswitch = row.get("SourceVSwitchId") or ""
    return ("vswitch", vswitch) if vswitch else ("cidr", dig(row, "SourceCIDR", str))


def addresses(row: Row) -> frozenset[str]:
    """The public addresses of a row; their order means nothing."""
    return frozenset(dig(row, "SnatIp", str).split(","))


@dataclass(frozen=True)
class Table:
    """The SNAT table of one gateway. Writes to it are not concurrent, so each waits until the table is stable."""

    cloud: Cloud
    nat: str
    id: str

    def rows(self) -> dict[Source, Row]:
        """What is there, by source; what is being deleted is not."""
        return {row_source(row): row for row in listed(self.cloud, self.nat)}

    def add(self, found: Source, *, to: frozenset[str]) -> Steps:
        """CreateSnatEntry; the cloud refuses a second entry for one source."""
        key, value = found
        params = {PARAMETERS[key]: value, "SnatIp": ",".join(sorted(to)), "ClientToken": marks.once()}
        entry = dig(self.cloud.call("vpc", "CreateSnatEntry", {**self._base, **params}), "SnatEntryId", str)
        yield Wait((self._id(entry),), until=_at(to))

    def point(self, row: Row, *, to: frozenset[str]) -> Steps:
        """ModifySnatEntry: other addresses for the same source."""
        entry = dig(row, "SnatEntryId", str)
        self.cloud.call("vpc", "ModifySnatEntry", {**self._base, "SnatEntryId": entry, "SnatIp": ",".join(sorted(to))})
        yield Wait((self._id(entry),), until=_at(to))

    def drop(self, row: Row) -> Steps:
        """DeleteSnatEntry; an address cannot be unbound before its entries are gone."""
        entry = dig(row, "SnatEntryId", str)
        marks.gone_is_done(self.cloud, "vpc", "DeleteSnatEntry", {**self._base, "SnatEntryId": entry})
        yield Wait((self._id(entry),), until="gone")

    @property
    def _base(self) -> dict[str, str]:
        return {"RegionId": self.cloud.region, "SnatTableId": self.id}

    def _id(self, entry: str) -> str:
        return f"{self.nat}/{entry}"


def is_entry(id: str) -> bool:
    """Whether an id that is waited for is that of an entry: `ngw-.../snat-...`."""
    return "/" in id


def standing(cloud: Cloud, ids: Sequence[str]) -> dict[str, Readiness]:
    """How far these entries are, which no status of their gateway tells: one list for each gateway."""
    gateways = dict.fromkeys(id.partition("/")[0] for id in ids)
    rows = {f"{nat}/{dig(row, 'SnatEntryId', str)}": row for nat in gateways for row in every(cloud, nat)}
    return {id: _readiness(rows[id]) if id in rows else Readiness("pending", absent=True) for id in ids}


def _readiness(row: Row) -> Readiness:
    state = dig(row, "Status", str)
    return Readiness("pending", reason=state, at=_at(addresses(row)) if state == "Available" else "")


def _at(to: frozenset[str]) -> str:
    """The word for an entry that is stable with these addresses."""
    return f"out by {', '.join(sorted(to))}"


def every(cloud: Cloud, nat: str) -> list[dict[str, Any]]:
    """All rows of a gateway, also those that are going."""
    return list_all(cloud, LISTING, {"RegionId": cloud.region, "NatGatewayId": nat})


def listed(cloud: Cloud, nat: str) -> list[dict[str, Any]]:
    """The rows of a gateway without those that are going."""
    return [row for row in every(cloud, nat) if dig(row, "Status", str) != "Deleting"]
