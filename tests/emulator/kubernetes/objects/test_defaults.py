"""Defaults and form of objects, against the recorded answers of a real server."""

from copy import deepcopy

import pytest

from acsctl.emulator.kubernetes.objects.defaults import with_defaults

from .recorder import documents
from .replay import completed, recorded, without

OBJECTS = {one["metadata"]["name"]: one for one in documents("objects.yaml")}
BY_SERVER = ("metadata.namespace", "metadata.uid", "metadata.generation", "metadata.managedFields")
BY_STRATEGY = {
    "DaemonSet": ("metadata.annotations",),
    "Job": ("metadata.labels", "spec.selector", "spec.template.metadata.labels"),
    "Namespace": ("spec.finalizers",),
    "Node": ("spec.taints",),
    "PersistentVolume": ("metadata.finalizers",),
    "PersistentVolumeClaim": ("metadata.finalizers",),
    "Pod": ("spec.priority", "spec.preemptionPolicy", "spec.tolerations", "status"),
    "Service": ("spec.clusterIP", "spec.clusterIPs", "spec.ipFamilies", "spec.ipFamilyPolicy"),
}
"""What a kind's strategy or admission sets, which is no default."""


@pytest.mark.parametrize("name", OBJECTS)
def test_defaults_are_those_of_the_server(name: str) -> None:
    obj, answer = OBJECTS[name], recorded("objects.json")[name]
    by_others = (*BY_SERVER, *BY_STRATEGY.get(obj["kind"], ()))
    assert without(completed(obj), *by_others) == without(answer, *by_others)


@pytest.mark.parametrize("name", OBJECTS)
def test_what_the_server_answers_is_complete(name: str) -> None:
    answer = recorded("objects.json")[name]
    assert completed(answer) == answer


@pytest.mark.parametrize("name", OBJECTS)
def test_defaults_are_set_once_and_the_object_stays_as_it_was(name: str) -> None:
    obj = deepcopy(OBJECTS[name])
    made = completed(obj)
    assert obj == OBJECTS[name]
    assert completed(made) == made


def test_an_unknown_kind_stays_as_it_is() -> None:
    obj = {"apiVersion": "example.org/v9", "kind": "Thing", "spec": {"a": None, "b": "", "c": [], "d": {}}}
    assert with_defaults(obj) == obj
