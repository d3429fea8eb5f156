"""One request in the course of being answered, and the control plane around it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from acsctl.emulator.kubernetes.builtin.registry import Entry, Registry
from acsctl.emulator.kubernetes.builtin.request import Request, User
from acsctl.emulator.kubernetes.builtin.status import StatusError, invalid_options
from acsctl.emulator.kubernetes.builtin.storage import Key, Object, Storage
from acsctl.emulator.kubernetes.objects.validate import Problem
from acsctl.emulator.kubernetes.plane import Face

LONGEST_MANAGER = 128
_OPTIONS = {"POST": "CreateOptions", "PUT": "UpdateOptions", "PATCH": "PatchOptions", "DELETE": "DeleteOptions"}


@dataclass(frozen=True)
class Control:
    """A control plane as its parts see it. now: cloud time, unix seconds."""

    face: Face
    storage: Storage
    registry: Registry
    now: Callable[[], float]


@dataclass(frozen=True)
class Call:
    """A request for a kind. namespace and name are empty where the path has none. twice: of fields that the body has
    twice, worded as the server does."""

    control: Control
    request: Request
    entry: Entry
    namespace: str
    name: str
    subresource: str
    warnings: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)

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
        """Raises StatusError 422 for anything but `All`."""
        wish = self.request.query.get("dryRun", "")
        if wish not in ("", "All"):
            raise self._refused("dryRun", value=f'["{wish}"]', supported='"All"')
        return wish == "All"

    @property
    def manager(self) -> str:
        """The field manager: as asked for, else the first part of the User-Agent, as the server deduces it."""
        wish = self.request.query.get("fieldManager", "")
        if len(wish) > LONGEST_MANAGER:
            message = f"Too long: may not be more than {LONGEST_MANAGER} bytes"
            raise invalid_options(self._options, problem=Problem("fieldManager", "FieldValueTooLong", message, wish))
        return wish or self.request.headers.get("user-agent", "").split("/")[0][:LONGEST_MANAGER] or "unknown"

    @property
    def validation(self) -> str:
        """Strict, Warn or Ignore. Raises StatusError 422 for anything else."""
        wish = self.request.query.get("fieldValidation", "") or "Warn"
        if wish not in ("Strict", "Warn", "Ignore"):
            raise self._refused("fieldValidation", value=f'"{wish}"', supported='"", "Ignore", "Strict", "Warn"')
        return wish

    @property
    def _options(self) -> str:
        return _OPTIONS.get(self.request.method, "ListOptions")

    def _refused(self, field: str, *, value: str, supported: str) -> StatusError:
        message = f"Unsupported value: {value}: supported values: {supported}"
        return invalid_options(self._options, problem=Problem(field, "FieldValueNotSupported", message, value))
