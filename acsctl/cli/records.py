"""Which record a stack has: a folder beside its file, another folder, or a prefix in a bucket of OSS."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from acsctl.cli.session import Session
    from acsctl.cloud import Cloud
    from acsctl.model.resource import Stack
    from acsctl.record import Record

FOLDER = ".acsctl"
OSS = "oss://"
LEAST_TIMEOUT = 5.0  # wall seconds: a short lease must not make a busy machine impatient
_CI = ("CI", "GITHUB_ACTIONS", "GITLAB_CI", "JENKINS_URL", "TF_BUILD", "BUILDKITE", "TEAMCITY_VERSION")


def open_record(stack: Stack, cloud: Cloud, *, environ: Mapping[str, str]) -> Record:
    """The record of a stack in the account of `cloud`. Reads nothing yet. Raises UsageError for a wrong ACSCTL_LEASE."""
    below = f"{cloud.account}/{stack.region}/{stack.name}"
    if not stack.record.startswith(OSS):
        from acsctl.record import FolderRecord

        root = Path(stack.file).resolve().parent / (stack.record or FOLDER)
        return FolderRecord(root / below, clock=cloud.clock)
    from acsctl.cloud.oss import Bucket
    from acsctl.record import OssRecord, Surroundings, terms_of

    place = f"{stack.record.removeprefix(OSS).rstrip('/')}/{below}"
    terms = terms_of(environ)
    around = Surroundings(clock=cloud.clock, terms=terms, lost=cloud.stop)
    bucket = Bucket(cloud, f"{place}/", timeout=max(terms.timeout, LEAST_TIMEOUT))
    return OssRecord(bucket, f"{OSS}{place}", around=around)


def in_ci(environ: Mapping[str, str]) -> bool:
    """Whether this is a job of CI, whose folders do not outlive it."""
    return any(environ.get(name, "").lower() not in ("", "0", "false") for name in _CI)


def warn_of_folder(session: Session) -> None:
    """In CI a record beside the stack file is lost with the job: say the line that keeps it."""
    stack, cloud = session.stack, session.cloud
    if stack.record or not in_ci(os.environ):
        return
    bucket = "acsctl-local" if session.options.cloud else f"acsctl-{cloud.account}-{stack.region}"
    make = "" if session.options.cloud else f" Make the bucket once:  aliyun oss mb oss://{bucket} --region {stack.region}"
    session.view.warn(
        f"this is a job of CI, and the record of {stack.name} is kept in {session.record.place}: the next job will not find it",
        remedy=f"Put this line into {Path(stack.file).name}:  record: oss://{bucket}/acsctl .{make}",
    )
