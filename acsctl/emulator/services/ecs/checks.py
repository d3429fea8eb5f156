"""Checks and readings that the services of ECS share: names, JSON lists of ids, wildcards, the two ways of paging."""

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.paging import by_number, by_token, id_mark

_URLS = ("http://", "https://")
TAG_CEILING = 1000  # resources that a describe call with a tag filter answers at most, sheet network.md 4


def check_name(text: str, *, code: str, what: str = "name") -> None:
    """A name of ECS: 2 to 128 characters, a letter first (sheet behaviour.md 9). An empty one is none."""
    if text and (not 2 <= len(text) <= 128 or text.startswith(_URLS) or not text[0].isalpha()):
        raise ApiError(code, message=f"The {what} {text} has to have 2 to 128 characters and to begin with a letter.")


def check_description(text: str, *, code: str, shortest: int = 2, longest: int = 256) -> None:
    """An empty one is none."""
    if text and (not shortest <= len(text) <= longest or text.startswith(_URLS)):
        raise ApiError(code, message=f"A description has {shortest} to {longest} characters and does not begin with a URL.")


def json_ids(call: Call, *, name: str, codes: Sequence[str], most: int = 100) -> list[str] | None:
    """A parameter that holds a JSON list of texts; None when it is not given. An empty list asks for nothing at all.

    codes: what a malformed or overlong one answers, the first that is published.
    """
    text = call.text(name)
    if not text:
        return None
    for candidate in (text, text.replace("'", '"')):
        try:
            loaded: Any = json.loads(candidate)
        except (ValueError, RecursionError):
            continue
        if isinstance(loaded, list) and len(loaded) <= most:
            return [str(one) for one in loaded]
    raise ApiError(call.published(*codes), message=f"{name} is a JSON list of at most {most} texts.")


def wildcard(pattern: str) -> Callable[[str], bool]:
    """Whether a text matches a pattern in which `*` stands for anything; an empty pattern lets all through."""
    if not pattern:
        return lambda text: True
    expression = re.compile(".*".join(re.escape(part) for part in pattern.split("*")))
    return lambda text: expression.fullmatch(text) is not None


def equals(call: Call, *names: str) -> Callable[[Resource], bool]:
    """Whether a resource has the values that the parameters of these names ask for, by its attributes of the same names."""
    wanted = {name: call.text(name) for name in names if call.text(name)}
    return lambda resource: all(resource.get(name) == value for name, value in wanted.items())


def paged(call: Call, *, rows: Sequence[Resource], floor: int = 1) -> tuple[list[Resource], dict[str, Any]]:
    """The page asked for, by token or by number, and the counts of the answer; NextToken wins (sheet behaviour.md 6).

    floor: the least page by token; a smaller MaxResults is raised to it.
    """
    counted = rows[:TAG_CEILING] if call.items("Tag") else rows
    if call.given("NextToken") or call.given("MaxResults"):
        size = max(floor, call.number("MaxResults", default=10))
        page, token = by_token(call, rows=counted, size=size, mark=id_mark)
        return page, {"NextToken": token, "TotalCount": len(counted), "PageSize": size, "PageNumber": 1}
    page, counts = by_number(call, rows=counted)
    return page, {"NextToken": "", **counts}
