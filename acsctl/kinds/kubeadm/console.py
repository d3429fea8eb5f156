"""What a machine prints on its console while it becomes a node (API GetInstanceConsoleOutput)."""

from __future__ import annotations

import base64
import re

from acsctl.cloud import Cloud
from acsctl.errors import CloudError

_TROUBLE = re.compile(
    r"prepare-kubernetes-node: (failed in line .*|neither dnf .*)|error execution phase .*|\[ERROR [A-Za-z-]+\].*"
)


def trouble(cloud: Cloud, instance: str) -> str:
    """The last line that tells why a node does not come; empty where there is none, or where the console is not to be had.

    It is only asked to help a person: what it holds may be of an earlier start, so that nothing is decided by it.
    """
    try:
        answer = cloud.call("ecs", "GetInstanceConsoleOutput", {"RegionId": cloud.region, "InstanceId": instance})
    except CloudError:
        return ""
    text = base64.b64decode(answer.get("ConsoleOutput") or "").decode("utf-8", "replace")
    lines = [found[0].strip() for found in _TROUBLE.finditer(text)]
    return f"{instance} prints: {lines[-1][:300]}" if lines else ""
