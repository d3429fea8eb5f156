"""Who runs: the row that stands in the lock and in the history, and whether two runs are attempts of one job."""

from __future__ import annotations

import getpass
import os
import socket
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Row = dict[str, Any]

# What names a job of CI, the same for every attempt of it: GitLab gives a retried job a new CI_JOB_ID, GitHub keeps the run's
# number, Jenkins counts builds per job.
_JOBS = (
    ("gitlab", ("CI_PROJECT_PATH", "CI_PIPELINE_ID", "CI_JOB_NAME")),
    ("github", ("GITHUB_REPOSITORY", "GITHUB_RUN_ID", "GITHUB_JOB")),
    ("jenkins", ("JOB_NAME", "BUILD_NUMBER")),
)
_NUMBERS = ("CI_JOB_ID", "GITHUB_RUN_ID", "BUILD_NUMBER")


@dataclass(frozen=True)
class Run:
    """One run. `who` is "user" or "ci/4711", `revision` the commit of the files or empty.

    `job` names a job of CI, the same for all attempts of it; empty outside of CI.
    """

    id: str
    command: str
    who: str
    host: str
    pid: int
    revision: str = ""
    job: str = ""

    @property
    def row(self) -> Row:
        """As it is written down."""
        return dict(self.__dict__)

    def continues(self, row: Mapping[str, Any]) -> bool:
        """Whether `row` is of an earlier attempt: the same job of CI, or outside of CI the same user on the same host."""
        if self.job or row.get("job"):
            return self.job == row.get("job")
        return (self.who, self.host) == (row.get("who"), row.get("host"))


def this_run(command: str, *, environ: Mapping[str, str], revision: str = "") -> Run:
    """A new run of this process. In CI the job's number stands for the user."""
    number = next((environ[name] for name in _NUMBERS if environ.get(name)), "")
    who = f"ci/{number}" if number else _user(environ)
    return Run(uuid.uuid4().hex[:12], command, who, socket.gethostname(), os.getpid(), revision, _job(environ))


def _job(environ: Mapping[str, str]) -> str:
    for system, names in _JOBS:
        if all(environ.get(name) for name in names):
            return "/".join([system, *(environ[name] for name in names)])
    return ""


def _user(environ: Mapping[str, str]) -> str:
    try:
        return environ.get("USER") or getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def system_time() -> datetime:
    """The time of this machine: what people read, and nothing is decided by it."""
    return datetime.now(UTC)


def moment(time: datetime) -> str:
    """A time as rows have it: 2026-11-20T10:00:00Z."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def age(text: str) -> float | None:
    """How many seconds a moment lies back by this machine's clock, for people; None where it is none."""
    try:
        return max(0.0, (system_time() - datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)).total_seconds())
    except ValueError:
        return None


def ended(row: Mapping[str, Any], *, began: str, ended: str, seconds: float) -> Row:
    """The row of a run for the history."""
    return {**row, "began": began, "ended": ended, "seconds": round(seconds, 1)}


def died(holder: Mapping[str, Any]) -> Row:
    """The row for the history of a run that ended without a word, from its row in the lock."""
    row = {name: value for name, value in holder.items() if name not in ("since", "beat", "lease")}
    return {**row, "began": holder.get("since", ""), "clean": False, "result": "ended without a word"}
