"""Objects as a stack wants them: read from documents, checked, brought into one form, and named as people name them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from typing import Any

from acsctl.kube.documents import Document, DocumentError, Mark, read
from acsctl.model.unknown import UNKNOWN, NotKnown, Secret, Unknown

Manifest = Mapping[str, Any]
"""One object as JSON; leaves may be `UNKNOWN` or `Secret`."""

STACK = "acsctl.dev/stack"
ADDRESS = "acsctl.dev/address"
PART_OF = "applyset.kubernetes.io/part-of"
OWN = "acsctl.dev/"
DEFINITION = "CustomResourceDefinition"
LABEL = 63
_NAME = re.compile(r"[a-z0-9A-Z]([-a-z0-9A-Z_.:]*[a-z0-9A-Z])?")
_VERSION = re.compile(r"([a-z0-9.-]+/)?v[0-9][a-z0-9]*")
_KIND = re.compile(r"[A-Z][A-Za-z0-9]*")

CLUSTER_WIDE = frozenset(
    {
        ("", "Namespace"), ("", "Node"), ("", "PersistentVolume"),
        ("rbac.authorization.k8s.io", "ClusterRole"), ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
        ("storage.k8s.io", "StorageClass"), ("storage.k8s.io", "CSIDriver"), ("storage.k8s.io", "CSINode"),
        ("storage.k8s.io", "VolumeAttachment"), ("storage.k8s.io", "VolumeAttributesClass"),
        ("scheduling.k8s.io", "PriorityClass"), ("node.k8s.io", "RuntimeClass"), ("networking.k8s.io", "IngressClass"),
        ("networking.k8s.io", "IPAddress"), ("networking.k8s.io", "ServiceCIDR"),
        ("apiextensions.k8s.io", "CustomResourceDefinition"), ("apiregistration.k8s.io", "APIService"),
        ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"),
        ("admissionregistration.k8s.io", "MutatingAdmissionPolicy"),
        ("admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding"),
        ("certificates.k8s.io", "CertificateSigningRequest"),
        ("flowcontrol.apiserver.k8s.io", "FlowSchema"), ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"),
        ("resource.k8s.io", "DeviceClass"), ("resource.k8s.io", "ResourceSlice"),
        ("gateway.networking.k8s.io", "GatewayClass"),
        ("snapshot.storage.k8s.io", "VolumeSnapshotClass"), ("snapshot.storage.k8s.io", "VolumeSnapshotContent"),
        ("cert-manager.io", "ClusterIssuer"),
    }
)  # fmt: skip
"""Kinds that have no namespace, by group and kind; a CRD of the same workload tells of its own, discovery of all others."""

NO_OBJECTS = frozenset(
    {
        ("", "Binding"), ("authentication.k8s.io", "TokenReview"), ("authentication.k8s.io", "SelfSubjectReview"),
        ("authorization.k8s.io", "SubjectAccessReview"), ("authorization.k8s.io", "SelfSubjectAccessReview"),
        ("authorization.k8s.io", "LocalSubjectAccessReview"), ("authorization.k8s.io", "SelfSubjectRulesReview"),
        ("", "Event"), ("events.k8s.io", "Event"),
    }
)  # fmt: skip
"""What is asked or told and never kept: nothing that a stack could own."""


_OWN_GROUPS = frozenset(
    {"admissionregistration", "apiextensions", "apiregistration", "authentication", "authorization", "certificates"}
    | {"coordination", "discovery", "events", "networking", "node", "rbac.authorization", "scheduling", "storage"}
)
"""Kubernetes' own groups that end in .k8s.io; others do so too, such as gateway.networking.k8s.io."""


@dataclass(frozen=True, order=True)
class Key:
    """What an object is known by. `namespace` is empty where the kind has none."""

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"

    @property
    def group_kind(self) -> str:
        """`Deployment.apps`, `Service`: as the ApplySet specification writes it."""
        return f"{self.kind}.{self.group}" if self.group else self.kind


class ManifestError(ValueError):
    """A document that is no object, or none that may be applied. `line` counts from 1."""

    def __init__(self, message: str, *, hint: str = "", line: int = 0) -> None:
        super().__init__(message)
        self.hint = hint
        self.line = line


def group_of(api_version: str) -> str:
    """The group of an apiVersion; empty for the core."""
    return api_version.rpartition("/")[0]


def is_own(api_version: str) -> bool:
    """Whether a group is one of Kubernetes' own, to which no definition can bring a kind."""
    group = group_of(api_version)
    return "." not in group or group.removesuffix(".k8s.io") in _OWN_GROUPS


