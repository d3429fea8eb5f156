"""Cloud Assistant: RunCommand, DescribeInvocationResults. What a command does is told in commands.py."""

import base64
import binascii
import secrets
from typing import Any

from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.clock import iso_seconds
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource, declare
from acsctl.emulator.services.ecs.instance import RUNNING, find_instance
from acsctl.emulator.services.kubeadm.commands import run
from acsctl.emulator.services.paging import by_number

RESULT = declare("command_result", shown=False)
"""One instance of one invocation. InvokeId, CommandId, InstanceId, Done (cloud time), ExitCode, Output (base64), Aborted."""
TAKES = 2.0  # cloud seconds. Chosen
TYPES = ("RunShellScript", "RunBatScript", "RunPowerShellScript")
MOST_INSTANCES, MOST_BYTES = 100, 24 * 1024


@action("ecs.RunCommand")
def run_command(call: Call) -> dict[str, Any]:
    if call.text("Type") not in TYPES:
        raise ApiError("InvalidCmdType.NotFound", message=f"There is no command type {call.text('Type')}.", status=404)
    script = _content(call)
    ids = list(dict.fromkeys(str(one) for one in call.items("InstanceId")))
    if not ids:
        raise ApiError("MissingParam.InstanceId", message="InstanceId is mandatory.", status=400)
    if len(ids) > MOST_INSTANCES:
        raise ApiError("InstanceIds.ExceedLimit", message=f"A command is for at most {MOST_INSTANCES} instances.", status=403)
    instances = [_instance(call, id=one) for one in ids]
    command_id, invoke_id = (f"{letter}-{call.scope.region[:2]}{secrets.token_hex(8)}" for letter in "ct")
    for one in instances:
        _invoke(call, instance=one, script=script, ids=(command_id, invoke_id))
    return {"CommandId": command_id, "InvokeId": invoke_id}


def _content(call: Call) -> str:
    text = call.text("CommandContent")
    if call.text("ContentEncoding") == "Base64":
        try:
            text = base64.b64decode(text, validate=True).decode(errors="replace")
        except binascii.Error as error:
            raise ApiError("CmdContent.DecodeError", message="CommandContent is not base64.", status=400) from error
    if len(text.encode()) > MOST_BYTES:
        raise ApiError("CmdContent.ExceedLimit", message=f"A command has at most {MOST_BYTES} bytes.", status=403)
    return text


def _instance(call: Call, *, id: str) -> Resource:
    found = find_instance(call, id=id)
    if found is None:
        raise ApiError("InvalidInstance.NotFound", message=f"The instance {id} does not exist.", status=404)
    return found


def _invoke(call: Call, *, instance: Resource, script: str, ids: tuple[str, str]) -> None:
    runs = instance["Status"] == RUNNING
    outcome = run(call.world, instance, script=script) if runs else None
    call.create(
        RESULT,
        id=f"{ids[1]}/{instance.id}",
        attributes={
            "CommandId": ids[0],
            "InvokeId": ids[1],
            "InstanceId": instance.id,
            "Done": call.now + TAKES,
            "ExitCode": outcome.code if outcome is not None else 0,
            "Output": base64.b64encode(outcome.output.encode()).decode() if outcome is not None else "",
            "Aborted": not runs,
            "Username": call.text("Username", default="root"),
        },
    )


@action("ecs.DescribeInvocationResults")
def describe_invocation_results(call: Call) -> dict[str, Any]:
    wanted = {name: call.text(name) for name in ("InvokeId", "InstanceId", "CommandId") if call.text(name)}
    rows = [one for one in call.listed(RESULT) if all(one[name] == value for name, value in wanted.items())]
    status = call.text("InvokeRecordStatus")
    rows = [one for one in rows if not status or _answer(one, call=call)["InvokeRecordStatus"] == status]
    page, counts = by_number(call, rows=rows)
    answers = [_answer(one, call=call) for one in page]
    return {"Invocation": {"InvocationResults": {"InvocationResult": answers}, "NextToken": "", **counts}}


def _answer(result: Resource, *, call: Call) -> dict[str, Any]:
    common = {
        **result.pick("CommandId", "InvokeId", "InstanceId", "Username"),
        "StartTime": iso_seconds(result.created),
        "Repeats": 1,
        "Dropped": 0,
        "TerminationMode": "Process",
    }
    if result["Aborted"]:
        info = {"ErrorCode": "InstanceNotRunning", "ErrorInfo": "the specified instance is not running"}
        return {**common, **info, "InvocationStatus": "Aborted", "InvokeRecordStatus": "Failed", "Output": ""}
    if call.now < result["Done"]:
        return {**common, "InvocationStatus": "Running", "InvokeRecordStatus": "Running", "Output": ""}
    output = str(result["Output"])
    if call.text("ContentEncoding", default="Base64") == "PlainText":
        output = base64.b64decode(output).decode(errors="replace")
    failed = result["ExitCode"] != 0
    return {
        **common,
        "FinishedTime": iso_seconds(result["Done"]),
        "ExitCode": result["ExitCode"],
        "InvocationStatus": "Failed" if failed else "Success",
        "InvokeRecordStatus": "Failed" if failed else "Finished",
        "Output": output,
    }
