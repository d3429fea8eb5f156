"""Logging in to a registry and how much of it is used (sheet containers.md 3.1). No password is kept."""

import secrets
import time
from typing import Any

from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.services.cr.answer import milliseconds, registry_action
from acsctl.emulator.services.cr.instance import find_registry, kept, working_registry
from acsctl.emulator.services.cr.namespace import namespaces
from acsctl.emulator.services.cr.repository import repositories
from acsctl.emulator.services.cr.vpc_link import LINK

HOURS = 24  # the longest life of a token
SHORTEST_PASSWORD, LONGEST_PASSWORD = 8, 32


@registry_action("GetAuthorizationToken")
def get_authorization_token(call: Call) -> dict[str, Any]:
    """A temporary login. With temporary keys it lives no longer than they do."""
    working_registry(call)
    hours = call.number("ExpiresInHours", default=1)
    if not 1 <= hours <= HOURS:
        raise ApiError("InvalidParameter", message=f"ExpiresInHours is 1 to {HOURS}.", status=400)
    seconds = hours * 3600.0
    if call.key.expires is not None:
        seconds = min(seconds, call.key.expires - time.time())
    token = secrets.token_urlsafe(120)
    return {"TempUsername": "cr_temp_user", "AuthorizationToken": token, "ExpireTime": milliseconds(call.now + seconds)}


@registry_action("ResetLoginPassword")
def reset_login_password(call: Call) -> dict[str, Any]:
    registry = working_registry(call)
    if not SHORTEST_PASSWORD <= len(call.text("Password")) <= LONGEST_PASSWORD:
        text = f"Password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters."
        raise ApiError("InvalidParameter", message=text, status=400)
    changed = kept(call, id=registry.id)
    if changed is not None:
        changed.set(ModifiedTime=call.now)
    return {}


@registry_action("GetInstanceUsage")
def get_instance_usage(call: Call) -> dict[str, Any]:
    registry = find_registry(call)
    links = [one for one in call.all(LINK) if one["InstanceId"] == registry.id]
    used = {"Namespace": namespaces(call), "Repo": repositories(call), "Vpc": links, "ChartNamespace": [], "ChartRepo": []}
    quotas = {
        "Namespace": "cr.namespaces-per-registry",
        "Repo": "cr.repositories-per-registry",
        "Vpc": "cr.linked-vpcs-per-registry",
        "ChartNamespace": "cr.namespaces-per-registry",
        "ChartRepo": "cr.repositories-per-registry",
    }
    usage = {f"{name}Usage": str(len(rows)) for name, rows in used.items()}
    return {**usage, **{f"{name}Quota": str(call.settings.quota(quota)) for name, quota in quotas.items()}}
