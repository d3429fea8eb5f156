"""RunInstances: the one call that makes an instance or the members of a fleet (sheet compute.md 1.1)."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from acsctl.cloud import Cloud, Retry, classify, strings
from acsctl.errors import CloudError
from acsctl.kinds import marks
from acsctl.kinds.contract import Made, Steps, Token, Wait, Want
from acsctl.kinds.ecs import catalogue
from acsctl.model.resource import Spec

DIGITS = 3
NOT_HERE = ("InvalidInstanceType.ZoneNotSupported",)


def launch(cloud: Cloud, want: Want, token: Token) -> Steps:
    """Makes them, and waits until they run; where the spec says so, stops them again.

    The first type is asked for with the token of the create itself, whichever type it is: should another run put another
    type first before the list shows what this one made, the cloud refuses the token instead of making them twice. A type
    without stock spends its token (sheet behaviour.md 4), so each further type has its own.
    """
    ids = _run(cloud, want, token)
    yield Made(ids)
    yield Wait(ids)
    wanted = max(1, len(want.numbers))
    if len(ids) < wanted:
        said = f"{len(ids)} instances were made of {wanted} asked for"
        raise CloudError("acsctl.PartlyMade", action="ecs.RunInstances", said=said)
    if not want.spec.get("running", True):
        cloud.call("ecs", "StopInstances", {"RegionId": cloud.region, "InstanceId": list(ids)})
        yield Wait(ids, until="stopped")


def _run(cloud: Cloud, want: Want, token: Token) -> tuple[str, ...]:
    params = request(cloud, want)
    types = choices(want.spec["instance_types"])
    refusal: CloudError | None = None
    for choice in types:
        mine = token("type", choice) if refusal else token()
        try:
            answer = cloud.call("ecs", "RunInstances", {**params, "InstanceType": choice, "ClientToken": mine})
        except CloudError as error:
            if not out_of_stock(error):
                raise
            refusal = error
        else:
            return tuple(strings(answer, "InstanceIdSets.InstanceIdSet", action="ecs.RunInstances"))
    raise sold_out(refusal, types, place=str(want.spec["vswitch"]))


def request(cloud: Cloud, want: Want) -> dict[str, Any]:
    """The parameters of RunInstances but for the type and the token. Raises CloudError for an image that there is not."""
    spec = want.spec
    return {
        "RegionId": cloud.region,
        "Amount": max(1, len(want.numbers)),
        "InstanceName": pattern(want.name, want.numbers),
        "ImageId": catalogue.image_id(cloud, spec["image"]),
        "VSwitchId": spec["vswitch"],
        "SecurityGroupIds": list(spec["security_groups"]),
        "SystemDisk": _disk(spec.get("system_disk") or {}, size=str) or None,
        "DataDisk": [_data_disk(disk) for disk in spec.get("data_disks") or ()] or None,
        "KeyPairName": spec.get("key_pair"),
        "UserData": encoded(spec.get("user_data")),
        "RamRoleName": spec.get("ram_role") or None,
        "Description": spec.get("description") or None,
        "Tag": marks.pairs(want.all_tags),
        **charge(spec),
    }


def pattern(name: str, numbers: Sequence[int]) -> str:
    """The name; of a fleet the cloud's pattern that counts from the first number with three digits (`web-[1,3]`)."""
    if not numbers:
        return name
    return f"{name}-[{numbers[0]},{max(DIGITS, len(str(numbers[-1])))}]"


def charge(spec: Spec) -> dict[str, Any]:
    """How it is paid for: on demand, or from the spot market with or without a limit of the price."""
    if spec.get("charge") != "spot":
        return {"InstanceChargeType": "PostPaid"}
    limit = spec.get("spot_price_limit")
    strategy = "SpotAsPriceGo" if limit is None else "SpotWithPriceLimit"
    return {"InstanceChargeType": "PostPaid", "SpotStrategy": strategy, "SpotPriceLimit": limit}


def encoded(user_data: str | None) -> str | None:
    """User data as the wire has it; None where there are none."""
    return base64.b64encode(user_data.encode()).decode() if user_data else None


def choices(value: Any) -> list[str]:
    """The items of a field that is one of several: it may have been narrowed down to a single one."""
    return [value] if isinstance(value, str) else list(value)


def out_of_stock(error: CloudError) -> bool:
    """Whether another type may still be had."""
    return classify(error.code) is Retry.NO_STOCK or error.code in NOT_HERE


def sold_out(error: CloudError | None, types: Sequence[str], *, place: str) -> CloudError:
    """The cloud's last refusal, saying all the types that were tried."""
    if error is None:
        return CloudError("acsctl.NoChoice", action="ecs.RunInstances", said="instance_types is empty")
    said = f"{', '.join(types)}: none is in stock for {place}"
    told = CloudError(error.code, action=error.action, status=error.status, request_id=error.request_id, said=said)
    told.remedy = "Add a type to instance_types, or a vSwitch in another zone."
    told.__cause__ = error
    return told


def _disk(disk: Mapping[str, Any], *, size: type[str] | type[int]) -> dict[str, Any]:
    fields = {
        "Category": disk.get("category"),
        "Size": size(disk["size"]) if disk.get("size") is not None else None,
        "PerformanceLevel": disk.get("performance_level"),
    }
    return {name: value for name, value in fields.items() if value is not None}


def _data_disk(disk: Mapping[str, Any]) -> dict[str, Any]:
    return {**_disk(disk, size=int), "DeleteWithInstance": disk.get("delete_with_instance", True)}
