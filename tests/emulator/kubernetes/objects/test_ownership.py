"""Field ownership, step by step against the recorded answers of a real server."""

from typing import Any

import pytest

from acsctl.emulator.kubernetes.objects.managed import Conflicts
from acsctl.emulator.kubernetes.objects.patch import PatchError
from acsctl.emulator.kubernetes.objects.typed import SchemaMismatch

from .replay import completed, made, managers, patched, steps, without, without_managers

STEPS = {name: rest for name, *rest in steps()}
REFUSED = {name: rest for name, rest in STEPS.items() if "refused" in rest[2]}
PATCHES = {"merge", "json", "strategic"}
ACCEPTED = {name: rest for name, rest in STEPS.items() if "refused" not in rest[2]}
BY_SERVER = (
    "metadata.namespace",
    "metadata.uid",
    "spec.clusterIP",
    "spec.clusterIPs",
    "spec.ipFamilies",
    "spec.ipFamilyPolicy",
)
BY_JOB_STRATEGY = ("metadata.labels", "spec.selector", "spec.template.metadata.labels")


def order(cause: dict[str, str]) -> tuple[str, str]:
    return cause["message"], cause["field"]


@pytest.mark.parametrize("name", [name for name, rest in REFUSED.items() if rest[2]["refused"]["code"] == 409])
def test_conflicts_are_those_of_the_server(name: str) -> None:
    step, live, answer = STEPS[name]
    with pytest.raises(Conflicts) as caught:
        made(step, live=live, answer=answer)
    assert str(caught.value) == answer["refused"]["message"]
    causes = [{"reason": "FieldManagerConflict", "message": one.message, "field": one.field} for one in caught.value.causes]
    # The server tells managers in an order by chance.
    assert sorted(causes, key=order) == sorted(answer["refused"]["causes"], key=order)


@pytest.mark.parametrize(
    "name", [name for name, rest in REFUSED.items() if rest[2]["refused"]["code"] == 500 and "apply" in rest[0]]
)
def test_misfits_are_those_of_the_server(name: str) -> None:
    step, live, answer = STEPS[name]
    with pytest.raises(SchemaMismatch) as caught:
        made(step, live=live, answer=answer)
    assert sorted(str(caught.value).splitlines()) == sorted(answer["refused"]["message"].splitlines())


@pytest.mark.parametrize("name", ACCEPTED)
def test_managers_are_those_of_the_server(name: str) -> None:
    step, live, answer = STEPS[name]
    assert managers(made(step, live=live, answer=answer)) == managers(answer)


@pytest.mark.parametrize("name", [name for name, rest in ACCEPTED.items() if "apply" in rest[0]])
def test_applied_objects_are_those_of_the_server(name: str) -> None:
    step, live, answer = STEPS[name]
    by_server: tuple[str, ...] = () if live else BY_SERVER
    if not live and answer["kind"] == "Job":
        by_server += BY_JOB_STRATEGY
    got = completed(made(step, live=live, answer=answer))
    assert without(without_managers(got), *by_server) == without(without_managers(answer), *by_server)


@pytest.mark.parametrize("name", [name for name, rest in ACCEPTED.items() if rest[0].keys() & PATCHES])
def test_patched_objects_are_those_of_the_server(name: str) -> None:
    step, live, answer = STEPS[name]
    assert without_managers(patched(step, live=live)) == without_managers(answer)


@pytest.mark.parametrize("name", [name for name, rest in REFUSED.items() if rest[0].keys() & {"json", "strategic"}])
def test_patches_that_do_not_fit_are_refused_as_the_server_does(name: str) -> None:
    step, live, answer = STEPS[name]
    with pytest.raises(PatchError) as caught:
        patched(step, live=live)
    assert caught.value.code == answer["refused"]["code"]
    assert "json" in step or str(caught.value) == answer["refused"]["message"]


def test_every_step_is_looked_at() -> None:
    codes: list[Any] = [rest[2].get("refused", {}).get("code") for rest in STEPS.values()]
    assert len(codes) >= 100
    assert codes.count(409) >= 10
    assert set(codes) == {None, 409, 422, 500}
