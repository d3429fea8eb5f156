"""The record in the hands of its users: the commands as processes, a local cloud, kills and two at once."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import oss2
import pytest

from tests.crash.nursery import Nursery
from tests.crash.proxy import Strike
from tests.crash.scene import Point, Scene, scene
from tests.support.client import Client

OSS = "record: oss://acsctl-local/team\n"
STACK = """
stack: shop
region: cn-hangzhou
resources:
  network: {kind: vpc, cidr: 10.0.0.0/16}
  subnet: {kind: vswitch, vpc: network, zone: cn-hangzhou-h, cidr: 10.0.1.0/24}
"""
JOB = {"CI": "true", "GITHUB_REPOSITORY": "team/shop", "GITHUB_JOB": "deploy"}
NO_JOB = dict.fromkeys(("CI", "GITHUB_ACTIONS", "GITHUB_RUN_ID", "CI_JOB_ID", "BUILD_NUMBER", "JENKINS_URL"), "")

Stage = Callable[..., Scene]


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery() as made:
        yield made


@pytest.fixture
def stage(nursery: Nursery, tmp_path: Path) -> Iterator[Stage]:
    with ExitStack() as exits:

        def make(record: str = "", *, lease: float | None = None) -> Scene:
            made = exits.enter_context(scene(tmp_path / "scene", nursery, list_lag=0.0, tag_lag=0.0))
            made.write(record + STACK)
            made.environ = {**NO_JOB, "ACSCTL_LEASE": str(lease or "")}
            return made

        yield make


def said(scene: Scene, command: str, *flags: str) -> tuple[int, str]:
    """A command beside another one: its exit code, and what it printed in one line."""
    with scene.process(command, *flags, armed=True) as process:
        out, err = process.communicate(timeout=60)
    return process.returncode, " ".join((out + err).split())


def history(scene: Scene) -> list[dict[str, Any]]:
    code, text = scene.run("history", "-o", "json")
    assert code == 0, text
    rows: list[dict[str, Any]] = json.loads(text)["runs"]
    return rows


def creates(scene: Scene) -> dict[str, int]:
    actions: dict[str, int] = scene.control("GET", "calls")["actions"]
    return {name: count for name, count in actions.items() if name.startswith("vpc.Create")}


def both(scene: Scene) -> list[str]:
    return sorted(row["type"] for row in scene.rows() if row["type"] in ("vpc", "vswitch"))


def kept(scene: Scene) -> list[bytes]:
    """All that is in the bucket, in the order of its keys."""
    bucket = oss2.Bucket(oss2.AuthV4("local", "local"), f"http://{scene.proxy.target}", "acsctl-local", region="cn-hangzhou")
    return [bucket.get_object(row.key).read() for row in oss2.ObjectIteratorV2(bucket)]


@pytest.mark.parametrize("record", ["", OSS], ids=["folder", "oss"])
def test_history_and_status_tell_of_runs(stage: Stage, record: str) -> None:
    scene = stage(record)
    code, text = scene.run("status")
    assert (code, text) == (0, "Not locked.\nNo runs yet.\n")
    scene.done("apply")
    scene.nothing_to_do()
    scene.edit("10.0.1.0/24}", "10.0.1.0/24, description: ours}")
    subprocess.run(["git", "init", "-q"], cwd=scene.folder, check=True)
    identity = ["-c", "user.name=me", "-c", "user.email=me@example.com"]
    subprocess.run(["git", *identity, "commit", "-q", "--allow-empty", "-m", "first"], cwd=scene.folder, check=True)
    commit = subprocess.check_output(["git", "rev-parse", "--short", "HEAD"], cwd=scene.folder, text=True).strip()
    scene.done("apply")
    rows = history(scene)
    assert [(row["command"], row["result"], row["clean"], row["counts"]) for row in rows] == [
        ("apply", "done", True, {"update": 1}),
        ("apply", "done", True, {"create": 2}),
    ]
    assert [row["revision"] for row in rows] == [commit, ""]
    assert all(row["host"] == os.uname().nodename and row["pid"] and row["began"] <= row["ended"] for row in rows)
    assert all(row["seconds"] > 0 for row in rows)
    code, text = scene.run("status")
    assert text.startswith("Not locked.\n")
    assert "done: 2 created" in text
    assert (scene.folder / ".acsctl").exists() is not bool(record)


def test_drift_that_a_run_saw_is_told(stage: Stage) -> None:
    scene = stage(OSS)
    scene.edit("10.0.1.0/24}", "10.0.1.0/24, description: ours}")
    scene.done("apply")
    row = next(row for row in scene.rows() if row["type"] == "vswitch")
    Client(f"http://{scene.proxy.target}", "cn-hangzhou").vpc(
        "ModifyVSwitchAttribute", VSwitchId=row["id"], Description="by hand"
    )
    scene.done("apply")
    assert history(scene)[0]["drift"] == ["vswitch.subnet"]
    assert "Drift was last seen" in scene.run("status")[1]


@pytest.mark.parametrize(
    ("record", "asked"),
    [
        pytest.param("", "unlock --mine", id="folder-mine", marks=pytest.mark.long),
        pytest.param(OSS, "apply", id="oss-apply"),
        pytest.param(OSS, "unlock --mine", id="oss-mine", marks=pytest.mark.long),
    ],
)
def test_a_living_holder_keeps_its_lock(stage: Stage, record: str, asked: str) -> None:
    scene = stage(record, lease=4.0)
    told: list[tuple[int, str]] = []

    def meanwhile() -> None:
        told.append(said(scene, *asked.split()))
        told.append(said(scene, "status"))

    code, text = scene.struck("apply", lambda pid: Strike(1, "after", meanwhile, silent=False, action="CreateVpc"))
    assert code == 0, text
    (refused, why), (fine, status) = told
    assert (refused, fine) == (8, 0), why
    assert f"the stack is locked: apply by {_user()} on {os.uname().nodename} (pid " in why
    assert " since 20" in why
    assert "--lock-timeout 10m" in why
    assert f"Locked by {_user()}" in status
    assert both(scene) == ["vpc", "vswitch"]


@pytest.mark.parametrize("record", [pytest.param("", id="folder", marks=pytest.mark.long), pytest.param(OSS, id="oss")])
def test_patience_waits_until_the_holder_ends(stage: Stage, record: str) -> None:
    scene = stage(record, lease=4.0)
    waiting: list[subprocess.Popen[str]] = []

    def meanwhile() -> None:
        waiting.append(scene.process("apply", "--lock-timeout", "2m", armed=True))
        assert waiting[0].stderr is not None
        assert "Waiting until it ends" in waiting[0].stderr.readline()

    code, text = scene.struck("apply", lambda pid: Strike(1, "after", meanwhile, silent=False, action="CreateVpc"))
    assert code == 0, text
    with waiting[0] as process:
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, out + err
    assert "No changes." in out
    assert creates(scene) == {"vpc.CreateVpc": 1, "vpc.CreateVSwitch": 1}


def test_what_was_done_is_on_oss_before_the_next_write_is_sent(stage: Stage) -> None:
    scene = stage(OSS)
    found: dict[str, list[tuple[str, str]]] = {}

    def look(at: str) -> None:
        lines = [line for content in kept(scene) for line in content.decode().splitlines() if '"what"' in line]
        found[at] = [(entry["what"], entry.get("address", "")) for entry in map(json.loads, lines)]

    def strike(action: str) -> Callable[[Callable[[], int]], Strike]:
        return lambda pid: Strike(1, "before", lambda: look(action), silent=False, action=action)

    assert scene.struck("apply", strike("CreateVSwitch"))[0] == 0
    assert found["CreateVSwitch"][0] == ("begin", "")
    assert [(what, address) for what, address in found["CreateVSwitch"] if address] == [
        ("doing", "vpc.network"),
        ("made", "vpc.network"),
        ("applied", "vpc.network"),
        ("doing", "vswitch.subnet"),
    ]
    assert scene.struck("destroy", strike("DeleteVpc"))[0] == 0
    assert ("destroyed", "vswitch.subnet") in found["DeleteVpc"]


def test_nothing_is_made_before_the_record_says_that_a_run_began(stage: Stage) -> None:
    scene = stage(OSS, lease=2.0)
    assert scene.killed("apply", Point(1, "before", action="PUT-journal"))
    assert creates(scene) == {}
    scene.done("apply")
    assert both(scene) == ["vpc", "vswitch"]


def test_mine_breaks_the_lock_of_an_earlier_attempt_at_once(stage: Stage) -> None:
    scene = stage(OSS)
    scene.environ |= {**JOB, "GITHUB_RUN_ID": "17"}
    assert scene.killed("apply", Point(1, "after", action="CreateVSwitch"))
    scene.environ |= {"GITHUB_RUN_ID": "18"}
    code, text = scene.run("unlock", "--mine")
    assert code == 8, text
    assert "the stack is locked: apply by ci/17" in text
    scene.environ |= {"GITHUB_RUN_ID": "17"}
    code, text = scene.run("unlock", "--mine")
    assert (code, "The lock is free now." in text) == (0, True)
    scene.done("apply")
    assert [(row["who"], row["result"]) for row in history(scene)] == [("ci/17", "done"), ("ci/17", "ended without a word")]
    assert both(scene) == ["vpc", "vswitch"]


def test_a_dead_holder_is_told_of_and_followed(stage: Stage) -> None:
    scene = stage(OSS, lease=2.0)
    assert scene.killed("apply", Point(1, "after", action="CreateVSwitch"))
    code, text = scene.run("apply")
    assert code == 0, text
    assert f"An earlier apply ({_user()}, host {os.uname().nodename}) ended without a word " in text
    assert re.search(r"without a word (\d+ s ago|just now)\. Taking over\.", text)
    assert both(scene) == ["vpc", "vswitch"]
    assert [row["result"] for row in history(scene)] == ["done", "ended without a word"]


def test_a_stopped_holder_wakes_up_without_its_lock_and_writes_nothing(stage: Stage) -> None:
    scene = stage(OSS, lease=2.0)
    told: list[Any] = []

    def strike(pid: Callable[[], int]) -> Strike:
        def meanwhile() -> None:
            os.kill(pid(), signal.SIGSTOP)
            told.append(said(scene, "apply"))
            told.append(creates(scene))
            os.kill(pid(), signal.SIGCONT)

        return Strike(1, "after", meanwhile, silent=False, action="CreateVpc")

    code, text = scene.struck("apply", strike)
    assert told[0][0] == 0, told[0][1]
    assert "Taking over" in told[0][1]
    assert code == 8, text
    assert "this run has lost the lock of the stack" in text
    assert creates(scene) == told[1]
    assert both(scene) == ["vpc", "vswitch"]
    assert [row["result"] for row in history(scene)] == ["done", "ended without a word"]
    scene.nothing_to_do()


def test_ci_is_warned_of_a_folder_with_the_line_that_mends_it(stage: Stage) -> None:
    scene = stage()
    scene.environ["CI"] = "true"
    for command in ("plan", "apply"):
        code, text = scene.run(command)
        assert code == 0
        assert " ".join(text.split()).count("record: oss://acsctl-local/acsctl") == 1
    for command in ("status", "history", "show"):
        assert "oss://" not in scene.run(command)[1]
    scene.write(OSS + STACK)
    assert "this is a job of CI" not in scene.run("plan")[1]


def test_the_warning_is_on_stderr(stage: Stage) -> None:
    scene = stage()
    scene.environ["CI"] = "true"
    with scene.process("plan") as process:
        out, err = process.communicate(timeout=60)
    assert "oss://" in err
    assert "oss://" not in out


def test_a_bucket_that_is_missing_or_had_versions(stage: Stage) -> None:
    scene = stage("record: oss://shop-record/team\n")
    for command in ("plan", "apply", "status"):
        code, text = scene.run(command)
        assert code == 1
        assert "aliyun oss mb oss://shop-record --region cn-hangzhou" in " ".join(text.split())
    bucket = oss2.Bucket(oss2.AuthV4("local", "local"), f"http://{scene.proxy.target}", "shop-record", region="cn-hangzhou")
    bucket.create_bucket()
    bucket.put_bucket_versioning(oss2.models.BucketVersioningConfig("Suspended"))
    code, text = scene.run("apply")
    assert code == 5
    assert "the bucket has had versions (Suspended)" in " ".join(text.split())
    assert creates(scene) == {}


def test_a_record_in_another_folder(stage: Stage) -> None:
    scene = stage("record: ../kept\n")
    scene.environ["CI"] = "true"
    code, text = scene.run("apply")
    assert code == 0
    assert "this is a job of CI" not in text
    assert list((scene.folder.parent / "kept").glob("*/cn-hangzhou/shop/journal.jsonl"))
    assert not (scene.folder / ".acsctl").exists()


@pytest.mark.parametrize("record", ["", OSS], ids=["folder", "oss"])
def test_no_secret_is_in_the_record(stage: Stage, record: str) -> None:
    scene = stage(record)
    canary = "canary-7f3a9b"
    scene.write(
        record
        + STACK.replace("resources:", "variables:\n  token: {type: string, secret: true}\nresources:")
        + "  group: {kind: security_group, vpc: network, description: '{{ token }}'}\n"
    )
    code, text = scene.run("apply", "--var", f"token={canary}")
    assert code == 0, text
    found = [path.read_bytes() for path in scene.folder.rglob(".acsctl/**/*") if path.is_file()] + kept(scene)
    assert any(b"security_group.group" in content for content in found)
    assert not any(canary.encode() in content for content in found)


def test_status_without_the_cloud_loads_no_oss(tmp_path: Path) -> None:
    """What a folder record needs is no SDK of OSS."""
    check = "import sys; import acsctl.record, acsctl.cli.records, acsctl.cloud.oss; sys.exit('oss2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


def _user() -> str:
    from acsctl.record import this_run

    return this_run("apply", environ={**os.environ, **NO_JOB}).who


def test_a_lost_answer_to_the_taking_of_the_lock(stage: Stage) -> None:
    scene = stage(OSS)
    scene.control("PUT", "faults", [{"action": "oss.PutObject", "kind": "drop", "when": "after"}])
    scene.done("apply")
    assert scene.control("GET", "faults?all=1")[0]["struck"] == 1
    assert [row["result"] for row in history(scene)] == ["done"]
    assert both(scene) == ["vpc", "vswitch"]


@pytest.mark.parametrize("kind", ["drop", *(pytest.param(kind, marks=pytest.mark.long) for kind in ("page", "cut"))])
def test_a_bucket_that_often_fails_is_asked_again(stage: Stage, kind: str) -> None:
    scene = stage(OSS)
    when = {"when": "after"} if kind == "drop" else {}
    scene.control("PUT", "faults", [{"action": "oss.*", "kind": kind, "every": 3, "times": "always", **when}])
    scene.done("apply")
    assert scene.control("GET", "faults?all=1")[0]["struck"] > 2
    scene.control("PUT", "faults", [])
    assert [row["result"] for row in history(scene)] == ["done"]
    scene.nothing_to_do()


def test_a_key_that_may_write_no_more_ends_the_run_part_way_and_the_next_goes_on(stage: Stage) -> None:
    scene = stage(OSS)
    denied = {"action": "oss.PutObject", "kind": "denied", "code": "AccessDenied", "skip": 4, "times": "always"}
    scene.control("PUT", "faults", [denied])
    code, text = scene.run("apply")
    assert code == 6, text
    assert "the record cannot be written" in text
    assert "Give the key oss:PutObject on the bucket acsctl-local" in " ".join(text.split())
    assert creates(scene) == {"vpc.CreateVpc": 1}
    scene.control("PUT", "faults", [])
    scene.done("unlock", "--mine")
    scene.done("apply")
    assert both(scene) == ["vpc", "vswitch"]
    scene.nothing_to_do()
