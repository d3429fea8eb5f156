"""A client of the API server for those that work beside it: controllers, scheduler, kubelets, the cloud's own parts.

Objects are plain JSON. What is listed is kept until `forget`, or until a write of the same resource, so that one round of work
sees one state.
"""

import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Literal

from acsctl.emulator.kubernetes.plane import Api, Reply

LOG = logging.getLogger(__name__)
Object = dict[str, Any]
Policy = Literal["Background", "Foreground", "Orphan"]


@dataclass(frozen=True)
class Resource:
    """A resource of the API: `Resource("apps/v1", "deployments", "Deployment")`."""

    api_version: str
    plural: str
    kind: str
    namespaced: bool = True

    def path(self, *, namespace: str = "", name: str = "", subresource: str = "") -> str:
        """Of the collection of all namespaces, of one namespace, of an object, or of a part of it."""
        parts = ["/apis" if "/" in self.api_version else "/api", self.api_version]
        if self.namespaced and namespace:
            parts += ["namespaces", namespace]
        return "/".join([*parts, self.plural, *filter(None, (name, subresource))])


NAMESPACES = Resource("v1", "namespaces", "Namespace", namespaced=False)
NODES = Resource("v1", "nodes", "Node", namespaced=False)
PODS = Resource("v1", "pods", "Pod")
SERVICES = Resource("v1", "services", "Service")
ENDPOINTS = Resource("v1", "endpoints", "Endpoints")
EVENTS = Resource("v1", "events", "Event")
CONFIG_MAPS = Resource("v1", "configmaps", "ConfigMap")
SECRETS = Resource("v1", "secrets", "Secret")
SERVICE_ACCOUNTS = Resource("v1", "serviceaccounts", "ServiceAccount")
CLAIMS = Resource("v1", "persistentvolumeclaims", "PersistentVolumeClaim")
VOLUMES = Resource("v1", "persistentvolumes", "PersistentVolume", namespaced=False)
DEPLOYMENTS = Resource("apps/v1", "deployments", "Deployment")
REPLICA_SETS = Resource("apps/v1", "replicasets", "ReplicaSet")
STATEFUL_SETS = Resource("apps/v1", "statefulsets", "StatefulSet")
DAEMON_SETS = Resource("apps/v1", "daemonsets", "DaemonSet")
REVISIONS = Resource("apps/v1", "controllerrevisions", "ControllerRevision")
JOBS = Resource("batch/v1", "jobs", "Job")
CRON_JOBS = Resource("batch/v1", "cronjobs", "CronJob")
SLICES = Resource("discovery.k8s.io/v1", "endpointslices", "EndpointSlice")
AUTOSCALERS = Resource("autoscaling/v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler")
BUDGETS = Resource("policy/v1", "poddisruptionbudgets", "PodDisruptionBudget")
STORAGE_CLASSES = Resource("storage.k8s.io/v1", "storageclasses", "StorageClass", namespaced=False)
LEASES = Resource("coordination.k8s.io/v1", "leases", "Lease")
CUSTOM_RESOURCES = Resource(
    "apiextensions.k8s.io/v1", "customresourcedefinitions", "CustomResourceDefinition", namespaced=False
)

NOT_THERE, CONFLICT = 404, 409
BUSY = (408, 429)


class Refused(Exception):
    """The API server did not take a write, and to look again would not help; the message is the server's."""


@contextmanager
def one_by_one(what: Mapping[str, Any]) -> Iterator[None]:
    """Around the work on one object: what goes wrong with it is logged and does not hold up the others. OSError passes."""
    name = f"{what['kind']} {what['metadata']['name']}"
    try:
        yield
    except Refused as refused:
        LOG.warning("%s: the API server refuses a write: %s", name, refused)
    except OSError:
        raise
    except Exception:  # as the real ones do: a crash over one object is told, and the next one is taken
        LOG.exception("%s: cannot be worked on", name)


