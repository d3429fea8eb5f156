"""Whole lists from pages. A list is not believed blindly: what does not add up is read again, then is an error.

While things come and go, page numbers repeat or skip items (sheet behaviour.md 6); a list that lacks one would destroy it or
make it twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from acsctl.cloud.answer import UNEXPECTED, dicts, dig
from acsctl.errors import CloudError

if TYPE_CHECKING:
    from acsctl.cloud.call import Cloud

TRIES = 3
AGAIN = 1.0  # cloud seconds before a list that did not add up is read again


class Style(Enum):
    """How the API turns pages."""

    NUMBER = "PageNumber"  # PageNumber, PageSize and TotalCount
    TOKEN = "NextToken"  # MaxResults and NextToken; a total, where there is one, is documented as meaningless


@dataclass(frozen=True)
class Listing:
    """A list API. `items` is the path of the list, `key` what identifies one item; `size` 0 sends no page size.

    `total` is the path of the number of items, "" to do without; by default TotalCount with page numbers, none with tokens.
    `page_name` is the parameter that holds the page number; `digits` says that the total is told in digits as text.
    """

    product: str
    action: str
    items: str
    key: tuple[str, ...]
    style: Style = Style.NUMBER
    size: int = 50
    size_name: str = ""
    total: str | None = None
    page_name: str = "PageNumber"
    digits: bool = False

    @property
    def name(self) -> str:
        """ "product.Action"."""
        return f"{self.product}.{self.action}"

    @property
    def total_path(self) -> str:
        """Where the total stands, or empty."""
        if self.total is not None:
            return self.total
        return "TotalCount" if self.style is Style.NUMBER else ""


def list_all(cloud: Cloud, listing: Listing, params: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All items, each once, in the order of the cloud.

    Raises what `Cloud.call` raises, and CloudError acsctl.IncompleteList when they do not add up to the total three times over.
    """
    walk = _by_number if listing.style is Style.NUMBER else _by_token
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    total: int | None = 0
    for turn in range(TRIES):
        if turn:
            cloud.pause(AGAIN)
        found, total = walk(cloud, listing=listing, params=params)
        if total is None or total == len(found):
            return list(found.values())
    said = f"{len(found)} different items were listed, but {total} are said to exist"
    raise CloudError("acsctl.IncompleteList", action=listing.name, said=said)


_Found = tuple[dict[tuple[Any, ...], dict[str, Any]], int | None]


def _by_number(cloud: Cloud, *, listing: Listing, params: Mapping[str, Any]) -> _Found:
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    page = 1
    while True:
        paged = {**params, listing.page_name: page, listing.size_name or "PageSize": listing.size}
        answer = cloud.call(listing.product, listing.action, paged)
        batch = _keyed(listing, answer=answer)
        found |= batch
        total = _total(listing, answer=answer)
        if not batch or page * listing.size >= total:
            return found, total
        page += 1


def _by_token(cloud: Cloud, *, listing: Listing, params: Mapping[str, Any]) -> _Found:
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    seen: set[str] = set()
    size = {listing.size_name or "MaxResults": listing.size} if listing.size else {}
    token = ""
    while True:
        answer = cloud.call(listing.product, listing.action, {**params, **size, "NextToken": token or None})
        found |= _keyed(listing, answer=answer)
        total = _total(listing, answer=answer) if listing.total_path else None
        token = str(answer.get("NextToken") or "")
        if not token:
            return found, total
        if token in seen:
            raise CloudError(UNEXPECTED, action=listing.name, said="the same NextToken came twice")
        seen.add(token)


def _keyed(listing: Listing, *, answer: Mapping[str, Any]) -> dict[tuple[Any, ...], dict[str, Any]]:
    items = dicts(answer, listing.items, action=listing.name)
    try:
        return {tuple(item[name] for name in listing.key): item for item in items}
    except KeyError as error:
        raise CloudError(UNEXPECTED, action=listing.name, said=f"an item without {error.args[0]}") from error


def _total(listing: Listing, *, answer: Mapping[str, Any]) -> int:
    if not listing.digits:
        return dig(answer, listing.total_path, int, action=listing.name)
    text = dig(answer, listing.total_path, str, action=listing.name)
    if not text.isdecimal():
        raise CloudError(UNEXPECTED, action=listing.name, said=f"{listing.total_path} is {text!r}, not a number")
    return int(text)
