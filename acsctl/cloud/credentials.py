"""Where the keys come from: Alibaba's names and files, our own order, and nothing asked that was not asked for.

The official library's own chain asks the metadata service of an ECS instance before it gives up: two seconds of silence on
every other machine (sheet wire.md 3). Here only a profile or ALIBABA_CLOUD_ECS_METADATA leads there. The library does the rest:
assuming roles, OIDC, CloudSSO, renewing. It is imported when a key is first needed. No secret is in any repr or message.
"""

from __future__ import annotations

import configparser
import json
import os
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from acsctl.cloud.lazy import import_light
from acsctl.errors import AccessError

RENEWALS = 2  # times that one call asks for new keys
_PREFIX = "ALIBABA_CLOUD_"
_REMEDY = (
    "Set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or run `aliyun configure`, "
    "or try the stack with no account: --cloud local."
)


@dataclass(frozen=True)
class Keys:
    """What signs a request; `token` is empty for a permanent key."""

    access_key_id: str
    secret: str = field(repr=False)
    token: str = field(default="", repr=False)


class Credentials:
    """A source of keys, asked before every request: temporary ones are renewed in time.

    `reopen` makes the source forget what it has and ask anew; None where it has nothing else to give.
    """

    def __init__(self, source: str, *, provide: Callable[[], Keys], reopen: Callable[[], None] | None = None) -> None:
        self._source = source
        self._provide = provide
        self._reopen = reopen
        self._lock = threading.Lock()
        self._given = threading.local()

    def __repr__(self) -> str:
        return f"Credentials({self._source})"

    def describe(self) -> str:
        """Which source is used, in words; never a secret."""
        return self._source

    def keys(self) -> Keys:
        """The keys of this moment. Raises AccessError when the source does not give any."""
        self._given.keys = found = self._provide()
        return found

    def renew(self) -> bool:
        """After the cloud refused what this thread was given last as expired: whether there are other keys by now.

        Asks the source anew, once for all threads that were refused. Raises AccessError when it does not give any.
        """
        with self._lock:
            given: Keys = self._given.keys
            if self._reopen is not None and self._provide() == given:
                self._reopen()
            return self._provide() != given


def static_credentials(access_key_id: str, *, secret: str, token: str = "", source: str = "given keys") -> Credentials:
    """Keys that are known already."""
    keys = Keys(access_key_id, secret, token)
    return Credentials(source, provide=lambda: keys)


LOCAL = static_credentials("local", secret="local", source="the key of a local cloud")


def resolve_credentials(
    environ: Mapping[str, str] | None = None, *, profile: str | None = None, home: Path | None = None
) -> Credentials:
    """The first source that is set, in the order of Alibaba's tools. `profile` (--profile) goes before the environment's keys.

    Nothing is sent and no SDK is loaded until `keys()` is called. Raises AccessError when no source is set, when one is set
    by half, or when the named profile does not exist.
    """
    found = next(_sources(_Settings(os.environ if environ is None else environ, profile, home or Path.home())), None)
    if found is None:
        raise AccessError("no credentials for Alibaba Cloud were found", remedy=_REMEDY)
    return found


@dataclass(frozen=True)
class _Settings:
    environ: Mapping[str, str]
    wanted: str | None
    home: Path

    def get(self, name: str) -> str:
        return self.environ.get(_PREFIX + name, "")

    def on(self, name: str) -> bool:
        return self.get(name).lower() == "true"

    @property
    def profile(self) -> str:
        return self.wanted or self.get("PROFILE")

    @property
    def cli_file(self) -> Path:
        return self.home / ".aliyun" / "config.json"

    @property
    def ini_file(self) -> Path:
        return Path(self.get("CREDENTIALS_FILE") or self.home / ".alibabacloud" / "credentials.ini")


def _sources(settings: _Settings) -> Iterator[Credentials]:
    if not settings.wanted:
        yield from _from_environment(settings)
        yield from _from_oidc(settings)
    if not settings.on("CLI_PROFILE_DISABLED"):
        yield from _from_cli_profile(settings)
    yield from _from_ini(settings)
    if settings.profile:
        where = f"{settings.cli_file} and {settings.ini_file}"
        raise AccessError(
            f"there is no usable profile {settings.profile!r} in {where}", remedy="List them: aliyun configure list"
        )
    yield from _from_machine(settings)


