"""Namespaces: what each one has from the start, and their end.

As pkg/controller/namespace, serviceaccount and certificates/rootcacertpublisher do.
"""

from collections import Counter
from collections.abc import Mapping

from acsctl.emulator.kubernetes.builtin.controllers.discovery import Discovery
from acsctl.emulator.kubernetes.builtin.controllers.work import Work
from acsctl.emulator.kubernetes.client import CONFIG_MAPS, NAMESPACES, PODS, SERVICE_ACCOUNTS, Object, Resource
from acsctl.emulator.kubernetes.conditions import Condition, with_condition

FINALIZER = "kubernetes"
ROOT = "kube-root-ca.crt"
ROOT_NOTE = (
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal "
    "service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters."
)


class Namespaces:
    """authority: PEM of the certificate authority."""

    def __init__(self, work: Work, *, discovery: Discovery, authority: str) -> None:
        self._work = work
        self._client = work.client
        self._discovery = discovery
        self._authority = authority

    def reconcile(self) -> None:
        self._work.each(self._client.listed(NAMESPACES), self._tend)

    def _tend(self, namespace: Object) -> None:
        if namespace["metadata"].get("deletionTimestamp"):
            self._end(namespace)
        else:
            self._furnish(namespace)

    def _furnish(self, namespace: Object) -> None:
        name = namespace["metadata"]["name"]
        if not self._has(SERVICE_ACCOUNTS, name, "default") and self._work.may_create(namespace):
            self._create(SERVICE_ACCOUNTS, {"metadata": {"name": "default", "namespace": name}}, namespace=namespace)
        if not self._has(CONFIG_MAPS, name, ROOT) and self._work.may_create(namespace):
            notes = {"kubernetes.io/description": ROOT_NOTE}
            made = {"metadata": {"name": ROOT, "namespace": name, "annotations": notes}, "data": {"ca.crt": self._authority}}
            self._create(CONFIG_MAPS, made, namespace=namespace)

    def _has(self, resource: Resource, namespace: str, name: str) -> bool:
        return any(one["metadata"]["name"] == name for one in self._client.listed(resource, namespace=namespace))

    def _create(self, resource: Resource, obj: Mapping[str, object], *, namespace: Object) -> None:
        if not self._client.create(resource, obj).ok:
            self._work.refused(namespace)

    def _end(self, namespace: Object) -> None:
        finalizers = namespace.get("spec", {}).get("finalizers") or []
        if FINALIZER not in finalizers:
            return
        name = namespace["metadata"]["name"]
        left: Counter[Resource] = Counter()
        held: Counter[str] = Counter()
        for resource in self._discovery.resources():
            if not resource.namespaced:
                continue
            for one in self._client.listed(resource, namespace=name):
                self._delete(resource, one)
            remaining = self._client.listed(resource, namespace=name)
            left[resource] += len(remaining)
            held.update(each for one in remaining for each in one["metadata"].get("finalizers") or ())
        # Told also when it goes at once, as who waits for it may look in between.
        if sum(left.values()) or held:
            self._tell(namespace, left=left, held=held)
            return
        rest = [one for one in finalizers if one != FINALIZER]
        self._client.update(
            NAMESPACES, {**namespace, "spec": {**namespace["spec"], "finalizers": rest}}, subresource="finalize"
        )

    def _delete(self, resource: Resource, one: Object) -> None:
        if not one["metadata"].get("deletionTimestamp"):
            self._client.delete(resource, one)
        elif resource == PODS and not one["spec"].get("nodeName") and not one["metadata"].get("finalizers"):
            self._client.delete(resource, one, grace=0)

    def _tell(self, namespace: Object, *, left: Counter[Resource], held: Counter[str]) -> None:
        rows = [f"{one.plural}.{_group(one)} has {count} resource instances" for one, count in left.items() if count]
        content = Condition("NamespaceContentRemaining", "False", "ContentRemoved", "All content successfully removed")
        if rows:
            note = f"Some resources are remaining: {', '.join(sorted(rows))}"
            content = Condition("NamespaceContentRemaining", "True", "SomeResourcesRemain", note)
        finalizers = Condition(
            "NamespaceFinalizersRemaining", "False", "ContentHasNoFinalizers", "All content-preserving finalizers finished"
        )
        if held:
            note = ", ".join(sorted(f"{one} in {count} resource instances" for one, count in held.items()))
            note = f"Some content in the namespace has finalizers remaining: {note}"
            finalizers = Condition("NamespaceFinalizersRemaining", "True", "SomeFinalizersRemain", note)
        status = namespace.get("status") or {}
        conditions = status.get("conditions") or []
        for one in (*_FINE, content, finalizers):
            conditions = with_condition(conditions, one, stamp=self._client.stamp)
        self._client.set_status(NAMESPACES, namespace, status={**status, "phase": "Terminating", "conditions": conditions})


_FINE = (
    Condition("NamespaceDeletionDiscoveryFailure", "False", "ResourcesDiscovered", "All resources successfully discovered"),
    Condition(
        "NamespaceDeletionGroupVersionParsingFailure",
        "False",
        "ParsedGroupVersions",
        "All legacy kube types successfully parsed",
    ),
    Condition(
        "NamespaceDeletionContentFailure",
        "False",
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
    ),
)


def _group(resource: Resource) -> str:
    return resource.api_version.rpartition("/")[0]
