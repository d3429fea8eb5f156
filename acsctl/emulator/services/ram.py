"""RAM 2015-05-01, as far as clients need it before their first real call: roles and the alias of the account.

RAM has no regions. Roles grant nothing here, and instances may be given names of roles that are not (choices.json).
"""

import json
import re
import secrets
from typing import Any

from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource, Scope, declare

ROLE = declare("ram_role", named=True)
ALIAS = declare("account_alias", shown=False, named=True)
NAME = re.compile(r"[A-Za-z0-9.-]{1,64}")
ALIAS_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,48}[a-z0-9]")
SHORTEST, LONGEST = 3600, 43200  # seconds of a session
PAGE, LARGEST_PAGE = 100, 1000


@action("ram.CreateRole")
def create_role(call: Call) -> dict[str, Any]:
    name = _needed(call, name="RoleName")
    if not NAME.fullmatch(name):
        raise ApiError("InvalidParameter.RoleName.InvalidChars", message="A role name has 1 to 64 of A-Z a-z 0-9 . -")
    if call.world.store.find(ROLE, scope=_everywhere(call), id=name) is not None:
        raise ApiError("EntityAlreadyExists.Role", message=f"The role {name} exists.", status=409)
    attributes = {
        "RoleName": name,
        "RoleId": f"3{secrets.randbelow(10**17):017d}",
        "Arn": f"acs:ram::{call.key.account}:role/{name.lower()}",
        "AssumeRolePolicyDocument": _document(_needed(call, name="AssumeRolePolicyDocument")),
        "Description": call.text("Description"),
        "MaxSessionDuration": _duration(call, name="MaxSessionDuration", default=SHORTEST),
        "AllowConsoleLogin": call.flag("AllowConsoleLogin", default=True),
        "CreateDate": call.time_seconds,
        "UpdateDate": call.time_seconds,
    }
    role = call.world.store.create(ROLE, scope=_everywhere(call), attributes=attributes, id=name)
    return {"Role": _full(role, without=("UpdateDate",))}


@action("ram.GetRole")
def get_role(call: Call) -> dict[str, Any]:
    return {"Role": {**_full(_require(call)), "IsServiceLinkedRole": False}}


@action("ram.ListRoles")
def list_roles(call: Call) -> dict[str, Any]:
    """Marker is the name of the last role of the page before; tags are not played."""
    roles = sorted(call.world.store.listed(ROLE, scope=_everywhere(call)), key=lambda one: one.id)
    rest = [one for one in roles if one.id > call.text("Marker")]
    size = min(max(1, call.number("MaxItems", default=PAGE)), LARGEST_PAGE)
    page = [_full(one, without=("AssumeRolePolicyDocument",)) for one in rest[:size]]
    marker = {"Marker": page[-1]["RoleName"]} if len(rest) > size else {}
    return {"Roles": {"Role": page}, "IsTruncated": len(rest) > size, **marker}


@action("ram.UpdateRole")
def update_role(call: Call) -> dict[str, Any]:
    role = _require(call)
    if call.given("NewAssumeRolePolicyDocument"):
        role.set(AssumeRolePolicyDocument=_document(call.text("NewAssumeRolePolicyDocument")))
    if call.given("NewDescription"):
        role.set(Description=call.text("NewDescription"))
    duration = _duration(call, name="NewMaxSessionDuration", default=role["MaxSessionDuration"])
    role.set(MaxSessionDuration=duration, UpdateDate=call.time_seconds)
    return {"Role": _full(role)}


@action("ram.DeleteRole")
def delete_role(call: Call) -> dict[str, Any]:
    _require(call).remove()
    return {}


@action("ram.ListPoliciesForRole")
def list_policies_for_role(call: Call) -> dict[str, Any]:
    """None: nothing here attaches one."""
    _require(call)
    return {"Policies": {"Policy": []}}


@action("ram.GetAccountAlias")
def get_account_alias(call: Call) -> dict[str, Any]:
    """The account's number until an alias is set."""
    alias = _alias(call)
    return {"AccountAlias": alias["Alias"] if alias else call.key.account}


@action("ram.SetAccountAlias")
def set_account_alias(call: Call) -> dict[str, Any]:
    text = _needed(call, name="AccountAlias")
    if not ALIAS_NAME.fullmatch(text):
        raise ApiError("InvalidParameter.AccountAlias.InvalidChars", message="An alias has 3 to 50 of a-z 0-9 -")
    alias = _alias(call)
    if alias is None:
        alias = call.world.store.create(ALIAS, scope=_everywhere(call), attributes={}, id="alias")
    alias.set(Alias=text)
    return {}


@action("ram.ClearAccountAlias")
def clear_account_alias(call: Call) -> dict[str, Any]:
    alias = _alias(call)
    if alias is not None:
        alias.remove()
    return {}


def _everywhere(call: Call) -> Scope:
    return Scope(call.key.account, "")


def _alias(call: Call) -> Resource | None:
    return call.world.store.find(ALIAS, scope=_everywhere(call), id="alias")


def _require(call: Call) -> Resource:
    name = _needed(call, name="RoleName")
    role = call.world.store.find(ROLE, scope=_everywhere(call), id=name)
    if role is None:
        raise ApiError("EntityNotExist.Role", message=f"The role {name} does not exist.", status=404)
    return role


def _needed(call: Call, *, name: str) -> str:
    if not call.text(name):
        raise ApiError("MissingParameter", message=f"{name} is mandatory for this action.")
    return call.text(name)


def _document(text: str) -> str:
    try:
        loaded: Any = json.loads(text)
    except (ValueError, RecursionError):
        loaded = None
    if not isinstance(loaded, dict):
        raise ApiError("MalformedPolicyDocument", message="The policy is not a JSON object.")
    return text


def _duration(call: Call, *, name: str, default: int) -> int:
    seconds = call.number(name, default=default)
    if not SHORTEST <= seconds <= LONGEST:
        raise ApiError(f"InvalidParameter.{name}", message=f"{name} is {SHORTEST} to {LONGEST} seconds.")
    return seconds


def _full(role: Resource, *, without: tuple[str, ...] = ()) -> dict[str, Any]:
    return {name: value for name, value in role.attributes.items() if name not in without}
