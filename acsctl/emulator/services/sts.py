"""Security Token Service: who am I, and temporary keys (product Sts 2015-04-01)."""

import re
import secrets
import time
from typing import Any

from acsctl.emulator.accounts import AccessKey
from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.clock import iso_seconds
from acsctl.emulator.errors import ApiError

_ROLE = re.compile(r"acs:ram::(\d+):role/([\w.-]+)", re.ASCII)
_SESSION_NAME = re.compile(r"[\w.@-]{2,64}", re.ASCII)
SHORTEST, LONGEST = 900, 43200  # seconds of a session


@action("sts.GetCallerIdentity")
def get_caller_identity(call: Call) -> dict[str, Any]:
    account, user = call.key.account, call.key.user
    if call.key.security_token:
        arn, identity_type, principal = f"acs:ram::{account}:assumed-role/{user}", "AssumedRoleUser", f"3{account[1:]}:{user}"
        return {"AccountId": account, "Arn": arn, "IdentityType": identity_type, "PrincipalId": principal, "RoleId": principal}
    if user:
        arn, principal = f"acs:ram::{account}:user/{user}", f"2{account[1:]}"
        return {"AccountId": account, "Arn": arn, "IdentityType": "RAMUser", "PrincipalId": principal, "UserId": principal}
    arn = f"acs:ram::{account}:root"
    return {"AccountId": account, "Arn": arn, "IdentityType": "Account", "PrincipalId": account, "UserId": account}


@action("sts.AssumeRole")
def assume_role(call: Call) -> dict[str, Any]:
    """A temporary key for the session, valid in this run of the local cloud. Any role name is accepted.

    It expires in wall time, since clients renew by their own clock."""
    role = _ROLE.fullmatch(call.text("RoleArn"))
    if role is None:
        raise ApiError("InvalidParameter.RoleArn", message="RoleArn is not the ARN of a role.")
    session = call.text("RoleSessionName")
    if not _SESSION_NAME.fullmatch(session):
        raise ApiError("InvalidParameter.RoleSessionName", message="RoleSessionName has 2 to 64 characters of a-z 0-9 . @ - _")
    seconds = call.number("DurationSeconds", default=3600)
    if not SHORTEST <= seconds <= LONGEST:
        raise ApiError("InvalidParameter.DurationSeconds", message=f"DurationSeconds is {SHORTEST} to {LONGEST}.")
    user, expires = f"{role[2]}/{session}", time.time() + seconds
    made = AccessKey(f"STS.{secrets.token_hex(10)}", secrets.token_hex(20), role[1], user, True, secrets.token_hex(60), expires)
    call.world.temporary_keys[made.id] = made
    credentials = {
        "AccessKeyId": made.id,
        "AccessKeySecret": made.secret,
        "SecurityToken": made.security_token,
        "Expiration": iso_seconds(expires),
    }
    assumed = {"Arn": f"acs:ram::{role[1]}:assumed-role/{user}", "AssumedRoleId": f"3{role[1][1:]}:{session}"}
    return {"Credentials": credentials, "AssumedRoleUser": assumed}
