"""One built-in control plane: the storage, its HTTPS server, the controllers and kubelets that move it."""

import pickle
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from ipaddress import IPv4Network
from typing import Any
from urllib.parse import urlsplit

from acsctl.emulator.kubernetes import ports
from acsctl.emulator.kubernetes.builtin import bootstrap, definitions, quotas, router
from acsctl.emulator.kubernetes.builtin.call import Control
from acsctl.emulator.kubernetes.builtin.controllers import Controllers
from acsctl.emulator.kubernetes.builtin.https import PlaneListener
from acsctl.emulator.kubernetes.builtin.registry import Registry
from acsctl.emulator.kubernetes.builtin.request import LOCAL, Answer, Request
from acsctl.emulator.kubernetes.builtin.status import unauthorized
from acsctl.emulator.kubernetes.builtin.storage import Change, Storage
from acsctl.emulator.kubernetes.door import Guard
from acsctl.emulator.kubernetes.kubelet import Kubelets
from acsctl.emulator.kubernetes.pki import Authority
from acsctl.emulator.kubernetes.plane import Face, Pair, Reply
from acsctl.emulator.kubernetes.planes import Surroundings
from acsctl.emulator.kubernetes.trouble import Trouble

_NAMES = ("kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local", "localhost")


class BuiltinPlane:
    """A `Plane`. Serves as soon as it is made. Raises OSError when its port is taken."""

    def __init__(self, face: Face, *, around: Surroundings) -> None:
        self._storage = Storage(face.folder)
        self._changes: dict[tuple[str, str], int] = {}
        self._counted = -1
        self._refused: frozenset[str] = frozenset()
        try:
            self._authority = Authority(face.folder, given=face.authority)
            tls = self._authority.server_context(_server_names(face))
            guard = Guard(tls, Trouble(around.faults, cluster=face.id))
            self._listener = PlaneListener((face.host, face.port or ports.free(face.host)), guard=guard, respond=self._respond)
        except (OSError, ValueError):
            self._storage.close()
            raise
        self.face = replace(face, port=self._listener.port)
        self._control = Control(self.face, self._storage, Registry(), around.now)
        definitions.refresh(self._control)
        bootstrap.populate(self._control)
        self._controllers = Controllers(self, now=around.now, face=self.face, authority=self.authority)
        self._kubelets = Kubelets(self, now=around.now, images=around.images)
        self._storage.listeners.append(self._notify)
        self._listener.start()

    @property
    def ready(self) -> bool:
        return not self._storage.closed

    @property
    def server(self) -> str:
        return f"https://{self.face.host}:{self.face.port}"

    @property
    def authority(self) -> str:
        return self._authority.pem

    @property
    def revision(self) -> int:
        """Of the storage: as long as it stands still, nothing has changed."""
        return self._storage.revision

    def revision_of(self, group: str, plural: str) -> int:
        """Of the last change of a resource since this process began, 0 for none: what was listed of it is good until then."""
        return self._changes.get((group, plural), 0)

    def issue(self, user: str, *, groups: Sequence[str], seconds: float) -> Pair:
        return self._authority.issue_client(user, groups=groups, seconds=seconds)

    def sign(self, request: str, *, seconds: float) -> str:
        return self._authority.sign_request(request, seconds=seconds)

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = "application/json",
    ) -> Reply:
        """The way of HTTP without the wire. Watches are for the wire only: Raises ValueError."""
        if not self.ready:
            raise OSError("the control plane is closed")
        target = urlsplit(path)
        headers = {"content-type": content_type, "accept": "application/json", "user-agent": "acsctl-local-cloud"}
        answer = self._respond(Request(method, target.path, dict(query or {}), headers, LOCAL, document=body))
        if answer.stream is not None:
            raise ValueError("a watch has no single reply")
        # The caller may change what it gets; what is stored stays as it is. Pickled copies are the fastest there are.
        return Reply(answer.status, pickle.loads(pickle.dumps(answer.document)))

    def tick(self) -> None:
        if self.revision != self._counted:
            quotas.refresh(self._control)
            self._counted = self.revision
        self._controllers.tick()
        self._kubelets.tick()

    def close(self) -> None:
        self._storage.close()  # first: it ends the watches
        self._listener.close()

    def refuse(self, names: Iterable[str]) -> None:
        """See `Refusing`."""
        self._refused = frozenset(names)

    def renew(self, version: str) -> None:
        """See `Renewable`."""
        self.face = replace(self.face, version=version)
        self._control = replace(self._control, face=self.face)

    def _respond(self, request: Request) -> Answer:
        if request.user.name in self._refused:
            error = unauthorized()
            return Answer(error.code, error.document)
        return router.respond(self._control, request)

    def _notify(self, change: Change) -> None:
        self._changes[change.key.kind] = change.revision
        self._controllers.notify()


def _server_names(face: Face) -> list[str]:
    service = str(IPv4Network(face.service_cidr).network_address + 1)
    return list(dict.fromkeys([face.host, "127.0.0.1", service, *_NAMES, *face.names]))
