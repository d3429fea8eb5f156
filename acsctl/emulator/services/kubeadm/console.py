"""GetInstanceConsoleOutput: what the serial console of an instance has shown since its first boot."""

import base64
from typing import Any

from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.clock import iso_seconds
from acsctl.emulator.services.ecs.boots import boot_of
from acsctl.emulator.services.ecs.instance import require_instance


@action("ecs.GetInstanceConsoleOutput")
def get_instance_console_output(call: Call) -> dict[str, Any]:
    instance = require_instance(call, id=call.text("InstanceId"))
    boot = boot_of(call.world, instance)
    began = float(boot["Began"]) if boot is not None else call.now
    lines = [f"[{max(0.0, when - began):12.6f}] cloud-init[1]: {text}" for when, text in (boot["Console"] if boot else ())]
    head = [f"{instance['HostName']} login: "] if instance["StartTime"] else []
    output = base64.b64encode("\n".join([*lines, *head, ""]).encode()).decode()
    return {"InstanceId": instance.id, "ConsoleOutput": output, "LastUpdateTime": iso_seconds(call.now)}
