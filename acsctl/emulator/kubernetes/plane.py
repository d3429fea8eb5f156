"""What the rest of the local cloud knows of a cluster's control plane."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

Rung = Literal["builtin", "real"]
NodeRung = Literal["played", "real"]


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, PEM."""

    certificate: str
    key: str


@dataclass(frozen=True)
class Face:
    """The facts of a cluster that its control plane is started with; the same at every start.

    id: of the cluster. version: what GET /version tells, `v1.35.7-aliyun.1`. port: 0 takes a free one, which is kept from
    then on. folder: its own, made when absent; None keeps the state for as long as the process. names: further DNS names and
    addresses of the server's certificate. authority: signs, instead of one that the plane makes. managed: whether the cloud
    keeps the cluster; else its machines do.
    """

    id: str
    rung: Rung
    version: str
    pod_cidr: str
    service_cidr: str
    node_cidr_mask: int
    port: int = 0
    host: str = "127.0.0.1"
    folder: Path | None = None
    names: tuple[str, ...] = ()
    authority: Pair | None = field(default=None, repr=False)
    managed: bool = True


@dataclass(frozen=True)
class Reply:
    """An answer of the API server: HTTP status and JSON document."""

    status: int
    document: Any

    @property
    def ok(self) -> bool:
        return self.status < 300


class Api(Protocol):
    """A client of the API server with all rights. path: `/api/v1/nodes`; query values are text.

    Raises OSError when the server does not answer.
    """

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = "application/json",
    ) -> Reply: ...


class Plane(Api, Protocol):
    """A control plane. `ready` turns true once it serves, and starting it never blocks.

    server: `https://127.0.0.1:PORT`. authority: PEM of what signs the server's and the clients' certificates.
    """

    face: Face

    @property
    def ready(self) -> bool: ...

    @property
    def server(self) -> str: ...

    @property
    def authority(self) -> str: ...

    def issue(self, user: str, *, groups: Sequence[str], seconds: float) -> Pair:
        """A client certificate, valid for so many wall seconds from now."""
        ...

    def sign(self, request: str, *, seconds: float) -> str:
        """The certificate for a client's signing request, both PEM. Raises ValueError for one that is none."""
        ...

    def tick(self) -> None:
        """Brings what moves by itself (controllers, kubelets) to the present. Called often, from one thread at a time."""
        ...

    def close(self) -> None:
        """Stops serving; the state stays in the folder."""
        ...


@runtime_checkable
class Refusing(Protocol):
    """A plane that can be told which users it does not know any more."""

    def refuse(self, names: Iterable[str]) -> None:
        """From now on requests of these common names, and no others, are answered with 401."""
        ...


@runtime_checkable
class Renewable(Protocol):
    """A plane that can tell another version while it goes on serving."""

    def renew(self, version: str) -> None:
        """From now on GET /version tells this one."""
        ...
