"""Changes of instances: what can be done while they run, then one after another what needs them stopped (sheet compute.md 1.4).

A kill between stop and start leaves a stopped machine: the field `running` shows it to the next plan.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from acsctl.cloud import Cloud, Retry, classify, dicts, dig, list_all
from acsctl.errors import CloudError
from acsctl.kinds import marks
from acsctl.kinds.contract import Steps, Token, Update, Wait
from acsctl.kinds.ecs import catalogue, launch, rows
from acsctl.model import ownership
from acsctl.model.resource import Live

STOPPED_ONLY = ("instance_types", "vswitch", "image", "user_data")
KEY_PAIRS_A_CALL = 50
POWER_A_CALL = 100


def alter(cloud: Cloud, lives: tuple[Live, ...], change: Update, token: Token) -> Steps:
    """Tags first, as they make an adopted thing ours; digests last, as they say that what they stand for is done."""
    tags, digests = _split(change)
    marks.write_tags(cloud, "ecs", "instance", ids=[item.id for item in lives], change=tags)
    for item in lives:
        _describe(cloud, item, change)
    if change.changes("key_pair"):
        _key_pair(cloud, lives, change)
    if change.changes("ram_role"):
        _ram_role(cloud, lives, change)
    if _touches(change, "system_disk"):
        yield from _system_disks(cloud, lives, change, token)
    if change.changes(*STOPPED_ONLY):
        for item in lives:
            yield from _while_stopped(cloud, item, replace(digests, fields=change.fields, spec=change.spec), token)
    else:
        marks.write_tags(cloud, "ecs", "instance", ids=[item.id for item in lives], change=digests)
        if change.changes("running"):
            yield from _power(cloud, lives, on=bool(change.spec["running"]))


def _split(change: Update) -> tuple[Update, Update]:
    def tags(*, digests: bool) -> Update:
        return Update(
            change.spec,
            set_tags={key: text for key, text in change.set_tags.items() if key.startswith(ownership.DIGEST) is digests},
            unset_tags=tuple(key for key in change.unset_tags if key.startswith(ownership.DIGEST) is digests),
        )

    return tags(digests=False), tags(digests=True)


def _touches(change: Update, field: str) -> bool:
    """Whether something in an object differs: its fields are told by their paths."""
    return any(path.split(".")[0] == field for path in change.fields)


def _describe(cloud: Cloud, item: Live, change: Update) -> None:
    """Name, description and security groups in one call: the groups are given as the whole set."""
    params: dict[str, Any] = {}
    if item.id in change.names:
        params["InstanceName"] = change.names[item.id]
    if change.changes("description"):
        params["Description"] = change.spec.get("description") or ""
    if change.changes("security_groups"):
        params["SecurityGroupIds"] = list(change.spec["security_groups"])
    if params:
        cloud.call("ecs", "ModifyInstanceAttribute", {"InstanceId": item.id, **params})


def _key_pair(cloud: Cloud, lives: Sequence[Live], change: Update) -> None:
    """An attached pair takes the place of the one before; it works from the next start on."""
    wanted = change.spec.get("key_pair")
    if wanted:
        _each(cloud, "AttachKeyPair", lives, size=KEY_PAIRS_A_CALL, params={"KeyPairName": wanted})
        return
    for name in sorted({item.spec["key_pair"] for item in lives if item.spec.get("key_pair")}):
        having = [item for item in lives if item.spec.get("key_pair") == name]
        _each(cloud, "DetachKeyPair", having, size=KEY_PAIRS_A_CALL, params={"KeyPairName": name})


def _ram_role(cloud: Cloud, lives: Sequence[Live], change: Update) -> None:
    """Attaching fails where there is a role already."""
    wanted = change.spec.get("ram_role")
    having = [item for item in lives if item.spec.get("ram_role") and item.spec["ram_role"] != wanted]
    _each(cloud, "DetachInstanceRamRole", having, size=rows.IDS_A_CALL, params={})
    if wanted:
        lacking = [item for item in lives if item.spec.get("ram_role") != wanted]
        _each(cloud, "AttachInstanceRamRole", lacking, size=rows.IDS_A_CALL, params={"RamRoleName": wanted})


_RESULTS = {
    "AttachKeyPair": "Results.Result",
    "DetachKeyPair": "Results.Result",
    "AttachInstanceRamRole": "AttachInstanceRamRoleResults.AttachInstanceRamRoleResult",
    "DetachInstanceRamRole": "DetachInstanceRamRoleResults.DetachInstanceRamRoleResult",
}


def _each(cloud: Cloud, action: str, lives: Sequence[Live], *, size: int, params: Mapping[str, Any]) -> None:
    """A call that succeeds in parts: HTTP 200 with a result for each instance (sheet compute.md 2)."""
    for batch in marks.batches([item.id for item in lives], size=size):
        answer = cloud.call("ecs", action, {"RegionId": cloud.region, "InstanceIds": json.dumps(batch), **params})
        for result in dicts(answer, _RESULTS[action], action=f"ecs.{action}"):
            if str(result.get("Success")).lower() == "false":
                said = f"{result.get('InstanceId')}: {result.get('Message', '')}"
                code = str(result.get("Code") or "acsctl.PartlyDone")
                raise CloudError(code, action=f"ecs.{action}", request_id=answer.get("RequestId", ""), said=said)


def _system_disks(cloud: Cloud, lives: Sequence[Live], change: Update, token: Token) -> Steps:
    """Grows them and changes their level, while the machines run. The file systems inside are not touched."""
    wanted = change.spec["system_disk"]
    size, level = wanted.get("size"), wanted.get("performance_level")
    moving: list[str] = []
    for item in lives:
        disk = _system_disk_of(cloud, item)
        id = disk["DiskId"]
        if size is not None and size > disk["Size"]:
            mine = token("resize", id, str(size))
            # A disk of a machine that does not run can only be resized "offline".
            how = "online" if item.spec.get("running") else "offline"
            cloud.call("ecs", "ResizeDisk", {"DiskId": id, "NewSize": size, "Type": how, "ClientToken": mine})
        if level is not None and level != disk.get("PerformanceLevel"):
            cloud.call("ecs", "ModifyDiskSpec", {"DiskId": id, "PerformanceLevel": level})
            moving.append(id)
    if moving and level:
        yield Wait(tuple(moving), until=level)


def _system_disk_of(cloud: Cloud, item: Live) -> dict[str, Any]:
    found = rows.disks_of(cloud, item.id, of="system")
    if not found:
        raise CloudError("InvalidDiskId.NotFound", action=rows.DISKS.name, said=f"{item.id} shows no system disk")
    return found[0]


def _while_stopped(cloud: Cloud, item: Live, change: Update, token: Token) -> Steps:
    """Stop, change, start, and wait until it runs before the next member stops.

    What is refused for good must not leave a machine down that ran: it is started again before the refusal is told.
    """
    ran = bool(item.spec["running"])
    runs = bool(change.spec["running"]) if change.changes("running") else ran
    if ran:
        _stop(cloud, item.id)
    yield Wait((item.id,), until="stopped")
    try:
        _change_stopped(cloud, item, change, token)
    except CloudError as refusal:
        if ran and classify(refusal.code) in (Retry.NO_STOCK, Retry.NEVER):
            _start(cloud, item.id)
        raise
    marks.write_tags(cloud, "ecs", "instance", ids=[item.id], change=change)
    if runs:
        _start(cloud, item.id)
        yield Wait((item.id,))


def _change_stopped(cloud: Cloud, item: Live, change: Update, token: Token) -> None:
    spec = change.spec
    if change.changes("instance_types") and item.spec["instance_types"] not in launch.choices(spec["instance_types"]):
        _type(cloud, item, launch.choices(spec["instance_types"]))
    if change.changes("vswitch") and item.spec["vswitch"] not in launch.choices(spec["vswitch"]):
        params = {"InstanceId": item.id, "VSwitchId": _vswitch(cloud, item, launch.choices(spec["vswitch"]))}
        cloud.call("ecs", "ModifyInstanceVpcAttribute", params)
    if change.changes("image") and not catalogue.same_image(spec["image"], item.spec["image"]):
        _image(cloud, item, change, token)
    if change.changes("user_data"):
        params = {"InstanceId": item.id, "UserData": launch.encoded(spec.get("user_data")) or ""}
        cloud.call("ecs", "ModifyInstanceAttribute", params)


def _type(cloud: Cloud, item: Live, types: Sequence[str]) -> None:
    """The first of the types that is in stock."""
    refusal: CloudError | None = None
    for choice in types:
        params = {"InstanceId": item.id, "InstanceType": choice, "ClientToken": marks.once()}
        try:
            cloud.call("ecs", "ModifyInstanceSpec", params)
        except CloudError as error:
            if not launch.out_of_stock(error):
                raise
            refusal = error
        else:
            return
    raise launch.sold_out(refusal, types, place=item.outputs["zone"])


def _vswitch(cloud: Cloud, item: Live, wanted: Sequence[str]) -> str:
    """One of the wanted vSwitches that lies in the machine's own zone: it cannot leave that."""
    if len(wanted) == 1:
        return wanted[0]
    here = {"RegionId": cloud.region, "VpcId": item.outputs["vpc"], "ZoneId": item.outputs["zone"]}
    near = {row["VSwitchId"] for row in list_all(cloud, catalogue.VSWITCHES, here)}
    return next((vswitch for vswitch in wanted if vswitch in near), wanted[0])


