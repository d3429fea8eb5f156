"""Bytes that are too many for the attributes of a resource: contents of objects, by a made-up name in one."""

import secrets

from acsctl.emulator.disk import Disk


class Contents:
    """What a call puts and drops counts after commit(), and is on disk with the resources that name it; rollback() undoes
    it."""

    def __init__(self, disk: Disk | None) -> None:
        self._disk = disk
        self._kept: dict[str, bytes] = {}  # without a disk
        self._fresh: dict[str, bytes | None] = {}

    def put(self, content: bytes) -> str:
        """The name under which it is kept."""
        name = secrets.token_hex(12)
        self._fresh[name] = content
        return name

    def get(self, name: str) -> bytes:
        """Raises KeyError for a name that there is not."""
        fresh = self._fresh.get(name)
        if fresh is not None:
            return fresh
        return self._kept[name] if self._disk is None else self._disk.content(name)

    def drop(self, name: str) -> None:
        self._fresh[name] = None

    def rollback(self) -> None:
        self._fresh = {}

    def commit(self) -> None:
        """Before the store's own commit, which writes both."""
        for name, content in self._fresh.items():
            if self._disk is not None:
                self._disk.keep(name, content=content)
            elif content is None:
                self._kept.pop(name, None)
            else:
                self._kept[name] = content
        self._fresh = {}

    def clear(self) -> None:
        self._kept, self._fresh = {}, {}
