"""One cluster's API: discovery, lists, server-side apply and deletion of plain dicts, each counted, timed and repeated where
that does no harm. All that is sent may be sent twice: an apply says the whole intent, a deletion names the uid."""

from __future__ import annotations

import json
import random
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from acsctl.errors import AccessError, CloudError
from acsctl.kube import failures
from acsctl.kube.connect import Access, access
from acsctl.kube.failures import Refusal
from acsctl.kube.manifest import ADDRESS, PART_OF, STACK, Manifest, group_of, key_of, revealed
from acsctl.kube.memory import Memory
from acsctl.kube.retry import Retry, backoff_after, class_of

if TYPE_CHECKING:
    from kubernetes.dynamic import DynamicClient

MANAGER = "acsctl"
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
PAGE = 500
TIMEOUTS = (10.0, 45.0)  # wall seconds: to connect, to be answered


@dataclass(frozen=True)
class Conduct:
    """How the door behaves: `pause` waits so many cloud seconds, for a request and a code, and raises when the run is stopped;
    `before` is told of each request, with its name and whether it writes, and raises where nothing may be sent any more.
    `cluster` is whose it is. `renew` gets a new kubeconfig where the old one has come to its end."""

    pause: Callable[[float, str, str], None]
    before: Callable[[str, bool], None]
    cluster: str = ""
    renew: Callable[[], str] | None = None


