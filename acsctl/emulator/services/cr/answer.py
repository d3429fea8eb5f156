"""How the registry answers: what it refuses is HTTP 200 with IsSuccess false and a Code (sheet containers.md 0)."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from acsctl.emulator.actions import Handler, action
from acsctl.emulator.call import Call
from acsctl.emulator.services.paging import part

SUCCESS = "success"


class Refusal(Exception):
    """The registry refuses. code: in its spelling, `NAMESPACE_NOT_EXIST`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def registry_action(name: str) -> Callable[[Handler], Handler]:
    """Binds a handler of the product, which returns the answer without IsSuccess and Code, and raises Refusal."""

    def bind(handler: Handler) -> Handler:
        @wraps(handler)
        def answer(call: Call) -> dict[str, Any]:
            try:
                return {"IsSuccess": True, "Code": SUCCESS, **handler(call)}
            except Refusal as refusal:
                call.world.store.rollback()
                return {"IsSuccess": False, "Code": refusal.code}

        return action(f"cr.{name}")(answer)

    return bind


def paged(call: Call, *, rows: list[Any], default: int = 30) -> tuple[list[Any], int, int]:
    """PageNo and PageSize: the rows of the page, its number, its size. Odd values take the nearest possible one."""
    number, size = max(1, call.number("PageNo", default=1)), max(1, min(100, call.number("PageSize", default=default)))
    return part(call, rows=rows, start=(number - 1) * size, size=size), number, size


def milliseconds(moment: float) -> int:
    """Cloud time in the form of this product."""
    return int(moment * 1000)
