"""The two ways of paging (sheet behaviour.md 6). Both take rows in their final order, as resources, before answers are made."""

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.faults.oddities import ShiftingPages
from acsctl.emulator.resource import Resource

Row = TypeVar("Row")


def by_number(call: Call, *, rows: Sequence[Row], default: int = 10) -> tuple[list[Row], dict[str, int]]:
    """PageNumber and PageSize: the page, and the three counts that belong into the answer."""
    number, size = call.number("PageNumber", default=1), call.number("PageSize", default=default)
    if number < 1 or size < 1:
        raise ApiError("InvalidParameter", message="PageNumber and PageSize begin with 1.")
    page = part(call, rows=rows, start=(number - 1) * size, size=size)
    return page, {"PageNumber": number, "PageSize": size, "TotalCount": len(rows)}


def by_token(
    call: Call,
    *,
    rows: Sequence[Row],
    size: int,
    mark: Callable[[Row], str],
) -> tuple[list[Row], str]:
    """NextToken: the page, and the token of the next one, empty at the end.

    size: how many rows, already defaulted and bounded by the caller, since names and limits differ. mark: what identifies a
    row, so that paging goes on after it although rows before it came or went.
    """
    if size < 1:
        raise ApiError("InvalidParameter", message="A page has at least one row.")
    start = _start(call, marks=[mark(row) for row in rows])
    page = part(call, rows=rows, start=start, size=size)
    if start + size >= len(rows):
        return page, ""
    return page, base64.urlsafe_b64encode(json.dumps([start + size, mark(page[-1])]).encode()).decode()


def part(call: Call, *, rows: Sequence[Row], start: int, size: int) -> list[Row]:
    """The rows of a page. A fault lets the first and the last row of all change places once somebody turns pages: then one is
    seen twice, and one never (sheet behaviour.md 6)."""
    seen = list(rows)
    if start > 0 and len(seen) > 1 and call.world.faults.odd(ShiftingPages) is not None:
        seen = [seen[-1], *seen[1:-1], seen[0]]
    return seen[start : start + size]


def id_mark(resource: Resource) -> str:
    """The mark of a resource."""
    return resource.id


def _start(call: Call, *, marks: list[str]) -> int:
    token = call.text("NextToken")
    if not token:
        return 0
    try:
        loaded: Any = json.loads(base64.urlsafe_b64decode(token.encode()))
        offset, last = int(loaded[0]), str(loaded[1])
    except (ValueError, TypeError, IndexError, KeyError, RecursionError) as error:
        code = call.published("InvalidParameter.NextToken", "IllegalParam.NextToken", "Invalid.NextToken")
        raise ApiError(code, message="NextToken is not one that was handed out.") from error
    return marks.index(last) + 1 if last in marks else offset