@dataclass(frozen=True)
class Sort:
    """A kind as the server has it."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool

    def path(self, *, namespace: str = "", name: str = "") -> str:
        """The path of an object, or without a name of the list."""
        root = f"/apis/{self.api_version}" if "/" in self.api_version else f"/api/{self.api_version}"
        within = f"/namespaces/{namespace}" if self.namespaced and namespace else ""
        return f"{root}{within}/{self.plural}" + (f"/{name}" if name else "")


@dataclass(frozen=True)
class Written:
    """What an apply gave back: the object, and whether it was not there before."""

    object: dict[str, Any]
    created: bool


@dataclass(frozen=True)
class _Request:
    method: str
    path: str
    name: str
    query: tuple[tuple[str, str], ...] = ()
    body: Any = None
    writes: bool = False
    type: str = ""


class Kube:
    """The API of one cluster. Thread-safe."""

    def __init__(self, found: Access, conduct: Conduct) -> None:
        self.host = urlsplit(found.server).netloc
        self._client = _client(found)
        self._answered = False
        self._conduct = conduct
        self._place = f"{self.host} (cluster {conduct.cluster})" if conduct.cluster else self.host
        self._lock = threading.Lock()
        self._sorts: dict[str, dict[str, Sort]] = {}
        self._asking: dict[str, threading.Lock] = {}
        self.memory = Memory(MANAGER)
        self._uid = ""

    def identity(self) -> str:
        """The uid of the namespace kube-system, which no two clusters share. Asked once."""
        if not self._uid:
            self._uid = self._ask_identity()
        return self._uid

    def confirm(self, uid: str) -> None:
        """Before the first write: that this is still the cluster `uid`. Raises AccessError."""
        if uid and self._ask_identity() != uid:
            raise AccessError(
                f"the server at {self.host} is another cluster than the one that was planned for",
                remedy="Run the command again; nothing was written.",
            )

    def _ask_identity(self) -> str:
        found = self.get("v1", "Namespace", name="kube-system")
        return str(((found or {}).get("metadata") or {}).get("uid") or "")

    def sort(self, api_version: str, kind: str) -> Sort | None:
        """The kind as the server knows it; None where it does not."""
        with self._lock:
            asking = self._asking.setdefault(api_version, threading.Lock())
        with asking:  # who comes while somebody asks takes the answer
            sorts = self._sorts.get(api_version)
            if sorts is None:
                sorts = self._discover(api_version)
                if sorts:
                    with self._lock:
                        self._sorts[api_version] = sorts
        return sorts.get(kind)

    def forget(self) -> None:
        """Discover anew: kinds have come."""
        with self._lock:
            self._sorts.clear()

    def _discover(self, api_version: str) -> dict[str, Sort]:
        path = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        try:
            answer = self._send(_Request("GET", path, f"discover {api_version}"))[1]
        except CloudError as error:
            if error.status == 404:
                return {}
            raise
        rows: list[Mapping[str, Any]] = answer.get("resources") or []
        return {
            row["kind"]: Sort(api_version, row["kind"], row["name"], bool(row["namespaced"]))
            for row in rows
            if "/" not in row["name"]
        }

    def served(self, api_version: str, kind: str) -> str:
        """The version under which a kind is served: this one, or another where an upgrade has taken it away; empty for none."""
        if self.sort(api_version, kind) is not None:
            return api_version
        return next((other for other in self._versions(group_of(api_version)) if self.sort(other, kind) is not None), "")

    def _versions(self, group: str) -> list[str]:
        """The versions of a group, as far as they can be asked for."""
        try:
            answer = self._send(_Request("GET", f"/apis/{group}" if group else "/api", f"discover {group or 'v1'}"))[1]
        except CloudError:
            return []
        return [row["groupVersion"] if isinstance(row, Mapping) else str(row) for row in answer.get("versions") or ()]

    def get(self, api_version: str, kind: str, *, name: str, namespace: str = "") -> dict[str, Any] | None:
        """An object, or None where there is none, or no such kind."""
        sort = self.sort(api_version, kind)
        if sort is None:
            return None
        try:
            return self._send(_Request("GET", sort.path(namespace=namespace, name=name), f"get {kind} {name}"))[1]
        except CloudError as error:
            if error.status == 404:
                return None
            raise

    def list(self, api_version: str, kind: str, *, selector: str = "", namespace: str = "") -> list[dict[str, Any]]:
        """The objects of a kind in all namespaces, or in one, by label; none where there is no such kind."""
        sort = self.sort(api_version, kind)
        if sort is None:
            return []
        found: list[dict[str, Any]] = []
        following = ""
        while True:
            query = (("limit", str(PAGE)), ("labelSelector", selector), ("continue", following))
            try:
                answer = self._send(_Request("GET", sort.path(namespace=namespace), f"list {kind}", query))[1]
            except CloudError as error:
                if error.status == 410 and following:  # the rest of a list is kept for some minutes only
                    found, following = [], ""
                    continue
                if error.status != 404:
                    raise
                self.forget()  # the kind has gone since it was discovered
                return []
            found += [{"apiVersion": api_version, "kind": kind, **item} for item in answer.get("items") or ()]
            following = str((answer.get("metadata") or {}).get("continue") or "")
            if not following:
                return found

    def apply(self, item: Manifest, *, dry_run: bool = False, force: bool = False) -> Written:
        """Server-side apply of the whole intent. Raises Refusal; with code NotFound where kind or namespace is missing."""
        key = key_of(item)
        sort = self.sort(str(item["apiVersion"]), key.kind)
        if sort is None:
            others = self._versions(key.group)  # what is missing is known; these only help
            said = f"the cluster has no {key.kind} in {item['apiVersion']}"
            said += f"; there is {', '.join(others)}" if others else ""
            missing = {"reason": "NotFound", "message": said}
            raise Refusal(missing, action=f"kubernetes.apply {key}", http=404)
        query = (
            ("fieldManager", MANAGER),
            ("force", str(force).lower()),
            ("fieldValidation", "Strict"),
            ("dryRun", "All" if dry_run else ""),
        )
        path = sort.path(namespace=key.namespace, name=key.name)
        body = revealed(item)
        if not sort.namespaced:
            body["metadata"] = {word: value for word, value in body["metadata"].items() if word != "namespace"}
        name = f"{'try' if dry_run else 'apply'} {key}"
        status, answer = self._send(_Request("PATCH", path, name, query, body, writes=not dry_run, type=APPLY))
        self.memory.keep(item, answer)
        return Written(answer, created=status == 201)

    def delete(self, item: Manifest, *, exact: bool = False) -> bool:
        """Delete an object as it was seen, foreground; `exact` also wants it unchanged. False where it is gone already."""
        meta: Mapping[str, Any] = item["metadata"]
        key = key_of(item)
        sort = self.sort(str(item["apiVersion"]), key.kind)
        if sort is None:
            return False
        conditions = {"uid": meta["uid"]} | ({"resourceVersion": meta["resourceVersion"]} if exact else {})
        options = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Foreground", "preconditions": conditions}
        path = sort.path(namespace=key.namespace, name=key.name)
        try:
            self._send(_Request("DELETE", path, f"delete {key}", body=options, writes=True))
        except CloudError as error:
            if error.status == 404:
                return False
            raise
        return True

    def patch(self, api_version: str, kind: str, *, name: str, fields: Mapping[str, Any]) -> None:
        """Merge `fields` into an object without a namespace. Raises Refusal, with code NotFound where it is not there."""
        sort = self.sort(api_version, kind)
        if sort is not None:
            query = (("fieldManager", MANAGER),)
            self._send(_Request("PATCH", sort.path(name=name), f"patch {kind} {name}", query, fields, writes=True, type=MERGE))

    def evict(self, pod: Manifest) -> str:
        """Ask a pod to leave. Returns why it may not (its disruption budget); empty where it goes, or has gone."""
        meta: Mapping[str, Any] = pod["metadata"]
        name, namespace = str(meta["name"]), str(meta["namespace"])
        which = {"name": name, "namespace": namespace}
        only = {"preconditions": {"uid": meta["uid"]}}
        body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": which, "deleteOptions": only}
        path = f"/api/v1/namespaces/{namespace}/pods/{name}/eviction"
        try:
            self._send(_Request("POST", path, f"evict Pod {namespace}/{name}", body=body, writes=True))
        except CloudError as error:
            if class_of(error) is Retry.HELD:  # it may say yes later
                return error.said
            if error.status not in (404, 409):  # gone, or another pod of that name by now
                raise
        return ""

    def unlabel(self, item: Manifest) -> None:
        """Take our labels off an object."""
        key = key_of(item)
        sort = self.sort(str(item["apiVersion"]), key.kind)
        if sort is not None:
            meta = {"uid": item["metadata"]["uid"], "labels": {STACK: None, ADDRESS: None, PART_OF: None}}
            path = sort.path(namespace=key.namespace, name=key.name)
            query = (("fieldManager", MANAGER),)
            self._send(_Request("PATCH", path, f"unlabel {key}", query, {"metadata": meta}, writes=True, type=MERGE))

    def _send(self, request: _Request) -> tuple[int, dict[str, Any]]:
        spent, attempt, renewed = 0.0, 1, False
        while True:
            self._conduct.before(request.name, request.writes)
            used = self._client
            try:
                return self._once(request)
            except CloudError as error:
                if class_of(error) is Retry.EXPIRED and not renewed and self._renew(used):
                    renewed = True
                    continue
                delay = self._delay(request, error, attempt=attempt, spent=spent)
                if delay is None:
                    raise
                self._conduct.pause(delay, request.name, error.code)
                spent, attempt = spent + delay, attempt + 1

    def _delay(self, request: _Request, error: CloudError, *, attempt: int, spent: float) -> float | None:
        """Cloud seconds to wait before the request is repeated, or None when it is not."""
        backoff = backoff_after(error, conditional=request.method == "DELETE", known=self._answered)
        if backoff is None:
            return None
        asked = error.retry_after if isinstance(error, Refusal) else 0.0
        delay = max(asked, backoff.delay(attempt) * random.uniform(0.5, 1.0))
        return delay if spent + delay <= backoff.budget else None

    def _renew(self, used: DynamicClient) -> bool:
        """Whether there is other access than was `used`: got once, for all threads that were refused."""
        with self._lock:
            if self._client is used and self._conduct.renew is not None:
                self._client = _client(access(self._conduct.renew()))
            return self._client is not used

    def _once(self, request: _Request) -> tuple[int, dict[str, Any]]:
        from kubernetes.client.exceptions import ApiException
        from urllib3.exceptions import HTTPError

        rest: dict[str, Any] = {"content_type": request.type} if request.type else {}
        action = f"kubernetes.{request.name}"
        try:
            answer = self._client.request(
                request.method,
                request.path,
                body=request.body,
                query_params=[pair for pair in request.query if pair[1]],
                _request_timeout=TIMEOUTS,
                serialize=False,
                **rest,
            )
            body = json.loads(answer.data)
            if not isinstance(body, dict):
                raise ValueError(f"{request.name} was answered with something else than an object")
            self._answered = True
            return answer.status, body
        except ApiException as error:
            if not error.status:
                raise failures.without_status(str(error.reason), host=self._place, action=action) from error
            asked = _seconds((error.headers or {}).get("Retry-After"))
            raise failures.refusal(error.status, error.body, action=action, retry_after=asked) from error
        except (HTTPError, OSError, ssl.SSLError, ValueError) as error:
            raise failures.broken(error, host=self._place, action=action) from error


def _client(found: Access) -> DynamicClient:
    from acsctl import __version__
    from acsctl.kube import connect

    return connect.client(found, user_agent=f"acsctl/{__version__}")


def _seconds(text: str | None) -> float:
    """Of a Retry-After header; one that names a date is as good as none."""
    return float(text) if text and text.isdecimal() else 0.0


def connect(kubeconfig: str, conduct: Conduct) -> Kube:
    """A connection to the cluster of a kubeconfig; nothing is sent yet. Raises AcsctlError where it is not usable."""
    return Kube(access(kubeconfig), conduct)
