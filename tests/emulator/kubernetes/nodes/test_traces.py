import json
import os
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from acsctl.emulator.kubernetes.nodes import cgroups, traces
from acsctl.emulator.kubernetes.nodes.traces import Trace

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(traces.tempfile, "gettempdir", lambda: str(tmp_path))
    return tmp_path / "run"


def write(trace: Trace, *, folder: Path) -> None:
    (folder / f"{trace.id}.json").write_text(json.dumps(asdict(trace)), encoding="utf-8")


def test_what_runs_is_no_leftover(temporary: Path) -> None:
    trace = traces.begin(temporary)
    assert trace.pid == os.getpid()
    assert Path(trace.folder).is_dir()
    assert traces.leftovers(temporary) == []


def test_what_a_killed_local_cloud_left_is_taken_away(temporary: Path) -> None:
    trace = traces.begin(temporary)
    (Path(trace.folder) / "i-1" / "layers").mkdir(parents=True)
    write(replace(trace, started="1"), folder=temporary)  # the number is another process's by now
    (left,) = traces.leftovers(temporary)
    removed: list[str] = []
    traces.end(left, folder=temporary, remove=removed.append)
    assert removed == [f"acsctl-nodes-{trace.id}"]
    assert not Path(trace.folder).exists()
    assert list(temporary.iterdir()) == []


def test_what_cannot_be_taken_away_stays_written_down(temporary: Path) -> None:
    trace = traces.begin(temporary)

    def refuse(_group: str) -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        traces.end(trace, folder=temporary, remove=refuse)
    assert (temporary / f"{trace.id}.json").exists()


@pytest.mark.parametrize("folder", ["/", "/home", "/tmp/acsctl-nodes-other"])
def test_a_file_that_names_what_was_not_made_here_removes_nothing(temporary: Path, folder: str) -> None:
    trace = traces.begin(temporary)
    write(replace(trace, started="1", folder=folder), folder=temporary)
    (temporary / "broken.json").write_text("{", encoding="utf-8")
    assert traces.leftovers(temporary) == []


def test_a_group_is_made_for_every_controller_with_processors_and_removed_everywhere(tmp_path: Path) -> None:
    for name in ("cpuset", "memory", "unified"):
        (tmp_path / name).mkdir()
    assert [one.name for one in cgroups.hierarchies(tmp_path)] == ["cpuset", "memory", "unified"]
    cgroups.make("acsctl-nodes-1/i-1", root=tmp_path)
    assert (tmp_path / "memory" / "acsctl-nodes-1" / "i-1").is_dir()
    assert not (tmp_path / "unified" / "acsctl-nodes-1").exists()
    (tmp_path / "unified" / "acsctl-nodes-1" / "x").mkdir(parents=True)  # as a container runtime does
    cgroups.remove("acsctl-nodes-1", patience=5.0, root=tmp_path)
    assert [one.name for one in tmp_path.rglob("acsctl*")] == []
