"""A plan in a file is carried out as it was consented to, from wherever, or not at all."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from acsctl.model.plan import Observation
from acsctl.plan.saved import checksum_of, digest_of
from acsctl.run import apply
from acsctl.run.observe import World
from tests.e2e.network_cases import KEY
from tests.e2e.stacks import fleet, network
from tests.e2e.test_stopping import process, struck
from tests.support.lab import Lab
from tests.support.ran import Ran

CANARY = "canary-7Yp2"
VARIABLES = {
    "size": {"type": "integer", "default": 5},
    "password": {"type": "string", "secret": True, "default": CANARY},
}
STACK = {"variables": VARIABLES, "outputs": {"out": "{{ net }}"}}


@dataclass
class Checkout:
    """A copy of the stack's files, and commands in it: in this process, or as a process of their own."""

    lab: Lab
    folder: Path
    own: bool = False

    def run(self, *arguments: str) -> Ran:
        if not self.own:
            plans = {"plan.json", "given.yaml"}
            return self.lab.run(*(str(self.folder / item) if item in plans else item for item in arguments))
        done = self.process(arguments[0], "--json", *arguments[1:])
        return Ran.read(done.returncode, done.stdout, done.stderr)

    def process(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "acsctl", command, "--cloud", self.lab.address, *arguments]
        env = {**os.environ, "COLUMNS": "100"}
        return subprocess.run(line, capture_output=True, text=True, timeout=120, check=False, cwd=self.folder, env=env)

    def plan(self, *arguments: str) -> Any:
        """What is in the file that a plan was written to."""
        done = self.run("plan", "--out", "plan.json", *arguments)
        assert done.code == 0, done.text
        return json.loads((self.folder / "plan.json").read_text())

    def differences(self, *arguments: str) -> list[str]:
        """Why the plan is refused as stale; nothing is changed by that."""
        before = self.lab.world()
        done = self.run("apply", "plan.json", *arguments)
        assert done.code == 7, done.text
        assert self.lab.world() == before
        assert done.changes == []
        lines = done.of("plan_difference")
        return [f"{line['part']} {line['name']} {line['how']} {line['detail']}".strip() for line in lines]


@pytest.fixture
def here(lab: Lab) -> Checkout:
    """The stack's own folder, with a network applied and something new in the file."""
    lab.write("told", "told.txt")
    lab.stack(network(), **STACK)
    lab.apply()
    way = {"kind": "eip", "bandwidth": "{{ size }}", "description": "{{ file('told.txt') }} {{ env('NOTE', 'nothing') }}"}
    lab.stack(network(way=way, node=fleet(1, user_data="#!/bin/sh\n# {{ password }}")), **STACK)
    return Checkout(lab, lab.folder)


def elsewhere(here: Checkout, to: Path) -> Checkout:
    """A fresh checkout of the same files, without a record, and the plan beside them."""
    shutil.copytree(here.folder, to, ignore=shutil.ignore_patterns(".acsctl"))
    return Checkout(here.lab, to, own=True)


def test_a_plan_is_carried_out_without_a_question(here: Checkout) -> None:
    plan = here.plan()
    done = here.run("apply", "plan.json")
    assert done.code == 0, done.text
    assert done.actions == ["create eip.way", "create instance.node"]
    here.lab.still()
    assert here.run("status").document["runs"][0]["plan"] == plan["digest"]
    refused = here.differences()
    assert "change eip.way gone create" in refused
    assert f"live eip.way ({here.lab.id('eip.way')}) new" in refused


def test_the_digest_is_that_of_an_apply_without_a_file(here: Checkout) -> None:
    first = here.plan()
    assert here.plan()["digest"] == first["digest"]
    assert here.run("apply", "--yes").code == 0
    assert here.run("status").document["runs"][0]["plan"] == first["digest"]


