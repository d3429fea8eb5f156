"""A record in a folder: the lock that dies with its holder, the runs, what a kill leaves behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from acsctl.cloud import Stopped
from acsctl.errors import AcsctlError, LockedError, LockLostError, PartialError
from acsctl.model.address import Address
from acsctl.model.history import Applied
from acsctl.record import FolderRecord, Patience, Run, folder, journal, this_run
from tests.record.shelves import Ticks, Time

NOW = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
RUN = Run("r1", "apply", "me", "here", 4711, "3f2c9ab")
NET = Address("net", ("main",))

HOLD = """
import sys
from pathlib import Path
from acsctl.record import FolderRecord, Run

record = FolderRecord(Path(sys.argv[1]))
record.begin(Run("r0", "apply", "other", "there", 42))
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def record(tmp_path: Path) -> FolderRecord:
    return fresh(tmp_path)


def fresh(path: Path) -> FolderRecord:
    """What the next process sees."""
    return FolderRecord(path / "record", now=lambda: NOW, clock=Ticks(Time()))


@pytest.fixture
def other(tmp_path: Path):
    """Another process that holds the lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "record")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdin is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdin.close()
    process.stdout.close()


def test_an_empty_record_writes_nothing(record: FolderRecord) -> None:
    assert record.history().clean is None
    assert record.runs() == []
    assert record.holder() is None
    assert record.unlock() is False
    assert not record.folder.exists()


def test_a_run_from_its_beginning_to_its_end(record: FolderRecord, tmp_path: Path) -> None:
    assert record.begin(RUN) is None
    record.write("doing", address="net.main")
    record.write("made", address="net.main", ids=["net-1"])
    assert fresh(tmp_path).history().unfinished == {NET}
    record.applied(NET, Applied({"cidr": "10.0.0.0/16"}, {"owner": "me"}, ("net-1",), ("description",)))
    record.end(RUN, clean=True, result={"result": "done"})
    history = fresh(tmp_path).history()
    assert history.applied == {NET: Applied({"cidr": "10.0.0.0/16"}, {"owner": "me"}, ("net-1",), ("description",))}
    assert (history.made, history.clean, history.unfinished) == ({"net-1": NET}, True, frozenset())
    moments = {"began": "2026-11-20T08:30:00Z", "ended": "2026-11-20T08:30:00Z", "seconds": 0.0}
    assert fresh(tmp_path).runs() == [{**RUN.row, **moments, "clean": True, "result": "done"}]


def test_a_lock_that_is_held_names_its_holder(record: FolderRecord, other: subprocess.Popen[str]) -> None:
    with pytest.raises(LockedError, match=r"apply by other on there \(pid 42\) since 20"):
        record.begin(RUN)
    with pytest.raises(LockedError):
        record.unlock()
    assert (record.holder() or {})["who"] == "other"


def test_a_lock_dies_with_its_holder(record: FolderRecord, other: subprocess.Popen[str]) -> None:
    os.kill(other.pid, signal.SIGKILL)
    other.wait()
    assert record.holder() is None
    died = record.begin(RUN)
    assert died is not None
    assert (died["who"], died["pid"]) == ("other", 42)
    assert record.history().clean is False
    record.end(RUN, clean=True, result={})


def test_unlock_forgets_a_holder_that_died(record: FolderRecord, other: subprocess.Popen[str]) -> None:
    os.kill(other.pid, signal.SIGKILL)
    other.wait()
    assert record.unlock() is True
    assert record.unlock() is False
    assert record.begin(RUN) is None


def test_an_ended_run_gives_the_lock_back(record: FolderRecord, tmp_path: Path) -> None:
    record.begin(RUN)
    with pytest.raises(LockedError, match="apply by me on here"):
        fresh(tmp_path).begin(RUN)
    record.end(RUN, clean=True, result={})
    assert fresh(tmp_path).begin(RUN) is None


def test_looking_at_the_lock_takes_nothing(record: FolderRecord, tmp_path: Path) -> None:
    record.begin(RUN)
    for _ in range(2):
        assert (fresh(tmp_path).holder() or {})["id"] == "r1"
    record.end(RUN, clean=True, result={})
    assert fresh(tmp_path).holder() is None


def test_a_line_that_was_cut_spoils_no_other(record: FolderRecord, tmp_path: Path) -> None:
    record.begin(RUN)
    record.write("made", address="net.main", ids=["net-1"])
    record.end(RUN, clean=True, result={})
    path = record.folder / "journal.jsonl"
    path.write_bytes(path.read_bytes()[:-20])
    again = fresh(tmp_path)
    assert again.history().clean is False
    again.begin(RUN)
    again.write("made", address="net.main", ids=["net-2"])
    again.end(RUN, clean=True, result={})
    assert again.history().made == {"net-1": NET, "net-2": NET}
    assert again.history().clean is True


def test_a_long_journal_is_made_short_and_says_the_same(record: FolderRecord, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "COMPACT_ABOVE", 2000)
    record.begin(RUN)
    for number in range(50):
        record.write("doing", address="net.main")
        record.applied(NET, Applied({"description": str(number)}, {}, ("net-1",)))
    record.end(RUN, clean=False, result={})
    before = record.history()
    long = (record.folder / "journal.jsonl").stat().st_size
    record.begin(RUN)
    assert record.history() == before
    assert (record.folder / "journal.jsonl").stat().st_size < long / 10


def test_the_last_runs_are_kept(record: FolderRecord) -> None:
    for number in range(journal.RUNS_KEPT + 5):
        run = Run(f"r{number}", "apply", "me", "here", number)
        record.begin(run)
        record.end(run, clean=True, result={})
    runs = record.runs()
    assert len(runs) == journal.RUNS_KEPT
    assert [runs[0]["id"], runs[-1]["id"]] == [f"r{journal.RUNS_KEPT + 4}", "r5"]


def test_every_entry_is_on_disk_before_the_next_step(record: FolderRecord, tmp_path: Path) -> None:
    record.begin(RUN)
    record.write("made", address="net.main", ids=["net-1"])
    lines = (tmp_path / "record" / "journal.jsonl").read_text().splitlines()
    assert [json.loads(line)["what"] for line in lines] == ["begin", "made"]


def test_in_ci_the_job_stands_for_the_user() -> None:
    assert this_run("plan", environ={"CI_JOB_ID": "4711", "USER": "root"}).who == "ci/4711"
    assert this_run("plan", environ={"USER": "me"}).who == "me"
    assert this_run("plan", environ={}).id != this_run("plan", environ={}).id


def test_what_is_inherited_is_read_under_the_lock(record: FolderRecord, tmp_path: Path) -> None:
    assert record.history().clean is None
    other = fresh(tmp_path)
    other.begin(RUN)
    other.write("doing", address="net.main")
    other.end(RUN, clean=False, result={})
    record.begin(RUN)
    assert record.inherited.clean is False
    assert record.inherited.unfinished == {NET}


def test_a_damaged_journal_is_named(record: FolderRecord) -> None:
    record.begin(RUN)
    record.write("made", address="net.main")
    with pytest.raises(AcsctlError, match=r"journal\.jsonl is damaged"):
        record.history()


def test_bytes_that_are_no_text_are_a_line_that_was_cut(record: FolderRecord, tmp_path: Path) -> None:
    record.begin(RUN)
    record.write("made", address="net.main", ids=["net-1"])
    with (record.folder / "journal.jsonl").open("ab") as file:
        file.write(b"\xff\x00\x80\n")
    assert fresh(tmp_path).history().made == {"net-1": NET}


def test_a_place_that_takes_no_record_is_named(tmp_path: Path) -> None:
    (tmp_path / "record").write_text("a file")
    with pytest.raises(AcsctlError, match="no record can be kept in"):
        fresh(tmp_path).begin(RUN)


def test_a_lock_is_waited_for(tmp_path: Path, other: subprocess.Popen[str]) -> None:
    time, told = Time(), list[str]()
    record = FolderRecord(tmp_path / "record", now=lambda: NOW, clock=Ticks(time))

    def leave() -> None:
        assert other.stdin is not None
        other.stdin.close()
        other.wait()

    time.at.append((time.seconds + 3.0, leave))
    died = record.begin(RUN, patience=Patience(60.0, lambda row: told.append(row["who"])))
    assert (died or {})["who"] == "other"
    assert told == ["other"]


def test_patience_ends(tmp_path: Path, other: subprocess.Popen[str]) -> None:
    time = Time()
    record = FolderRecord(tmp_path / "record", now=lambda: NOW, clock=Ticks(time))
    began = time.seconds
    with pytest.raises(LockedError) as caught:
        record.begin(RUN, patience=Patience(60.0))
    assert 60.0 <= time.seconds - began <= 61.0
    assert "--lock-timeout" in caught.value.remedy


def test_a_stopped_run_waits_no_longer(tmp_path: Path, other: subprocess.Popen[str]) -> None:
    clock = Ticks(Time())
    clock.stop()
    with pytest.raises(Stopped):
        FolderRecord(tmp_path / "record", clock=clock).begin(RUN, patience=Patience(60.0))


def test_mine_does_not_break_what_the_system_knows_to_live(record: FolderRecord, other: subprocess.Popen[str]) -> None:
    with pytest.raises(LockedError) as caught:
        record.unlock(mine=Run("r9", "unlock", "other", "there", 1))
    assert "stop it: process 42 on there" in caught.value.remedy


def test_a_run_that_died_is_in_the_history(record: FolderRecord, other: subprocess.Popen[str]) -> None:
    os.kill(other.pid, signal.SIGKILL)
    other.wait()
    assert (record.left() or {})["id"] == "r0"
    assert record.runs() == []
    record.begin(RUN)
    assert record.left() is None
    assert (record.holder() or {})["id"] == "r1"
    record.end(RUN, clean=True, result={"result": "done"})
    assert [(row["id"], row["result"]) for row in record.runs()] == [("r1", "done"), ("r0", "ended without a word")]


def test_a_folder_that_was_taken_away_loses_the_lock(record: FolderRecord) -> None:
    record.begin(RUN)
    record.held()
    record.folder.rename(record.folder.with_name("away"))
    with pytest.raises(LockLostError, match="was removed"):
        record.held()
    with pytest.raises(LockLostError):
        record.end(RUN, clean=True, result={})


def test_a_disk_that_is_full_at_the_end_leaves_no_lock(record: FolderRecord, tmp_path: Path) -> None:
    record.begin(RUN)
    (record.folder / "runs.new").symlink_to("/dev/full")
    with pytest.raises(PartialError, match=r"runs\.jsonl cannot be written"):
        record.end(RUN, clean=True, result={})
    assert (fresh(tmp_path).left(), fresh(tmp_path).history().clean) == (None, True)


def test_a_disk_that_takes_no_more_ends_the_run_part_way(record: FolderRecord) -> None:
    record.begin(RUN)
    (record.folder / "journal.jsonl").rename(record.folder / "away")
    (record.folder / "journal.jsonl").mkdir()
    with pytest.raises(PartialError, match=r"journal\.jsonl cannot be written"):
        record.write("made", address="net.main", ids=["net-1"])


def test_a_job_of_ci_has_one_name_for_all_its_attempts() -> None:
    gitlab = {"CI_PROJECT_PATH": "team/shop", "CI_PIPELINE_ID": "7", "CI_JOB_NAME": "deploy"}
    first, second = (this_run("apply", environ={**gitlab, "CI_JOB_ID": number}) for number in ("100", "101"))
    assert (first.job, first.who, second.who) == ("gitlab/team/shop/7/deploy", "ci/100", "ci/101")
    assert second.continues(first.row)
    github = {"GITHUB_REPOSITORY": "team/shop", "GITHUB_RUN_ID": "8", "GITHUB_JOB": "deploy"}
    assert this_run("apply", environ=github).job == "github/team/shop/8/deploy"
    assert this_run("apply", environ={"JOB_NAME": "shop", "BUILD_NUMBER": "9"}).job == "jenkins/shop/9"
    assert this_run("apply", environ={"USER": "me"}).job == ""
