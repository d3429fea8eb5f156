"""Who is calling: the record, the ClientTokens and the messages all hang on the account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from acsctl.cloud.answer import dig

if TYPE_CHECKING:
    from acsctl.cloud.call import Cloud


def account_id(cloud: Cloud) -> str:
    """The id of the account that the credentials belong to (API sts GetCallerIdentity). Raises what `Cloud.call` raises."""
    return dig(cloud.call("sts", "GetCallerIdentity", {}), "AccountId", str, action="sts.GetCallerIdentity")