def test_a_fresh_checkout_carries_it_out(here: Checkout, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Planned in one job, applied in another: neither has a record, and the folders are called differently."""
    one = elsewhere(here, tmp_path_factory.mktemp("jobs") / "one")
    plan = one.plan()
    assert str(one.folder) not in json.dumps(plan)
    two = elsewhere(one, one.folder.parent / "two")
    assert two.run("apply", "plan.json").code == 0
    here.lab.still()


def test_a_record_that_only_tells_reasons_makes_no_other_plan(here: Checkout) -> None:
    """Without it the reason of a change is unknown. What is done is the same."""
    here.lab.stack(network(vswitch="10.0.1.0/24", more={"kind": "eip", "bandwidth": 9}), **STACK)
    here.plan()
    here.lab.forget()
    assert here.run("apply", "plan.json").code == 0


def test_a_lost_record_that_licensed_a_deletion(here: Checkout) -> None:
    here.lab.stack({name: block for name, block in network().items() if name != "c"}, **STACK)
    plan = here.plan()
    assert [row["change"]["actions"] for row in plan["resource_changes"] if row["address"] == "vswitch.c"] == [["delete"]]
    here.lab.forget()
    assert here.differences() == [
        "record  different there was one, and there is none now",
        "change vswitch.c gone delete",
    ]


def test_another_stack_file(here: Checkout) -> None:
    here.plan()
    text = (here.folder / "stack.yaml").read_text()
    (here.folder / "stack.yaml").write_text(text.replace("'{{ size }}'", "7"))
    (here.folder / "told.txt").write_text("something else")
    assert here.differences() == [
        "file stack.yaml different",
        "value file told.txt different",
        "change eip.way different create: bandwidth, description",
    ]


def test_another_variable(here: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    here.plan()
    assert here.differences("--var", "size=7") == [
        "variable size different 5 → 7",
        "change eip.way different create: bandwidth",
    ]
    assert here.differences("--var", "password=another") == ["variable password different"]
    monkeypatch.setenv("NOTE", "something")
    assert "value env NOTE different" in here.differences()


def test_a_variable_may_come_from_somewhere_else(here: Checkout) -> None:
    here.plan("--var", "size=7")
    (here.folder / "given.yaml").write_text("size: 7\n")
    assert here.run("apply", "plan.json", "--var-file", "given.yaml").code == 0


def test_another_live_world(here: Checkout) -> None:
    here.plan()
    id = here.lab.id("vswitch.a")
    here.lab.behind("vpc", "ModifyVSwitchAttribute", VSwitchId=id, Description="theirs")
    here.lab.behind("vpc", "CreateVSwitch", VpcId=here.lab.id("vpc.net"), ZoneId="cn-hangzhou-j", CidrBlock="10.0.9.0/24")
    assert here.run("apply", "plan.json").code == 0, "of what the file does not speak, nothing depends"


def test_a_field_that_somebody_changed(here: Checkout) -> None:
    here.lab.stack(network(a={**network()["a"], "description": "ours"}), **STACK)
    here.lab.apply()
    here.lab.stack(network(a={**network()["a"], "description": "ours"}, way={"kind": "eip"}), **STACK)
    here.plan()
    id = here.lab.id("vswitch.a")
    here.lab.behind("vpc", "ModifyVSwitchAttribute", VSwitchId=id, Description="theirs")
    assert here.differences() == [f"live vswitch.a ({id}) different description", "change vswitch.a new update"]


def test_the_same_changes_in_another_way(here: Checkout) -> None:
    """What was to be changed is gone: it is made now."""
    here.lab.stack(network(c={**network()["c"], "description": "new"}), **STACK)
    here.plan()
    id = here.lab.id("vswitch.c")
    here.lab.behind("vpc", "DeleteVSwitch", VSwitchId=id)
    assert here.differences() == [f"live vswitch.c ({id}) gone", "change vswitch.c different update → create"]


def test_the_flags_of_the_plan_are_those_of_the_apply(here: Checkout) -> None:
    plan = here.plan("--target", "eip.way", "--deep")
    assert plan["flags"]["target"] == ["eip.way"]
    assert plan["left_out"] == ["create instance.node"]
    assert here.run("apply", "plan.json").actions == ["create eip.way"]
    here.plan("--destroy", "--exclude", "vpc.net")
    assert here.run("apply", "plan.json").code == 0
    assert list(here.lab.show()) == ["vpc.net"]


def test_flags_as_the_users_of_terraform_type_them(here: Checkout) -> None:
    path = here.folder / "plan.json"
    done = here.lab.run("plan", f"-out={path}", "-target=eip.way", "-detailed-exitcode", "-var", "size=7")
    assert (done.code, done.actions) == (2, ["create eip.way"])
    assert json.loads(path.read_text())["variables"]["size"] == {"value": 7}


def test_flags_beside_a_plan(here: Checkout) -> None:
    here.plan()
    for flag in (["--target", "eip.way"], ["--exclude", "eip.way"], ["--replace", "vpc.net"], ["--allow", "all"], ["--deep"]):
        done = here.run("apply", "plan.json", *flag)
        assert done.code == 3
        assert f"{flag[0]} cannot be given with a plan in a file" in done.errors[0]


def test_a_guard_refuses_a_plan_too(here: Checkout) -> None:
    here.lab.stack(network(node=fleet(1)), **STACK)
    here.lab.apply()
    here.lab.stack(network("10.7.0.0/16", "10.7.1.0/24", node=fleet(1)), **STACK)
    assert here.run("plan", "--out", "plan.json").code == 5
    done = here.run("apply", "plan.json")
    assert done.code == 5
    assert any("--allow instance.node" in text for text in done.errors)


def test_a_plan_that_ended_part_way_goes_on(here: Checkout) -> None:
    """The same command again: what is left of a plan is no other plan, as long as all else is as it was."""
    plan = here.plan()
    here.lab.control("PUT", "faults", [{"action": "ecs.RunInstances", "kind": "quota", "times": "always"}])
    assert here.run("apply", "plan.json").code == 6
    here.lab.control("DELETE", "faults")
    here.lab.expected = {"QuotaExceed.ElasticQuota", "IdempotentFailed"}
    assert here.differences("--var", "size=7") == ["variable size different 5 → 7"]
    done = here.run("apply", "plan.json")
    assert done.code == 0, done.text
    assert done.actions == ["create instance.node"]
    runs = here.run("status").document["runs"]
    assert [(run["plan"] == plan["digest"], run["clean"]) for run in runs[:3]] == [(True, True), (True, False), (True, False)]
    here.lab.still()
    assert "change eip.way gone create" in here.differences()


def test_a_killed_apply_of_a_plan_goes_on(lagging: Lab) -> None:
    """Killed while the cloud makes machines that no list shows yet: they are not made twice."""
    lagging.stack(network(node=fleet(2)))
    here = Checkout(lagging, lagging.folder)
    here.plan()
    slow = {"action": "ecs.RunInstances", "kind": "slow", "when": "after", "seconds": 60}
    lagging.control("PUT", "faults", [slow])
    with process(lagging, "apply", str(here.folder / "plan.json")) as started:
        struck(lagging)
        started.kill()
    lagging.control("DELETE", "faults")
    lagging.expected = {"IdempotentFailed"}
    done = here.run("apply", "plan.json")
    assert done.code == 0, done.text
    assert any("Going on where it stopped" in line["@message"] for line in done.of("log"))
    lagging.still()
    assert len(lagging.world("instance")) == 2


def test_nothing_is_cleared_away_that_does_not_stand_in_the_plan(here: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a record an earlier run may have left something that shows late. An apply without a file destroys that."""
    lab = here.lab
    lab.forget()
    lab.control("PUT", "faults", [{"action": "vpc.CreateVSwitch", "kind": "lag", "creates": 10_000}])
    tags = {"acsctl:stack": "shop", "acsctl:address": "vswitch.c"}
    tag = {
        f"Tag.{n}.{part}": text
        for n, pair in enumerate(tags.items(), 1)
        for part, text in zip(("Key", "Value"), pair, strict=True)
    }
    lab.client.vpc("CreateVSwitch", VpcId=lab.id("vpc.net"), ZoneId="cn-hangzhou-j", CidrBlock="10.0.9.0/24", **tag)
    here.plan()
    look = apply.observe

    def later(world: World, **how: Any) -> Observation:
        if how.get("only") is not None:
            lab.settle(20_000)
        return look(world, **how)

    monkeypatch.setattr(apply, "observe", later)
    assert here.run("apply", "plan.json").code == 0
    assert [change["note"] for change in lab.plan().changes if change["action"] == "delete"] == ["double"]
    assert len(lab.world("vswitch")) == 4


def test_an_empty_plan(here: Checkout) -> None:
    here.lab.apply()
    here.plan()
    done = here.run("apply", "plan.json")
    assert (done.code, done.changes) == (0, [])


def test_what_is_no_plan(here: Checkout) -> None:
    plan = here.plan()
    softened = json.loads(json.dumps(plan))
    softened["resource_changes"][0]["change"]["actions"] = ["no-op"]
    foreign = {"format_version": "1.2", "terraform_version": "1.9", "resource_changes": []}
    found: dict[str, tuple[Any, str]] = {
        "cut short": (json.dumps(plan)[:500], "is not JSON, or cut short"),
        "not JSON": ("stack: shop", "is not JSON, or cut short"),
        "a list": ([1], "is no plan of acsctl"),
        "a plan of Terraform": (foreign, "is no plan of acsctl"),
        "another version": ({**plan, "acsctl_version": "9.9"}, "was made by acsctl 9.9"),
        "another format": ({**plan, "format_version": "2.0"}, "has the format 2.0"),
        "a row changed": (softened, "is damaged"),
        "a text changed": ({**plan, "text": "harmless"}, "is damaged"),
        "a part taken out": ({name: value for name, value in plan.items() if name != "live"}, "is damaged"),
    }
    path = here.folder / "plan.json"
    for what, (content, words) in found.items():
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        for command in (("apply", "plan.json"), ("show", "--plan", "plan.json")):
            done = here.run(*command)
            assert (done.code, words in done.errors[0]) == (3, True), (what, done.text)
    for stack in (here.folder, here.folder / "stack.yaml"):
        assert here.run("apply", str(stack)).errors == [f"{stack} is no plan of acsctl: A stack is named with  -f {stack}"]
    path.unlink()
    assert "cannot be read" in here.run("apply", "plan.json").errors[0]


@pytest.mark.parametrize(("old", "new", "what"), [("shop", "other", "stack"), ("cn-hangzhou", "cn-beijing", "region")])
def test_another_stack_or_region(here: Checkout, old: str, new: str, what: str) -> None:
    here.plan()
    path = here.folder / "stack.yaml"
    path.write_text(path.read_text().replace(old, new))
    done = here.run("apply", "plan.json")
    assert done.code == 7, done.text
    assert done.errors[0].startswith(f"the plan is for the {what} {old}, and the stack file says {new}")


def test_another_account(here: Checkout) -> None:
    plan = {**here.plan(), "account": "99"}
    plan["digest"] = digest_of(plan)
    (here.folder / "plan.json").write_text(json.dumps({**plan, "checksum": checksum_of(plan)}))
    done = here.run("apply", "plan.json")
    assert done.code == 4
    assert "the plan is for account 99, and the credentials belong to" in done.errors[0]


def test_no_secret_is_in_the_file(here: Checkout) -> None:
    here.plan()
    text = (here.folder / "plan.json").read_text()
    assert CANARY not in text
    rows = [row for row in json.loads(text)["resource_changes"] if row["kind"] == "instance"]
    assert [row["change"]["after"]["user_data"] for row in rows] == ["(secret)"]
    assert rows[0]["change"]["after_sensitive"] == {"user_data": True}
    assert (here.folder / "plan.json").stat().st_mode & 0o777 == 0o600
    assert here.run("apply", "plan.json").code == 0
    here.lab.stack(network(node=fleet(1, user_data="#!/bin/sh\n# {{ password }} again")), **STACK)
    plan = json.dumps(here.plan("--deep", "--var", f"password=other-{CANARY}"))
    assert "user_data" in plan
    assert CANARY not in plan


def test_a_key_of_one_s_own(here: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = here.plan()
    monkeypatch.setenv("ACSCTL_PLAN_KEY", "k")
    plan = here.plan()
    assert len(plain["variables"]["password"]["hash"]) == 4
    assert len(plan["variables"]["password"]["hash"]) == 32
    monkeypatch.delenv("ACSCTL_PLAN_KEY")
    done = here.run("apply", "plan.json")
    assert (done.code, "was made with ACSCTL_PLAN_KEY" in done.errors[0]) == (3, True)
    monkeypatch.setenv("ACSCTL_PLAN_KEY", "other")
    assert "variable password different" in here.differences()
    monkeypatch.setenv("ACSCTL_PLAN_KEY", "k")
    assert here.run("apply", "plan.json").code == 0


def test_a_plan_that_cannot_be_written(here: Checkout) -> None:
    done = here.run("plan", "--out", "there/is/no/folder.json")
    assert done.code == 1
    assert "cannot be written" in done.errors[0]


def test_a_plan_is_shown_as_it_was(here: Checkout) -> None:
    """Neither the stack file nor the cloud is needed for that."""
    before = here.process("plan", "--out", "plan.json")
    (here.folder / "stack.yaml").unlink()
    shown = here.process("show", "--plan", "plan.json")
    assert shown.returncode == 0, shown.stderr
    assert "+ eip.way" in shown.stdout
    assert shown.stdout == before.stdout
    assert here.process("show", "plan.json").stdout == before.stdout
    assert here.run("show", "--plan", "plan.json").document == json.loads((here.folder / "plan.json").read_text())
    assert here.run("show", "--plan", "plan.json", "vpc.net").code == 3


def test_policy_tools_find_what_they_look_for(here: Checkout) -> None:
    """The rows have Terraform's names; a thing each."""
    here.lab.stack(network("10.0.0.0/16", key={"kind": "key_pair", "public_key": KEY}, node=fleet(2)), **STACK)
    rows = {row["address"]: row for row in here.plan("--replace", "security_group.web")["resource_changes"]}
    assert {address for address, row in rows.items() if row["change"]["actions"] == ["create"]} == {
        "instance.node.1",
        "instance.node.2",
        "key_pair.key",
    }
    group = rows["security_group.web"]["change"]
    assert sorted(group["actions"]) == ["create", "delete"]
    assert group["before"]["vpc"] == here.lab.id("vpc.net")
    assert rows["vpc.net"]["change"]["actions"] == ["no-op"]
    assert rows["instance.node.2"]["index"] == 2
    assert rows["instance.node.1"]["change"]["after_unknown"]["security_groups"] == [True]
