"""A tiny API server in memory: just what controllers and kubelets lean on. No validation, no defaults."""

import copy
import itertools
import json
import re
from typing import Any

from acsctl.emulator.kubernetes import client as c
from acsctl.emulator.kubernetes.client import Resource, stamp
from acsctl.emulator.kubernetes.plane import Reply

RESOURCES = {(one.api_version, one.plural): one for one in vars(c).values() if isinstance(one, Resource)}
PATH = re.compile(
    r"^/(?:api|apis)/(?P<version>v1|[^/]+/[^/]+)(?:/namespaces/(?P<namespace>[^/]+)(?=/(?!(?:status|finalize)$)))?/(?P<rest>.+)$"
)


class Clock:
    def __init__(self) -> None:
        self.time = 1_800_000_000.0

    def __call__(self) -> float:
        return self.time


class FakeApi:
    """`objects` by (resource, namespace, name); `writes` counts what changed anything."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.revision = 1
        self.objects: dict[tuple[Resource, str, str], dict[str, Any]] = {}
        self.requests: list[tuple[str, str]] = []
        self._names = itertools.count(1)

    # what tests use

    def make(self, resource: Resource, name: str, *, namespace: str = "default", **fields: Any) -> dict[str, Any]:
        meta = {"name": name, **({"namespace": namespace} if resource.namespaced else {}), **fields.pop("metadata", {})}
        return self._create(resource, {"metadata": meta, **copy.deepcopy(fields)}, namespace)

    def one(self, resource: Resource, name: str, namespace: str = "default") -> dict[str, Any]:
        return self.objects[resource, namespace if resource.namespaced else "", name]

    def all(self, resource: Resource, **labels: str) -> list[dict[str, Any]]:
        found = [obj for key, obj in self.objects.items() if key[0] == resource]
        return [obj for obj in found if labels.items() <= (obj["metadata"].get("labels") or {}).items()]

    def change(self, obj: dict[str, Any], **fields: Any) -> None:
        """Changes a stored object as a user's write would."""
        obj.update(copy.deepcopy(fields))
        if "spec" in fields:
            obj["metadata"]["generation"] += 1
        self._touch(obj)

    def remove(self, obj: dict[str, Any], *, policy: str = "Background", grace: int | None = None) -> None:
        resource = next(key[0] for key, one in self.objects.items() if one is obj)
        self._delete(resource, obj, {"propagationPolicy": policy, "gracePeriodSeconds": grace})

    # Api

    def request(self, method, path, *, query=None, body=None, content_type="application/json"):
        self.requests.append((method, path))
        if method == "GET" and (path == "/api/v1" or (path.startswith("/apis") and path.count("/") <= 3)):
            return self._discover(path)
        found = PATH.match(path)
        assert found, path
        parts = found["rest"].split("/")
        resource = RESOURCES.get((found["version"], parts[0]))
        if resource is None:
            return Reply(404, {"message": "no such resource"})
        namespace, name, sub = found["namespace"] or "", *(*parts[1:], "", "")[:2]
        body = json.loads(json.dumps(body))
        if method == "GET":
            return self._get(resource, namespace, name)
        if method == "POST" and not name:
            if (resource, namespace if resource.namespaced else "", body["metadata"].get("name")) in self.objects:
                return Reply(409, {"message": "already exists"})
            return Reply(201, copy.deepcopy(self._create(resource, body, namespace)))
        obj = self.objects.get((resource, namespace if resource.namespaced else "", name))
        if obj is None:
            return Reply(404, {"message": f'{resource.plural} "{name}" not found'})
        if method == "DELETE":
            uid = (body or {}).get("preconditions", {}).get("uid")
            if uid and uid != obj["metadata"]["uid"]:
                return Reply(409, {"message": "uid"})
            self._delete(resource, obj, body or {})
            return Reply(200, copy.deepcopy(obj))
        return self._update(resource, obj, body, sub)

    def _get(self, resource: Resource, namespace: str, name: str) -> Reply:
        if name:
            obj = self.objects.get((resource, namespace, name))
            return Reply(200, copy.deepcopy(obj)) if obj else Reply(404, {"message": "not found"})
        items = [obj for key, obj in self.objects.items() if key[0] == resource and namespace in ("", key[1])]
        return Reply(200, {"metadata": {"resourceVersion": str(self.revision)}, "items": copy.deepcopy(items)})

    def _discover(self, path: str) -> Reply:
        if path == "/apis":
            versions = sorted({version for version, _ in RESOURCES if "/" in version})
            return Reply(200, {"groups": [{"preferredVersion": {"groupVersion": one}} for one in versions]})
        version = path.removeprefix("/apis/").removeprefix("/api/")
        rows = [
            {"name": one.plural, "kind": one.kind, "namespaced": one.namespaced, "verbs": ["list", "delete", "update"]}
            for one in RESOURCES.values()
            if one.api_version == version
        ]
        return Reply(200, {"resources": rows})

    def _create(self, resource: Resource, body: dict[str, Any], namespace: str) -> dict[str, Any]:
        body = copy.deepcopy(body)
        meta = body["metadata"]
        if "name" not in meta:
            meta["name"] = f"{meta['generateName']}{next(self._names):05d}"
        key = (resource, namespace if resource.namespaced else "", meta["name"])
        if key in self.objects:
            raise AssertionError(f"{key} is there")
        body |= {"apiVersion": resource.api_version, "kind": resource.kind}
        meta |= {"uid": f"uid-{next(self._names)}", "generation": 1, "creationTimestamp": stamp(self.clock())}
        self.objects[key] = body
        self._touch(body)
        return body

    def _update(self, resource: Resource, obj: dict[str, Any], body: dict[str, Any], sub: str) -> Reply:
        if sub == "binding":
            obj["spec"]["nodeName"] = body["target"]["name"]
            self._touch(obj)
            return Reply(201, {"status": "Success"})
        if body["metadata"].get("resourceVersion", obj["metadata"]["resourceVersion"]) != obj["metadata"]["resourceVersion"]:
            return Reply(409, {"message": "the object has been modified"})
        before = json.dumps(obj)
        if sub == "scale":
            obj["spec"]["replicas"] = body["spec"]["replicas"]
            obj["metadata"]["generation"] += 1
        elif sub == "status":
            obj["status"] = body["status"]
            obj["metadata"] = {**obj["metadata"], "annotations": body["metadata"].get("annotations") or {}}
        else:
            if body.get("spec") != obj.get("spec"):
                obj["metadata"]["generation"] += 1
            keep = {name: obj["metadata"].get(name) for name in ("uid", "generation", "creationTimestamp", "resourceVersion")}
            status = obj.get("status")
            obj.clear()
            obj.update(body)
            obj["metadata"].update(keep)
            if resource.plural not in ("endpoints", "endpointslices", "events") and status is not None:
                obj["status"] = status
        if json.dumps(obj) != before:
            self._touch(obj)
        self._drop_when_free(resource, obj)
        return Reply(200, copy.deepcopy(obj))

    def _delete(self, resource: Resource, obj: dict[str, Any], options: dict[str, Any]) -> None:
        meta = obj["metadata"]
        finalizer = {"Foreground": "foregroundDeletion", "Orphan": "orphan"}.get(options.get("propagationPolicy"))
        if finalizer:
            meta["finalizers"] = sorted({*(meta.get("finalizers") or ()), finalizer})
        grace = options.get("gracePeriodSeconds")
        if resource is c.PODS:
            grace = obj["spec"].get("terminationGracePeriodSeconds", 30) if grace is None else grace
            if not obj["spec"].get("nodeName"):
                grace = 0
        meta["deletionTimestamp"], meta["deletionGracePeriodSeconds"] = stamp(self.clock() + (grace or 0)), grace or 0
        self._touch(obj)
        self._drop_when_free(resource, obj)

    def _drop_when_free(self, resource: Resource, obj: dict[str, Any]) -> None:
        meta = obj["metadata"]
        held = meta.get("finalizers") or meta.get("deletionGracePeriodSeconds")
        if resource is c.NAMESPACES:
            held = held or obj.get("spec", {}).get("finalizers")
        if meta.get("deletionTimestamp") and not held:
            self.objects = {key: one for key, one in self.objects.items() if one is not obj}
            self.revision += 1

    def _touch(self, obj: dict[str, Any]) -> None:
        self.revision += 1
        obj["metadata"]["resourceVersion"] = str(self.revision)