def stamp(moment: float) -> str:
    """RFC 3339, whole seconds, as Kubernetes writes times."""
    return datetime.fromtimestamp(moment, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: str) -> float:
    """Unix seconds of such a text, with or without fractions."""
    return datetime.fromisoformat(text).timestamp()


def message(reply: Reply) -> str:
    """What a Status answer says."""
    return str(reply.document.get("message", "")) if isinstance(reply.document, dict) else str(reply.document)


class Lists:
    """What was listed. Of an API server that tells `revision_of(group, plural)`, lists outlive `forget` until they change."""

    def __init__(self, api: Api) -> None:
        self._kept: dict[Resource, tuple[int, list[Object]]] = {}
        self._revision_of: Callable[[str, str], int] | None = getattr(api, "revision_of", None)

    def get(self, resource: Resource, *, fetch: Callable[[Resource], list[Object]]) -> list[Object]:
        if resource not in self._kept:
            revision = self._revision(resource)  # before the list is read: what comes after is seen as new
            self._kept[resource] = revision, fetch(resource)
        return self._kept[resource][1]

    def drop(self, resource: Resource) -> None:
        self._kept.pop(resource, None)

    def forget(self) -> None:
        if self._revision_of is None:
            self._kept.clear()
        self._kept = {one: kept for one, kept in self._kept.items() if kept[0] == self._revision(one)}

    def _revision(self, resource: Resource) -> int:
        return 0 if self._revision_of is None else self._revision_of(resource.api_version.rpartition("/")[0], resource.plural)


