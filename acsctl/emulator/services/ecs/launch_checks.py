"""What else of a launch is checked, and kept as the attributes of the instance (sheet compute.md 1.1)."""

import base64
import binascii
import re
from datetime import UTC, datetime
from typing import Any

from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.services.ecs.checks import check_description
from acsctl.emulator.services.ecs.image import Image
from acsctl.emulator.services.ecs.instance_type import Type, find_type, image_architecture
from acsctl.emulator.services.ecs.key_pair import require_key_pair

USER_DATA_BYTES = 32 * 1024  # before base64
EARLIEST_RELEASE = 30 * 60  # seconds ahead
MOST_BANDWIDTH = 100  # Mbit/s
SPOT = ("NoSpot", "SpotWithPriceLimit", "SpotAsPriceGo")
# What the local cloud has none of: the parameter that names one, and what the cloud answers then.
_ABSENT = {
    "LaunchTemplateId": "InvalidLaunchTemplate.NotFound",
    "LaunchTemplateName": "InvalidLaunchTemplate.NotFound",
    "DeploymentSetId": "DeploymentSet.NotFound",
    "DedicatedHostId": "InvalidDedicatedHostId.NotFound",
    "HpcClusterId": "InvalidHpcClusterId.NotFound",
}


def check_absent(call: Call) -> None:
    """Raises for a launch template, deployment set, host or cluster: none exists here."""
    for name, code in _ABSENT.items():
        if call.text(name):
            raise ApiError(code, message=f"There is no {call.text(name)}: the local cloud has none of {name}.")


def read_type(call: Call, *, image: Image) -> Type:
    """Raises InvalidInstanceType.ValueNotSupported, ImageNotSupportInstanceType."""
    if not call.text("InstanceType"):
        raise ApiError("MissingParameter", message="InstanceType is mandatory.", status=400)
    kind = find_type(call.text("InstanceType"))
    if kind is None:
        message = f"The instance type {call.text('InstanceType')} does not exist."
        raise ApiError("InvalidInstanceType.ValueNotSupported", message=message, status=400)
    check_architecture(kind, image=image)
    return kind


def check_architecture(kind: Type, *, image: Image) -> None:
    """Raises ImageNotSupportInstanceType."""
    if image["architecture"] != image_architecture(kind):
        raise ApiError("ImageNotSupportInstanceType", message=f"{image['id']} does not run on {kind['id']}.")


def login(call: Call, *, image: Image) -> dict[str, Any]:
    """Key pair, user data, RAM role. Raises InvalidKeyPairName.NotFound, InvalidUserData..., InvalidPassword.Malformed."""
    windows = image["os_type"] == "windows"
    key_pair = call.text("KeyPairName")
    if key_pair and not windows:
        require_key_pair(call, name=key_pair)
    if call.text("Password"):
        check_password(call.text("Password"))
    check_user_data(call.text("UserData"))
    return {
        "KeyPairName": "" if windows else key_pair,
        "UserData": call.text("UserData"),
        "RamRoleName": call.text("RamRoleName"),
    }


def check_password(password: str) -> None:
    """8 to 30 characters of at least three of the four classes. Raises InvalidPassword.Malformed."""
    classes = sum(1 for one in (r"[a-z]", r"[A-Z]", r"\d", r"[^A-Za-z0-9]") if re.search(one, password))
    if not 8 <= len(password) <= 30 or classes < 3:
        raise ApiError("InvalidPassword.Malformed", message="A password has 8 to 30 characters of three classes.")


def check_user_data(text: str) -> None:
    """Raises InvalidUserData.Base64FormatInvalid, InvalidUserData.SizeExceeded."""
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ApiError("InvalidUserData.Base64FormatInvalid", message="UserData is not base64.") from error
    if len(raw) > USER_DATA_BYTES:
        raise ApiError("InvalidUserData.SizeExceeded", message="UserData has at most 32 KB.")


