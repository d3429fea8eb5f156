"""Resource groups (product ResourceManager 2020-03-31): an account has its default one, and nothing here makes another."""

from typing import Any

from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.services.paging import by_number
from acsctl.emulator.services.vpc.vpc import DEFAULT_RESOURCE_GROUP

SINCE = "2020-01-01T00:00:00+08:00"


@action("resourcemanager.ListResourceGroups")
def list_resource_groups(call: Call) -> dict[str, Any]:
    group = {
        "Id": DEFAULT_RESOURCE_GROUP,
        "AccountId": call.key.account,
        "Name": "default",
        "DisplayName": "default resource group",
        "Status": "OK",
        "CreateDate": SINCE,
        "Tags": {"Tag": []},
    }
    page, counts = by_number(call, rows=[group] if _is_asked(group, call=call) else [])
    return {"ResourceGroups": {"ResourceGroup": page}, **counts}


def _is_asked(group: dict[str, Any], *, call: Call) -> bool:
    ids = [str(one) for one in call.items("ResourceGroupIds")]
    if call.items("Tag") or (ids and group["Id"] not in ids):
        return False
    filters = {"ResourceGroupId": "Id", "Name": "Name", "DisplayName": "DisplayName", "Status": "Status"}
    return all(call.text(name) in ("", group[field]) for name, field in filters.items())