class Client:
    """Every method raises OSError when the server does not answer or says that it cannot now.

    manager: the field manager of all writes. speakers: the component that tells events of a kind, by kind; the manager when
    absent. stale: a write met a newer object, so look again. lists: shared with another client.
    """

    def __init__(
        self,
        api: Api,
        *,
        manager: str,
        now: Callable[[], float],
        speakers: Mapping[str, str] = MappingProxyType({}),
        lists: "Lists | None" = None,
    ) -> None:
        self._api = api
        self._manager = manager
        self._speakers = speakers
        self._now = now
        self._lists = Lists(api) if lists is None else lists
        self.stale = False

    @property
    def now(self) -> float:
        return self._now()

    @property
    def stamp(self) -> str:
        return stamp(self._now())

    def forget(self) -> None:
        self._lists.forget()
        self.stale = False

    def listed(self, resource: Resource, *, namespace: str = "") -> list[Object]:
        """All of the cluster, or of a namespace; not for changing in place. Nothing when the server does not know it."""
        found = self._lists.get(resource, fetch=self._fetched)
        return [one for one in found if one["metadata"]["namespace"] == namespace] if namespace else found

    def get(self, resource: Resource, *, namespace: str = "", name: str) -> Object | None:
        """Read now, not from what was listed."""
        reply = self._api.request("GET", resource.path(namespace=namespace, name=name))
        if reply.status == NOT_THERE:
            return None
        return self._taken(reply)

    def read(self, path: str) -> Any:
        """Any document, of discovery for instance; None when it is not there."""
        reply = self._api.request("GET", path)
        return reply.document if reply.ok else None

    def create(self, resource: Resource, obj: Mapping[str, Any]) -> Reply:
        """The answer as it came: who creates wants to tell why it was refused."""
        body = {"apiVersion": resource.api_version, "kind": resource.kind, **obj}
        return self._write("POST", resource.path(namespace=_namespace(obj)), body=body, resource=resource)

    def update(self, resource: Resource, obj: Mapping[str, Any], *, subresource: str = "") -> bool:
        """Replaces an object that was read before. False when it has changed since, or is gone. Raises Refused."""
        path = resource.path(namespace=_namespace(obj), name=obj["metadata"]["name"], subresource=subresource)
        return self._done(self._write("PUT", path, body=obj, resource=resource))

    def set_status(self, resource: Resource, obj: Mapping[str, Any], *, status: Mapping[str, Any]) -> bool:
        """Writes the status unless it is this already. False and Refused as `update`."""
        if obj.get("status") == status:
            return True
        return self.update(resource, {**obj, "status": dict(status)}, subresource="status")

    def post(self, resource: Resource, obj: Mapping[str, Any], *, subresource: str, body: Mapping[str, Any]) -> bool:
        """Of `binding` and `eviction`. False and Refused as `update`."""
        path = resource.path(namespace=_namespace(obj), name=obj["metadata"]["name"], subresource=subresource)
        return self._done(self._write("POST", path, body=body, resource=resource))

    def delete(
        self, resource: Resource, obj: Mapping[str, Any], *, policy: Policy = "Background", grace: int | None = None
    ) -> bool:
        """This object, no later one of the same name. False and Refused as `update`."""
        body: Object = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": policy}
        body["preconditions"] = {"uid": obj["metadata"]["uid"]}
        if grace is not None:
            body["gracePeriodSeconds"] = grace
        path = resource.path(namespace=_namespace(obj), name=obj["metadata"]["name"])
        return self._done(self._write("DELETE", path, body=body, resource=resource))

    def event(self, obj: Mapping[str, Any], *, reason: str, note: str, warning: bool = False, field: str = "") -> None:
        """Tells of an object in `kubectl describe`; the same thing again is counted. Best effort, as in the real ones."""
        about = _reference(obj, field=field)
        speaker = self._speakers.get(obj["kind"], self._manager)
        key = hashlib.sha256("\n".join([about.get("uid", ""), reason, note, field]).encode()).hexdigest()[:16]
        name, namespace = f"{about['name'][:230]}.{key}", about.get("namespace", "default")
        made = {
            "metadata": {"name": name, "namespace": namespace},
            "involvedObject": about,
            "reason": reason,
            "message": note[:1024],
            "type": "Warning" if warning else "Normal",
            "source": {"component": speaker, **_host(obj)},
            "reportingComponent": speaker,
            "reportingInstance": "",
            "firstTimestamp": self.stamp,
            "lastTimestamp": self.stamp,
            "count": 1,
        }
        if self.create(EVENTS, made).status != CONFLICT:
            return
        again = self.get(EVENTS, namespace=namespace, name=name)
        if again is not None:
            again |= {"count": again.get("count", 1) + 1, "lastTimestamp": self.stamp}
            self._write("PUT", EVENTS.path(namespace=namespace, name=name), body=again, resource=EVENTS)

    def _fetched(self, resource: Resource) -> list[Object]:
        reply = self._api.request("GET", resource.path())
        if reply.status == NOT_THERE:
            return []
        items = self._taken(reply).get("items") or []
        return [{**one, "apiVersion": resource.api_version, "kind": resource.kind} for one in items]

    def _write(self, method: str, path: str, *, body: Mapping[str, Any], resource: Resource) -> Reply:
        self._lists.drop(resource)
        query = {} if method == "DELETE" else {"fieldManager": self._manager}
        return self._api.request(method, path, query=query, body=body)

    def _done(self, reply: Reply) -> bool:
        if reply.status in (NOT_THERE, CONFLICT):
            self.stale = True
            return False
        self._taken(reply)
        return True

    @staticmethod
    def _taken(reply: Reply) -> Object:
        if reply.status in BUSY or reply.status >= 500:
            raise OSError(f"the API server cannot answer now: {message(reply)}")
        if not reply.ok:
            raise Refused(message(reply))
        return dict(reply.document)


def _namespace(obj: Mapping[str, Any]) -> str:
    return str(obj["metadata"].get("namespace", ""))


def _host(obj: Mapping[str, Any]) -> Object:
    node = obj.get("spec", {}).get("nodeName")
    return {"host": node} if node else {}


def _reference(obj: Mapping[str, Any], *, field: str) -> Object:
    names = ("namespace", "name", "uid", "resourceVersion")
    about = {name: obj["metadata"][name] for name in names if name in obj["metadata"]}
    about |= {"apiVersion": obj["apiVersion"], "kind": obj["kind"]}
    return {**about, "fieldPath": field} if field else about