def key_of(item: Manifest) -> Key:
    """The key of an object."""
    meta: Mapping[str, Any] = item.get("metadata") or {}
    return Key(group_of(str(item["apiVersion"])), str(item["kind"]), str(meta.get("namespace") or ""), str(meta.get("name")))


Sift = Callable[[Any], Any]
"""What is made of an object before it is checked; None where it is left out."""


def objects(text: str, *, mark: Mark | None = None, sift: Sift | None = None) -> Iterator[tuple[dict[str, Any], Document]]:
    """The objects of a text, each with its document, or with its part of one: Lists are flattened. Raises ManifestError."""
    try:
        documents = read(text, mark=mark)
    except DocumentError as error:
        raise ManifestError(str(error), line=error.line) from error
    for document in documents:
        for path, value in _flat(document.value, path="", document=document):
            item = sift(value) if sift is not None else value
            if item is not None:
                check(item, path=path, document=document)
                yield item, document.part(path, item)


def _flat(value: Any, *, path: str, document: Document) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and str(value.get("kind", "")).endswith("List") and isinstance(value.get("items"), list):
        for index, item in enumerate(value["items"]):
            below = f"{path}.items.{index}".lstrip(".")
            yield from _flat(item, path=below, document=document)
    else:
        yield path, value


def check(value: Any, *, path: str, document: Document) -> None:
    """Raises ManifestError for what is no object, or none that may be applied, Unknown where that is known after apply."""

    def wrong(message: str, *, at: str = "", hint: str = "") -> ManifestError:
        return ManifestError(message, hint=hint, line=document.at(f"{path}.{at}".strip(".")))

    if value is UNKNOWN or (isinstance(value, Mapping) and _nameless(value)):
        raise Unknown("which object this is")
    if not isinstance(value, Mapping):
        raise wrong("this is no Kubernetes object", hint="an object has apiVersion, kind and metadata")
    for word, pattern in (("apiVersion", _VERSION), ("kind", _KIND)):
        text = value.get(word)
        if not isinstance(text, str) or not pattern.fullmatch(text):
            said = "has no" if text is None else "has a strange"
            raise wrong(f"this object {said} {word}", at=word, hint="such as apiVersion: apps/v1, kind: Deployment")
    meta = value.get("metadata")
    if not isinstance(meta, Mapping):
        raise wrong(f"this {value['kind']} has no metadata", hint="write metadata: {name: ...}")
    if meta.get("generateName") is not None:
        raise wrong("generateName makes another object at each apply", at="metadata.generateName", hint="write a name")
    name = meta.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name) or len(name) > 253:
        said = "has no name" if name is None else f"has a name that cannot be: {str(name)[:60]!r}"
        raise wrong(f"this {value['kind']} {said}", at="metadata.name", hint="small letters, digits and `-`")
    if (group_of(value["apiVersion"]), value["kind"]) in NO_OBJECTS:
        raise wrong(f"a {value['kind']} is nothing that a stack can own", at="kind")
    _check_metadata(value, meta, wrong)


def _nameless(value: Manifest) -> bool:
    """Whether it is known after apply only which object this is."""
    meta = value.get("metadata")
    words = [value.get("apiVersion"), value.get("kind"), meta]
    words += [meta.get("name"), meta.get("namespace")] if isinstance(meta, Mapping) else []
    return any(word is UNKNOWN for word in words)


def _check_metadata(value: Manifest, meta: Mapping[str, Any], wrong: Any) -> None:
    for word in ("managedFields", "resourceVersion", "uid", "creationTimestamp", "deletionTimestamp", "selfLink", "generation"):
        if meta.get(word) is not None:
            raise wrong(f"metadata.{word} is the cluster's to write", at=f"metadata.{word}", hint="take the line out")
    if value.get("status") not in (None, {}):
        raise wrong("status is the cluster's to write", at="status", hint="take it out; only what is wanted belongs here")
    if meta.get("ownerReferences"):
        raise wrong("an object with an owner goes with its owner", at="metadata.ownerReferences", hint="take the lines out")
    for word in ("labels", "annotations"):
        found = meta.get(word)
        if found is not None and not isinstance(found, Mapping):
            raise wrong(f"metadata.{word} is a mapping", at=f"metadata.{word}")
        for key, text in (found or {}).items():
            if key == PART_OF or key.startswith(OWN):
                raise wrong(f"{key} is written by acsctl", at=f"metadata.{word}.{key}", hint="take the line out")
            if not isinstance(text, (str, NotKnown, Secret)):
                hint = f'write {key}: "{text}"' if isinstance(text, (int, float, bool)) else ""
                raise wrong(f"metadata.{word}.{key} is a text", at=f"metadata.{word}.{key}", hint=hint)
    if not isinstance(meta.get("namespace"), (str, type(None))):
        raise wrong("the namespace must be known, and in the open", at="metadata.namespace")


