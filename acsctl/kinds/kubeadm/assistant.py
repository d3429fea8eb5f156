"""Commands on a machine through Cloud Assistant (API RunCommand, DescribeInvocationResults): no port has to be open for it.

Every public image has its agent. Who may do so is root there: the permission is `ecs:RunCommand`, which no read-only policy
holds. What is sent and what comes back can be read by `ecs:DescribeInvocations` for weeks: neither may be a secret.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from acsctl.cloud import Cloud, dicts, dig
from acsctl.errors import CloudError

SECONDS = 60
ASKED_EVERY = 1.0
PENDING = "acsctl.CommandPending"
PATIENCE = 90.0
"""Cloud seconds for a command to end, and wall seconds too where a local cloud is faster than its machine."""
AT_LEAST = 20.0
OVER = ("Finished", "Failed", "Stopped", "PartialFailed")


@dataclass(frozen=True)
class Result:
    """How a command ended: its exit code and what it printed."""

    code: int
    output: str


def run(cloud: Cloud, instance: str, script: str) -> Result:
    """Run a script as root and wait until it has ended. Raises CloudError where the machine cannot be told to."""
    params = {
        "RegionId": cloud.region,
        "Type": "RunShellScript",
        "CommandContent": base64.b64encode(script.encode()).decode(),
        "ContentEncoding": "Base64",
        "InstanceId": [instance],
        "Timeout": SECONDS,
        "KeepCommand": False,
    }
    invocation = dig(cloud.call("ecs", "RunCommand", params), "InvokeId", str, action="ecs.RunCommand")
    spent, begun = 0.0, cloud.clock.now()
    while spent < PATIENCE or cloud.clock.now() - begun < AT_LEAST:
        row = _result(cloud, instance, invocation)
        if row is not None and row.get("InvokeRecordStatus") in OVER:
            return _read(row)
        every = max(ASKED_EVERY, spent / 10)
        cloud.pause(every, cause=f"a command on {instance}")
        spent += every
    said = f"a command on {instance} did not end; is the Cloud Assistant agent running there?"
    raise CloudError(PENDING, action="ecs.RunCommand", said=said)


def _result(cloud: Cloud, instance: str, invocation: str) -> dict[str, Any] | None:
    params = {"RegionId": cloud.region, "InvokeId": invocation, "ContentEncoding": "Base64"}
    answer = cloud.call("ecs", "DescribeInvocationResults", params)
    rows = dicts(answer, "Invocation.InvocationResults.InvocationResult", action="ecs.DescribeInvocationResults")
    return next((row for row in rows if row.get("InstanceId") == instance), None)


def _read(row: dict[str, Any]) -> Result:
    output = base64.b64decode(row.get("Output") or "").decode("utf-8", "replace")
    code = row.get("ExitCode")
    if row.get("ErrorCode") and row.get("InvocationStatus") != "Failed":
        raise CloudError(str(row["ErrorCode"]), action="ecs.RunCommand", said=str(row.get("ErrorInfo") or ""))
    failed = row.get("InvocationStatus") not in ("Success", "Failed")
    return Result(int(code) if isinstance(code, int | str) and not failed else 1, output or str(row.get("ErrorInfo") or ""))