def _from_environment(settings: _Settings) -> Iterator[Credentials]:
    key, secret = settings.get("ACCESS_KEY_ID"), settings.get("ACCESS_KEY_SECRET")
    if bool(key) != bool(secret):
        missing = "ACCESS_KEY_SECRET" if key else "ACCESS_KEY_ID"
        raise AccessError(f"{_PREFIX}{missing} is not set, but its other half is", remedy="Set both or none.")
    if key:
        source = f"environment variable {_PREFIX}ACCESS_KEY_ID"
        yield static_credentials(key, secret=secret, token=settings.get("SECURITY_TOKEN"), source=source)


def _from_oidc(settings: _Settings) -> Iterator[Credentials]:
    file, role, provider = (settings.get(name) for name in ("OIDC_TOKEN_FILE", "ROLE_ARN", "OIDC_PROVIDER_ARN"))
    if file and role and provider:
        yield _library(
            f"OIDC role {role}",
            make=lambda library: library.OIDCRoleArnCredentialsProvider(
                role_arn=role,
                oidc_provider_arn=provider,
                oidc_token_file_path=file,
                role_session_name=settings.get("ROLE_SESSION_NAME") or "acsctl",
                sts_region_id=settings.get("STS_REGION") or None,
                enable_vpc=settings.on("VPC_ENDPOINT_ENABLED"),
            ),
        )


def _from_cli_profile(settings: _Settings) -> Iterator[Credentials]:
    path = settings.cli_file
    if not path.is_file():
        return
    try:
        config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8-sig"))
        profiles = {str(entry.get("name")): entry for entry in config.get("profiles") or ()}
        name = settings.profile or str(config.get("current") or "")
    except (ValueError, AttributeError, TypeError, OSError) as error:
        raise AccessError(f"{path} cannot be read: {type(error).__name__}", remedy="Mend it with `aliyun configure`.") from None
    entry = cast("dict[str, Any] | None", profiles.get(name))
    if entry is None:
        return
    mode = str(entry.get("mode"))
    # `aliyun configure` leaves an empty profile behind when it is broken off.
    if mode in ("AK", "StsToken") and not (entry.get("access_key_id") and entry.get("access_key_secret")):
        return
    source = f"profile {name} ({mode}) of {path}"
    yield _library(
        source, make=lambda library: library.CLIProfileCredentialsProvider(profile_name=name, profile_file=str(path))
    )


def _from_ini(settings: _Settings) -> Iterator[Credentials]:
    path, name = settings.ini_file, settings.profile or "default"
    if not path.is_file():
        return
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(path, encoding="utf-8")
    except (configparser.Error, ValueError) as error:
        raise AccessError(f"{path} cannot be read: {type(error).__name__}", remedy="Mend or remove it.") from None
    if parser.has_section(name):
        yield _library(
            f"section {name} of {path}",
            make=lambda library: library.ProfileCredentialsProvider(profile_name=name, profile_file=str(path)),
        )


def _from_machine(settings: _Settings) -> Iterator[Credentials]:
    role, uri = settings.get("ECS_METADATA"), settings.get("CREDENTIALS_URI")
    if role and not settings.on("ECS_METADATA_DISABLED"):
        yield _library(
            f"RAM role {role} of this ECS instance",
            make=lambda library: library.EcsRamRoleCredentialsProvider(
                role_name=role, disable_imds_v1=settings.on("IMDSV1_DISABLED"), async_update_enabled=False
            ),
        )
    if uri:
        yield _library(f"{_PREFIX}CREDENTIALS_URI", make=lambda library: library.URLCredentialsProvider(uri=uri))


def _library(source: str, *, make: Callable[[Any], Any]) -> Credentials:
    lock = threading.Lock()
    made: list[Any] = []

    def provide() -> Keys:
        try:
            with lock:
                if not made:
                    made.append(make(import_light("alibabacloud_credentials.provider")))
                found = made[0].get_credentials()
        except Exception as error:
            # The library's words may hold the answer that it got, keys included: only a code is taken out of them.
            code = re.search(r'"Code"\s*:\s*"([\w.]+)"', str(error))
            reason = code.group(1) if code else type(error).__name__
            remedy = "Log in again, or choose another --profile."
            raise AccessError(f"{source} gives no credentials: {reason}", remedy=remedy) from None
        return Keys(found.get_access_key_id(), found.get_access_key_secret(), found.get_security_token() or "")

    def reopen() -> None:
        with lock:
            made.clear()

    return Credentials(source, provide=provide, reopen=reopen)