def billing(call: Call) -> dict[str, Any]:
    """Charge type and spot. Raises InvalidInstanceChargeType.NotFound, InvalidSpot..., InvalidPeriod."""
    charge, spot = call.text("InstanceChargeType", default="PostPaid"), call.text("SpotStrategy", default="NoSpot")
    if charge not in ("PostPaid", "PrePaid"):
        raise ApiError("InvalidInstanceChargeType.NotFound", message="InstanceChargeType is PostPaid or PrePaid.")
    if spot not in SPOT:
        raise ApiError("InvalidSpotStrategy", message=f"SpotStrategy is one of {', '.join(SPOT)}.")
    if charge == "PrePaid":
        _check_prepaid(call, spot=spot)
    if call.text("SpotInterruptionBehavior", default="Terminate") not in ("Terminate", "Stop"):
        raise ApiError("InvalidSpotInterruptionBehavior", message="SpotInterruptionBehavior is Terminate or Stop.")
    if call.number("SpotDuration", default=1) not in (0, 1):
        raise ApiError("InvalidSpotDuration", message="SpotDuration is 0 or 1.")
    return {
        "InstanceChargeType": charge,
        "SpotStrategy": spot,
        "SpotPriceLimit": float(call.parameters.get("SpotPriceLimit") or 0.0),
        "SpotDuration": call.number("SpotDuration", default=1) if spot != "NoSpot" else 0,
        "SpotInterruptionBehavior": call.text("SpotInterruptionBehavior", default="Terminate") if spot != "NoSpot" else "",
        "DeletionProtection": call.flag("DeletionProtection"),
        "AutoReleaseTime": read_release_time(call),
    }


def _check_prepaid(call: Call, *, spot: str) -> None:
    if spot != "NoSpot":
        raise ApiError("InvalidSpotPrepaid", message="A subscription is not a spot instance.")
    if not call.number("Period"):
        raise ApiError("InvalidPeriod", message="A subscription needs a Period.")
    if call.flag("DeletionProtection"):
        raise ApiError("InvalidParameter", message="DeletionProtection is for pay-as-you-go instances.", status=400)


def read_release_time(call: Call) -> str:
    """AutoReleaseTime, at least half an hour ahead. Raises InvalidAutoReleaseTime.Malformed."""
    text = call.text("AutoReleaseTime")
    if not text:
        return ""
    try:
        at = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError as error:
        raise ApiError("InvalidAutoReleaseTime.Malformed", message=f"{text} is not a UTC time.") from error
    if at < call.now + EARLIEST_RELEASE:
        raise ApiError("InvalidAutoReleaseTime.Malformed", message="AutoReleaseTime is at least 30 minutes ahead.")
    return text


def internet(call: Call) -> dict[str, Any]:
    """Public bandwidth, Mbit/s. Raises InvalidInternet... ."""
    out = call.number("InternetMaxBandwidthOut")
    charge = call.text("InternetChargeType", default="PayByTraffic")
    if not 0 <= out <= MOST_BANDWIDTH:
        message = f"InternetMaxBandwidthOut is 0 to {MOST_BANDWIDTH}."
        raise ApiError("InvalidInternetMaxBandwidthOut.Malformed", message=message)
    if charge not in ("PayByTraffic", "PayByBandwidth"):
        raise ApiError("InvalidInternetChargeType.ValueNotSupported", message="There is no such InternetChargeType.")
    return {
        "InternetMaxBandwidthOut": out,
        "InternetMaxBandwidthIn": call.number("InternetMaxBandwidthIn", default=max(10, out)),
        "InternetChargeType": charge,
    }


def other(call: Call) -> dict[str, Any]:
    """Description and what is merely kept. Raises InvalidDescription.Malformed, InvalidHttp... ."""
    check_description(call.text("Description"), code="InvalidDescription.Malformed")
    endpoint, tokens = call.text("HttpEndpoint", default="enabled"), call.text("HttpTokens", default="optional")
    if endpoint not in ("enabled", "disabled"):
        raise ApiError("InvalidHttpEndpoint.NotSupported", message="HttpEndpoint is enabled or disabled.")
    if tokens not in ("optional", "required"):
        raise ApiError("InvalidHttpTokens.NotSupported", message="HttpTokens is optional or required.")
    return {
        "Description": call.text("Description"),
        "ResourceGroupId": call.text("ResourceGroupId"),
        "CreditSpecification": call.text("CreditSpecification"),
        "Tenancy": call.text("Tenancy", default="default"),
        "HttpEndpoint": endpoint,
        "HttpTokens": tokens,
        "HttpPutResponseHopLimit": call.number("HttpPutResponseHopLimit", default=1),
        "SecurityEnhancementStrategy": call.text("SecurityEnhancementStrategy"),
    }
