"""The Location product 2015-06-12: older SDKs ask it where a product's endpoint is before their first call."""

from typing import Any

from acsctl.emulator import catalogue
from acsctl.emulator.actions import action
from acsctl.emulator.call import Call


@action("location.DescribeEndpoints")
def describe_endpoints(call: Call) -> dict[str, Any]:
    """One endpoint: the real name for a client that came by a real name, else the address of the local cloud."""
    region, service = call.text("Id", default=call.scope.region), call.text("ServiceCode").lower()
    real = call.host.partition(":")[0].endswith(".aliyuncs.com")
    row = {
        "Endpoint": f"{service}.{region}.aliyuncs.com" if real else call.host,
        "Id": region,
        "Namespace": region,
        "SerivceCode": service,  # spelt so in the cloud
        "Type": call.text("Type", default="openAPI"),
        "Protocols": {"Protocols": ["HTTP", "HTTPS"]},
    }
    known = region in catalogue.regions() and service
    return {"Endpoints": {"Endpoint": [row] if known else []}, "Success": True}
