"""Saved plans of what runs in a cluster: nothing secret in the file, and no other plan because the cluster lives."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.e2e.cluster_cases import NETWORK, SMALL
from tests.e2e.test_workload import config, deployment, edit, write
from tests.support.lab import Lab

CANARY = "canary-7Yp2"


def secret(value: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "web"}, "stringData": {"password": value}}


def planned(lab: Lab) -> Any:
    path = lab.folder / "plan.json"
    done = lab.run("plan", "--out", str(path))
    assert done.code == 0, done.text
    assert CANARY not in path.read_text()
    return json.loads(path.read_text())


@pytest.mark.parametrize("record", [True, pytest.param(False, marks=pytest.mark.long)])
def test_a_cluster_and_its_workload(lab: Lab, record: bool) -> None:
    write(lab, config("web", a="1"), deployment(), secret(CANARY), outputs={"id": "{{ kube }}"})
    first = planned(lab)
    assert lab.run("apply", str(lab.folder / "plan.json")).code == 0
    lab.still()
    write(lab, config("web", a="2"), deployment(replicas=1), secret(f"other-{CANARY}"), outputs={"id": "{{ kube }}"})
    if not record:
        lab.forget()
    second = planned(lab)
    assert second["digest"] != first["digest"]
    # What controllers write, and other people beside the file, is not of the plan.
    edit(lab, "/api/v1/namespaces/default/configmaps/web", {"metadata": {"annotations": {"theirs": "1"}}})
    assert planned(lab)["digest"] == second["digest"]
    (row,) = [row for row in second["resource_changes"] if row["address"] == "workload.web"]
    assert row["change"]["actions"] == ["update"]
    assert {field["path"].split()[0] for field in row["fields"]} >= {"ConfigMap", "Deployment", "Secret"}
    done = lab.run("apply", str(lab.folder / "plan.json"))
    assert done.code == 0, done.text
    lab.still()


def test_somebody_else_in_the_cluster(lab: Lab) -> None:
    write(lab, config("web", a="1"), config("other", b="1"))
    lab.apply()
    write(lab, config("web", a="2"), config("other", b="1"))
    planned(lab)
    edit(lab, "/api/v1/namespaces/default/configmaps/other", {"data": {"b": "theirs"}})
    done = lab.run("apply", str(lab.folder / "plan.json"))
    assert done.code == 7, done.text
    lines = [f"{line['part']} {line['name']} {line['detail']}" for line in done.of("plan_difference")]
    assert any(line.startswith("change workload.web update: ConfigMap default/other") for line in lines), lines


TEMPLATE = """
apiVersion: v1
kind: Secret
metadata: {name: web}
stringData: {password: "{{ password }}"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: web}
data: {note: "{{ note }}"}
"""


def test_a_secret_in_a_template(lab: Lab) -> None:
    lab.write(TEMPLATE, "web.yaml.j2")

    def stack(note: str, password: str) -> None:
        web = {"kind": "workload", "cluster": "kube", "template": "./web.yaml.j2"}
        values = {"password": "{{ password }}", "note": note}
        variables = {"password": {"type": "string", "secret": True, "default": password}}
        lab.stack({**NETWORK, "kube": SMALL, "web": {**web, "values": values}}, variables=variables)

    stack("one", CANARY)
    planned(lab)
    lab.apply()
    stack("two", f"other-{CANARY}")
    row = next(row for row in planned(lab)["resource_changes"] if row["address"] == "workload.web")
    for side, note in (("before", "one"), ("after", "two")):
        shown = json.dumps(row["change"][side]["manifests"])
        assert "(secret)" in shown
        assert f'"note": "{note}"' in shown
    assert {field["path"] for field in row["fields"]} >= {"ConfigMap default/web data.note", "Secret default/web data.password"}
