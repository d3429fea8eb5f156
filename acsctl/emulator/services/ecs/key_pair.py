"""Key pairs (sheet compute.md 2): a name that is unique in a region, and the public half of a key."""

import re
from typing import Any

from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.clock import iso_minutes
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource, declare
from acsctl.emulator.services.ecs.checks import json_ids, wildcard
from acsctl.emulator.services.ecs.image import is_windows
from acsctl.emulator.services.ecs.instance import INSTANCE, find_instance
from acsctl.emulator.services.ecs.ssh_key import fingerprint, make_key
from acsctl.emulator.services.paging import by_number
from acsctl.emulator.services.tagging import read_tags, tag_filter, tag_key_value

KEY_PAIR = declare("key_pair", arn=("ecs", "keypair"), named=True)
_NAME = re.compile(r"[A-Za-z\u4e00-\u9fff][\w\u4e00-\u9fff:.-]{1,127}")
INSTANCES_PER_CALL = 50


@action("ecs.CreateKeyPair")
def create_key_pair(call: Call) -> dict[str, Any]:
    """The private half is answered once and not kept."""
    name, tags = _new_name(call), read_tags(call)
    private, public = make_key()
    made = _create(call, name=name, public=public, tags=tags)
    return {
        "KeyPairName": name,
        "KeyPairId": made["KeyPairId"],
        "KeyPairFingerPrint": made["KeyPairFingerPrint"],
        "PrivateKeyBody": private,
    }


@action("ecs.ImportKeyPair")
def import_key_pair(call: Call) -> dict[str, Any]:
    name, tags = _new_name(call), read_tags(call)
    made = _create(call, name=name, public=call.text("PublicKeyBody"), tags=tags)
    return {"KeyPairName": name, "KeyPairFingerPrint": made["KeyPairFingerPrint"]}


@action("ecs.DescribeKeyPairs")
def describe_key_pairs(call: Call) -> dict[str, Any]:
    matches, named = tag_filter(call), wildcard(call.text("KeyPairName"))
    wanted = {name: call.text(name) for name in ("KeyPairFingerPrint", "ResourceGroupId") if call.text(name)}
    rows = [
        one
        for one in call.listed(KEY_PAIR)
        if named(one.id) and matches(one) and all(one[name] == value for name, value in wanted.items())
    ]
    page, counts = by_number(call, rows=rows)
    return {"KeyPairs": {"KeyPair": [_summary(one, call=call) for one in page]}, **counts}


@action("ecs.DeleteKeyPairs")
def delete_key_pairs(call: Call) -> dict[str, Any]:
    """All or none; a name that does not exist is no error."""
    names = json_ids(call, name="KeyPairNames", codes=["InvalidKeyPairNames.ValueNotSupported"]) or []
    used = {one["KeyPairName"] for one in call.all(INSTANCE)}
    for name in names:
        if name in used:
            code = "InvalidParameter.KeypairAlreadyAttachedInstance"
            raise ApiError(code, message=f"An instance still has the key pair {name}.")
    for name in names:
        found = call.find(KEY_PAIR, id=name)
        if found is not None:
            found.remove()
    return {}


@action("ecs.AttachKeyPair")
def attach_key_pair(call: Call) -> dict[str, Any]:
    """Takes the place of the key pair that an instance has."""
    return _each_instance(call, key_pair=require_key_pair(call, name=call.text("KeyPairName")), attach=True)


@action("ecs.DetachKeyPair")
def detach_key_pair(call: Call) -> dict[str, Any]:
    return _each_instance(call, key_pair=require_key_pair(call, name=call.text("KeyPairName")), attach=False)


def require_key_pair(call: Call, *, name: str) -> Resource:
    """Raises InvalidKeyPairName.NotFound."""
    found = call.find(KEY_PAIR, id=name)
    if found is None:
        raise ApiError("InvalidKeyPairName.NotFound", message=f"The key pair {name} does not exist.")
    return found


def _new_name(call: Call) -> str:
    name = call.text("KeyPairName")
    if not _NAME.fullmatch(name) or name.startswith(("http://", "https://")):
        raise ApiError("InvalidKeyPairName.Malformed", message="A key pair's name has 2 to 128 characters, a letter first.")
    if call.find(KEY_PAIR, id=name) is not None:
        raise ApiError("KeyPair.AlreadyExist", message=f"The key pair {name} exists.")
    call.within_quota("ecs.key-pairs", used=len(call.all(KEY_PAIR)), code="QuotaExceed.KeyPair")
    return name


def _create(call: Call, *, name: str, public: str, tags: dict[str, str]) -> Resource:
    try:
        found = fingerprint(public)
    except ValueError as error:
        raise ApiError("InvalidPublicKeyBody.Malformed", message="PublicKeyBody is not an OpenSSH public key.") from error
    attributes = {
        "KeyPairId": f"ssh-{found[:17]}",
        "KeyPairFingerPrint": found,
        "PublicKey": public.strip(),
        "ResourceGroupId": call.text("ResourceGroupId"),
    }
    return call.create(KEY_PAIR, attributes=attributes, tags=tags, id=name)


def _each_instance(call: Call, *, key_pair: Resource, attach: bool) -> dict[str, Any]:
    """Success and failure are told per instance, the call itself succeeds."""
    codes = ["InvalidInstanceIds.ValueNotSupported"]
    ids = json_ids(call, name="InstanceIds", codes=codes, most=INSTANCES_PER_CALL) or []
    results = [_on_instance(call, id=id_, key_pair=key_pair, attach=attach) for id_ in ids]
    failed = sum(1 for one in results if one["Success"] == "false")
    return {
        "KeyPairName": key_pair.id,
        "TotalCount": str(len(results)),
        "FailCount": str(failed),
        "Results": {"Result": results},
    }


def _on_instance(call: Call, *, id: str, key_pair: Resource, attach: bool) -> dict[str, Any]:
    instance = find_instance(call, id=id)
    if instance is None:
        code, message = "InvalidInstanceId.NotFound", "The instance does not exist."
    elif is_windows(instance["ImageId"]):
        code, message = "DependencyViolation.WindowsInstance", "Windows takes no key pair."
    elif not attach and instance["KeyPairName"] != key_pair.id:
        code, message = "InvalidKeyPairName.NotFound", "The instance does not have this key pair."
    else:
        instance.set(KeyPairName=key_pair.id if attach else "")
        return {"InstanceId": id, "Code": "200", "Message": "success", "Success": "true"}
    return {"InstanceId": id, "Code": code, "Message": message, "Success": "false"}


def _summary(key_pair: Resource, *, call: Call) -> dict[str, Any]:
    shown = ("KeyPairFingerPrint", "ResourceGroupId", *(("PublicKey",) if call.flag("IncludePublicKey") else ()))
    return {
        "KeyPairName": key_pair.id,
        "CreationTime": iso_minutes(key_pair.created),
        **key_pair.pick(*shown),
        "Tags": tag_key_value(key_pair),
    }
