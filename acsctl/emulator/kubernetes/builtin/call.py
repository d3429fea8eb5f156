"""One request in the course of being answered, and the control plane around it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from acsctl.emulator.kubernetes.builtin.registry import Entry, Registry
from acsctl.emulator.kubernetes.builtin.request import Request, User
from acsctl.emulator.kubernetes.builtin.status import StatusError, bad_request
from acsctl.emulator.kubernetes.builtin.storage import Key, Object, Storage
from acsctl.emulator.kubernetes.plane import Face

LONGEST_MANAGER = 128


@dataclass(frozen=True)
class Control:
    """A control plane as its parts see it. now: cloud time, unix seconds."""

    face: Face
    storage: Storage
    registry: Registry
    now: Callable[[], float]


@dataclass(frozen=True)
class Call:
    """A request for a kind. namespace and name are empty where the path has none."""

    control: Control
    request: Request
    entry: Entry
    namespace: str
    name: str
    subresource: str
    warnings: list[str] = field(default_factory=list)

    @property
    def user(self) -> User:
        return self.request.user

    @property
    def key(self) -> Key:
        return self.entry.key(self.name, namespace=self.namespace)

    @property
    def live(self) -> Object | None:
        """The object that the path names, at the version of the path."""
        stored = self.control.storage.get(self.key)
        return None if stored is None else self.entry.present(stored)

    @property
    def dry_run(self) -> bool:
        """Raises StatusError 400 for anything but `All`."""
        wish = self.request.query.get("dryRun", "")
        if wish not in ("", "All"):
            raise bad_request(f'dryRun: Unsupported value: "{wish}": supported values: "All"')
        return wish == "All"

    @property
    def manager(self) -> str:
        """The field manager: as asked for, else the first part of the User-Agent, as the server deduces it."""
        wish = self.request.query.get("fieldManager", "")
        if len(wish) > LONGEST_MANAGER:
            message = f"fieldManager: Too long: may not be more than {LONGEST_MANAGER} bytes"
            raise StatusError(422, reason="Invalid", message=message)
        return wish or self.request.headers.get("user-agent", "").split("/")[0][:LONGEST_MANAGER] or "unknown"

    @property
    def validation(self) -> str:
        """Strict, Warn or Ignore. Raises StatusError 400 for anything else."""
        wish = self.request.query.get("fieldValidation", "") or "Warn"
        if wish not in ("Strict", "Warn", "Ignore"):
            supported = '"Ignore", "Strict", "Warn"'
            raise bad_request(f'fieldValidation: Unsupported value: "{wish}": supported values: {supported}')
        return wish
