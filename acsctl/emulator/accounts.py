"""Who may call: access keys, their accounts, and temporary keys with a security token."""

from dataclasses import dataclass

from acsctl.emulator.errors import ApiError
from acsctl.emulator.signature import Claim

LOCAL_ACCOUNT = "1000200030004000"
"""The account of the default key, `local` with secret `local`: 16 digits as the real ones have."""


@dataclass(frozen=True)
class AccessKey:
    """user: empty for the account itself, else the name of a RAM user. expires: unix seconds of the wall
    clock, for temporary keys."""

    id: str
    secret: str
    account: str = LOCAL_ACCOUNT
    user: str = ""
    active: bool = True
    security_token: str = ""
    expires: float | None = None


LOCAL_KEY = AccessKey("local", "local")


def admit(claim: Claim, *, keys: dict[str, AccessKey], now: float) -> AccessKey:
    """The key of a claim. Raises ApiError when it is unknown, switched off, expired, or comes with a wrong token."""
    key = keys.get(claim.key_id)
    if key is None:
        raise ApiError("InvalidAccessKeyId.NotFound", message="The access key id is not known to the local cloud.")
    if not key.active:
        raise ApiError("InvalidAccessKeyId.Inactive", message="The access key is switched off.")
    if key.security_token != claim.security_token:
        raise ApiError(
            "InvalidSecurityToken.MismatchWithAccessKey", message="The security token is not that of the access key."
        )
    if key.expires is not None and now >= key.expires:
        raise ApiError("InvalidSecurityToken.Expired", message="The security token has expired.")
    return key