def placed(key: Key, *, namespace: str, wide: Set[tuple[str, str]] = frozenset()) -> Key:
    """The key with the namespace that the object gets: none, its own, or `namespace`. `wide` are further kinds without one."""
    if (key.group, key.kind) in CLUSTER_WIDE or (key.group, key.kind) in wide:
        return replace(key, namespace="")
    return key if key.namespace else replace(key, namespace=namespace)


def settled(item: Manifest, *, namespace: str, wide: Iterable[tuple[str, str]] = ()) -> dict[str, Any]:
    """The object with its namespace, without what says nothing, and with the data of a Secret hidden.

    `wide` are further kinds without a namespace, by group and kind.
    """
    result = {key: value for key, value in item.items() if not (key == "status" or value is None)}
    meta = {key: value for key, value in item["metadata"].items() if value is not None}
    meta["namespace"] = placed(key_of(item), namespace=namespace, wide=set(wide)).namespace
    if not meta["namespace"]:
        del meta["namespace"]
    result["metadata"] = meta
    return hidden(result)


def hidden(item: Manifest) -> dict[str, Any]:
    """The object with each value of a Secret's data as a `Secret`."""
    result = dict(item)
    if item.get("kind") == "Secret" and item.get("apiVersion") == "v1":
        for word in ("data", "stringData"):
            if isinstance(item.get(word), Mapping):
                result[word] = {key: _secret(value) for key, value in item[word].items()}
    return result


def _secret(value: Any) -> Any:
    return value if isinstance(value, Secret) or value is UNKNOWN else Secret(value)


def misplaced(item: Manifest) -> str:
    """Where a secret stands in the open, as a path; empty where none does. Only a Secret's data is a place for one."""
    is_secret = item.get("kind") == "Secret" and item.get("apiVersion") == "v1"
    rest = {key: value for key, value in item.items() if not (is_secret and key in ("data", "stringData"))}
    return _secret_path(rest, "")


def _secret_path(value: Any, path: str) -> str:
    if isinstance(value, Secret):
        return path
    rows: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, Mapping):
        rows = value.items()
    elif isinstance(value, (list, tuple)):
        rows = enumerate(value)
    return next((found for key, row in rows if (found := _secret_path(row, f"{path}.{key}".lstrip(".")))), "")


def custom(items: Iterable[Manifest]) -> set[tuple[str, str]]:
    """Group and kind of what the CRDs among `items` declare as having no namespace."""
    found: set[tuple[str, str]] = set()
    for item in items:
        spec = item.get("spec")
        if item.get("kind") == DEFINITION and isinstance(spec, Mapping) and spec.get("scope") == "Cluster":
            names = spec.get("names")
            if isinstance(names, Mapping):
                found.add((str(spec.get("group")), str(names.get("kind"))))
    return found


def labelled(item: Manifest, *, stack: str, address: str) -> dict[str, Any]:
    """The object with our two labels; nothing inside of a pod template gets them."""
    meta = dict(item["metadata"])
    meta["labels"] = {**(meta.get("labels") or {}), STACK: stack, ADDRESS: label_of(address)}
    return {**item, "metadata": meta}


def label_of(address: str) -> str:
    """An address as the value of a label: at most 63 characters, a long one by its digest."""
    import hashlib

    if len(address) <= LABEL:
        return address
    return f"{address[: LABEL - 13].rstrip('-_.')}.{hashlib.sha256(address.encode()).hexdigest()[:12]}"


def unknown(value: Any) -> bool:
    """Whether something inside is known after apply only."""
    if isinstance(value, Mapping):
        return any(map(unknown, value.values()))
    if isinstance(value, (list, tuple)):
        return any(map(unknown, value))
    return value is UNKNOWN


def revealed(value: Any) -> Any:
    """The value with what is secret in the open: only for what goes onto the wire."""
    if isinstance(value, Secret):
        return revealed(value.reveal())
    if isinstance(value, Mapping):
        return {key: revealed(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [revealed(item) for item in value]
    return value
