"""One real control plane: its processes, its certificates, and the thread that looks after both them and the kubelets."""

import logging
import shutil
import ssl
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread
from typing import Any

from acsctl.emulator.kubernetes import ports
from acsctl.emulator.kubernetes.door import Guard
from acsctl.emulator.kubernetes.kubelet import Kubelets
from acsctl.emulator.kubernetes.pki import LIFETIME, Authority, write_private
from acsctl.emulator.kubernetes.plane import Face, Pair, Reply
from acsctl.emulator.kubernetes.planes import Surroundings
from acsctl.emulator.kubernetes.real import flags
from acsctl.emulator.kubernetes.real.assets import binaries
from acsctl.emulator.kubernetes.real.child import Child, end_leftovers
from acsctl.emulator.kubernetes.real.flags import Ground
from acsctl.emulator.kubernetes.real.front import Behind, Front
from acsctl.emulator.kubernetes.real.https import HttpsApi
from acsctl.emulator.kubernetes.trouble import Trouble

LOG = logging.getLogger(__name__)
START = 120.0  # wall seconds after which a start has failed; 5 is usual
PAUSE = 0.1  # wall seconds between two looks while it starts
ROUND = 0.05  # at least so many wall seconds from one round of the kubelets to the next
CHECK = 1.0  # wall seconds between two looks at the processes when nothing is due
SLOWEST, FASTEST = 1.0, 50.0  # what the kubelets follow of the cloud's speed
PATIENCE = 3.0  # wall seconds for a process to end by itself


def start(face: Face, around: Surroundings) -> "RealPlane":
    """Starts the processes of one cluster and returns at once; `ready` tells when it serves.

    Raises FileNotFoundError when the binaries are not there, OSError when the port is taken, TimeoutError when what an
    earlier run left behind cannot be ended.
    """
    programs = binaries(face.version)
    folder = Path(tempfile.mkdtemp(prefix="acsctl-cluster-")) if face.folder is None else face.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    end_leftovers(folder, patience=PATIENCE)
    outer = replace(face, port=_port(face))
    ground = Ground(programs, folder, replace(face, port=ports.free(face.host, but=outer.port)))
    return RealPlane(ground, face=outer, around=around)


class RealPlane:
    """See `Plane`. Its programs live in wall time, so that every time in the API is the wall's, the kubelets' too.

    How long the kubelets take for a thing follows the speed of the cloud's time at the start. face: with the port that clients
    use, where a front stands before the kube-apiserver. Raises OSError when that is taken.
    """

    def __init__(self, ground: Ground, *, face: Face, around: Surroundings) -> None:
        self.face = face
        self._ground, self._around = ground, around
        self._authority = Authority(ground.folder, given=face.authority)
        flags.write_files(ground, authority=self._authority)
        self._api = HttpsApi(face.host, ground.face.port, context=self._context())
        behind = Behind(face.host, ground.face.port, authority=self._authority, folder=ground.folder)
        tls = self._authority.server_context(flags.server_names(face))
        guard = Guard(tls, Trouble(around.faults, cluster=face.id))
        self._front = Front((face.host, face.port), guard=guard, behind=behind)
        self._ready, self._due, self._closing = Event(), Event(), Event()
        self._failure = ""
        self._began = (time.monotonic(), around.now())
        self._thread = Thread(target=self._live, name=f"control plane {self.face.id}", daemon=True)
        self._thread.start()

    @property
    def ready(self) -> bool:
        return self._ready.is_set()

    @property
    def failure(self) -> str:
        """Why it does not serve and never will; empty while there is hope."""
        return self._failure

    @property
    def folder(self) -> Path:
        """Where the state, the keys and the logs are."""
        return self._ground.folder

    @property
    def server(self) -> str:
        return f"https://{self.face.host}:{self.face.port}"

    @property
    def authority(self) -> str:
        return self._authority.pem

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
        if self._failure:
            raise ConnectionError(self._failure)
        return self._api.request(method, path, query=query, body=body, content_type=content_type)

    def tick(self) -> None:
        """Lets the kubelets do a round in the thread of the plane; they wait for HTTPS, the caller does not."""
        self._due.set()

    def close(self) -> None:
        self._closing.set()
        self._due.set()
        self._thread.join()
        self._api.close()
        if self.face.folder is None:
            shutil.rmtree(self._ground.folder, ignore_errors=True)

    def _context(self) -> ssl.SSLContext:
        pair = self.issue("acsctl-local", groups=["system:masters"], seconds=LIFETIME.total_seconds())
        file = self._ground.folder / "admin.pem"
        write_private(file, text=pair.certificate + pair.key)
        context = ssl.create_default_context(cadata=self.authority)
        context.load_cert_chain(file)
        return context

    def _live(self) -> None:
        # Children end with the thread that started them (launch.py), so this one starts them and stays until they are ended.
        children: list[Child] = []
        try:
            self._start(children)
            if not self._closing.is_set():
                self._front.start()
                self._ready.set()
                self._run(children)
        except Exception as failure:
            self._failure = f"cluster {self.face.id}: {failure!r}"
            LOG.exception("cluster %s", self.face.id)
        finally:
            self._ready.clear()
            self._front.close()
            for child in reversed(children):
                child.end(PATIENCE)

    def _start(self, children: list[Child]) -> None:
        for command in (flags.etcd, flags.api_server):
            children.append(Child(command(self._ground), folder=self._ground.folder))
        self._until(lambda: self._answers("/readyz"), children=children)
        for command in (flags.controller_manager, flags.scheduler):
            children.append(Child(command(self._ground), folder=self._ground.folder))
        # The mark of a controller manager at work, and what every pod needs.
        self._until(lambda: self._answers("/api/v1/namespaces/default/serviceaccounts/default"), children=children)

    def _run(self, children: Sequence[Child]) -> None:
        kubelets = Kubelets(self._api, now=time.time, images=self._around.images, pace=1 / self._speed())
        while not self._closing.is_set():
            if self._due.wait(CHECK):
                self._due.clear()
                self._round(kubelets)
            _check(children)
            self._closing.wait(ROUND)

    def _round(self, kubelets: Kubelets) -> None:
        if self._around.real_nodes:
            return
        try:
            kubelets.tick()
        except OSError as failure:  # the server is busy or ending: the next round begins with what is there then
            LOG.warning("kubelets of cluster %s: %s", self.face.id, failure)

    def _until(self, done: Callable[[], bool], *, children: Sequence[Child]) -> None:
        """Raises OSError when a child ended or the time is over. Returns early when the plane is closed."""
        deadline = time.monotonic() + START
        while not self._closing.is_set() and not done():
            _check(children)
            if time.monotonic() > deadline:
                raise TimeoutError(f"not ready within {START:.0f} s; see {self._ground.folder / 'logs'}")
            self._closing.wait(PAUSE)

    def _speed(self) -> float:
        wall, cloud = self._began
        speed = (self._around.now() - cloud) / (time.monotonic() - wall)
        return min(max(speed, SLOWEST), FASTEST)

    def _answers(self, path: str) -> bool:
        try:
            return self._api.request("GET", path).ok
        except OSError:
            return False


def _check(children: Sequence[Child]) -> None:
    """Raises ChildProcessError for one that has ended."""
    for child in children:
        if child.code is not None:
            raise ChildProcessError(f"{child.name} ended with {child.code}; {child.log} ends: {child.last_words()}")


def _port(face: Face) -> int:
    """Raises OSError when it is taken."""
    if face.port:
        ports.check(face.host, face.port)
    return face.port or ports.free(face.host)