def _image(cloud: Cloud, item: Live, change: Update, token: Token) -> None:
    """A new system disk. It may only grow; it gets our tags, as those of the disk before went with it."""
    disk = _system_disk_of(cloud, item)
    image = catalogue.image_id(cloud, change.spec["image"])
    size = max(disk["Size"], (change.spec.get("system_disk") or {}).get("size") or 0)
    params = {
        "InstanceId": item.id,
        "ImageId": image,
        "SystemDisk": {"Size": size},
        "KeyPairName": change.spec.get("key_pair") or item.spec.get("key_pair"),
        "ClientToken": token("image", item.id, disk["DiskId"], image),
    }
    made = dig(cloud.call("ecs", "ReplaceSystemDisk", params), "DiskId", str, action="ecs.ReplaceSystemDisk")
    if item.mark:
        marks.write_tags(cloud, "ecs", "disk", ids=[made], change=Update(change.spec, set_tags=item.mark.tags()))


def _power(cloud: Cloud, lives: Sequence[Live], *, on: bool) -> Steps:
    """Start or stop all at once those that do not do so already."""
    ids = tuple(item.id for item in lives if item.spec["running"] is not on)
    if not on:
        for batch in marks.batches(ids, size=POWER_A_CALL):
            cloud.call("ecs", "StopInstances", {"RegionId": cloud.region, "InstanceId": batch})
    # One that is still stopping cannot be started; one that somebody else stopped (a pool that takes it in) may run again by
    # now, and the cloud's refusal to start it lets the run look again.
    yield Wait(ids, until="stopped|running" if on else "stopped")
    if on:
        for batch in marks.batches(ids, size=POWER_A_CALL):
            cloud.call("ecs", "StartInstances", {"RegionId": cloud.region, "InstanceId": batch})
        yield Wait(ids)


def _stop(cloud: Cloud, id: str) -> None:
    """For a while: with StopCharging it may find no stock again, and gets another public address (sheet compute.md 1.2)."""
    cloud.call("ecs", "StopInstances", {"RegionId": cloud.region, "InstanceId": [id], "StoppedMode": "KeepCharging"})


def _start(cloud: Cloud, id: str) -> None:
    cloud.call("ecs", "StartInstances", {"RegionId": cloud.region, "InstanceId": [id]})
