"""Where keys come from, in which order, and that no secret is ever told."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from acsctl.cloud import LOCAL, connect, resolve_credentials, static_credentials
from acsctl.errors import AccessError
from tests.cloud.server import Reply

PRE = "ALIBABA_CLOUD_"
ENV = {PRE + "ACCESS_KEY_ID": "AKenv", PRE + "ACCESS_KEY_SECRET": "s3cret-env"}


@pytest.fixture
def home(tmp_path):
    return tmp_path


def write_cli(home, *profiles, current="default"):
    path = home / ".aliyun" / "config.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"current": current, "profiles": list(profiles)}))


def write_ini(home, text):
    path = home / ".alibabacloud" / "credentials.ini"
    path.parent.mkdir()
    path.write_text(text)


def ak(name, key="AKcli"):
    return {"name": name, "mode": "AK", "access_key_id": key, "access_key_secret": f"s3cret-{key}"}


INI = "[default]\ntype=access_key\naccess_key_id=AKini\naccess_key_secret=s3cret-ini\n"


def test_the_environment_comes_first(home):
    write_cli(home, ak("default"))
    found = resolve_credentials({**ENV, PRE + "SECURITY_TOKEN": "t"}, home=home)
    keys = found.keys()
    assert (keys.access_key_id, keys.secret, keys.token) == ("AKenv", "s3cret-env", "t")
    assert found.describe() == "environment variable ALIBABA_CLOUD_ACCESS_KEY_ID"


def test_a_profile_on_the_command_line_goes_before_the_environment(home):
    write_cli(home, ak("default"), ak("team", "AKteam"))
    found = resolve_credentials(ENV, profile="team", home=home)
    assert found.keys().access_key_id == "AKteam"
    assert found.describe() == f"profile team (AK) of {home}/.aliyun/config.json"


def test_the_current_profile_of_the_cli_then_the_ini_file(home):
    write_ini(home, INI)
    assert resolve_credentials({}, home=home).keys().access_key_id == "AKini"
    write_cli(home, ak("default"), ak("other", "AKother"), current="other")
    assert resolve_credentials({}, home=home).keys().access_key_id == "AKother"
    assert resolve_credentials({PRE + "PROFILE": "default"}, home=home).keys().access_key_id == "AKcli"
    assert resolve_credentials({PRE + "CLI_PROFILE_DISABLED": "true"}, home=home).keys().access_key_id == "AKini"


def test_temporary_keys_of_a_profile_keep_their_token(home):
    write_cli(home, {**ak("default", "STS.x"), "mode": "StsToken", "sts_token": "tok"})
    assert resolve_credentials({}, home=home).keys().token == "tok"


def test_an_empty_profile_left_by_the_cli_is_no_source(home):
    write_cli(home, {"name": "default", "mode": "AK", "access_key_id": "", "access_key_secret": ""})
    with pytest.raises(AccessError, match="no credentials"):
        resolve_credentials({}, home=home)


@pytest.mark.parametrize("name", list(ENV))
def test_half_a_key_is_an_error(home, name):
    with pytest.raises(AccessError, match="other half"):
        resolve_credentials({name: ENV[name]}, home=home)


@pytest.mark.parametrize("where", ["flag", "environment"])
def test_a_profile_that_does_not_exist_is_an_error(home, where):
    write_cli(home, ak("default"))
    environ = {PRE + "PROFILE": "nobody"} if where == "environment" else {}
    with pytest.raises(AccessError, match="'nobody'"):
        resolve_credentials(environ, profile="nobody" if where == "flag" else None, home=home)


def test_a_broken_file_is_named_and_not_quoted(home):
    path = home / ".aliyun" / "config.json"
    path.parent.mkdir()
    path.write_text('{"access_key_secret": "s3cret"')
    with pytest.raises(AccessError, match=r"config\.json") as caught:
        resolve_credentials({}, home=home)
    assert "s3cret" not in str(caught.value)


def test_nothing_set_is_an_error_with_a_remedy(home):
    with pytest.raises(AccessError) as caught:
        resolve_credentials({}, home=home)
    assert "--cloud local" in caught.value.remedy


def test_the_machine_is_asked_only_when_it_is_named(home):
    role = {PRE + "ECS_METADATA": "worker"}
    assert "RAM role worker" in resolve_credentials(role, home=home).describe()
    with pytest.raises(AccessError):
        resolve_credentials({**role, PRE + "ECS_METADATA_DISABLED": "true"}, home=home)


def test_oidc_needs_all_three_and_fails_in_words(home):
    half = {PRE + "ROLE_ARN": "acs:ram::1:role/ci", PRE + "OIDC_PROVIDER_ARN": "acs:ram::1:oidc-provider/gh"}
    with pytest.raises(AccessError, match="no credentials"):
        resolve_credentials(half, home=home)
    found = resolve_credentials({**half, PRE + "OIDC_TOKEN_FILE": str(home / "absent")}, home=home)
    assert found.describe() == "OIDC role acs:ram::1:role/ci"
    with pytest.raises(AccessError, match=r"OIDC role .* gives no credentials: FileNotFoundError"):
        found.keys()


def test_a_credentials_uri_is_fetched_and_its_answers_are_never_quoted(home, server):
    body = {
        "Code": "Success",
        "AccessKeyId": "STS.uri",
        "AccessKeySecret": "s3cret",
        "SecurityToken": "tok",
        "Expiration": "2099-01-01T00:00:00Z",
    }
    found = resolve_credentials({PRE + "CREDENTIALS_URI": f"{server.url}/keys?t=s3cret"}, home=home)
    server.on("", Reply({**body, "SecurityToken": None, "Code": "Nope"}))
    with pytest.raises(AccessError, match="gives no credentials: Nope") as caught:
        found.keys()
    assert "s3cret" not in f"{caught.value} {caught.value.__cause__} {found.describe()} {found!r}"
    server.on("", Reply(body))
    assert found.keys().access_key_id == "STS.uri"


def test_a_source_that_gives_nothing_fails_the_call_in_words(home, server, clock):
    environ = {PRE + "CREDENTIALS_URI": f"{server.url}/keys"}
    server.on("", Reply(b"gone", 410))
    cloud = connect("cn-hangzhou", endpoint=server.url, credentials=resolve_credentials(environ, home=home), clock=clock)
    with pytest.raises(AccessError):
        cloud.call("vpc", "DescribeVpcs", {})
    assert server.asked("DescribeVpcs") == []


def test_no_secret_in_any_repr():
    found = static_credentials("AK", secret="s3cret", token="t0ken")
    text = f"{found!r} {found} {found.keys()!r} {vars(found)}"
    assert "s3cret" not in text
    assert "t0ken" not in text


def test_a_local_cloud_gets_the_local_key_even_where_real_ones_are_set(server, clock, monkeypatch):
    for name, value in ENV.items():
        monkeypatch.setenv(name, value)
    connect("cn-hangzhou", endpoint=server.url, clock=clock).call("vpc", "DescribeVpcs", {})
    assert server.seen[0].is_signed_with("local")
    assert "AKenv" not in str(server.seen[0].headers)
    assert LOCAL.describe() == "the key of a local cloud"


def test_the_libraries_print_nothing(home, server):
    code = (
        "import pathlib\nfrom acsctl.cloud import connect, resolve_credentials\nfrom acsctl.errors import AccessError\n"
        f"found = resolve_credentials({{'{PRE}CREDENTIALS_URI': 'http://127.0.0.1:1/'}}, home=pathlib.Path({str(home)!r}))\n"
        f"cloud = connect('cn-hangzhou', endpoint={server.url!r}, credentials=found)\n"
        "try:\n    cloud.call('vpc', 'DescribeVpcs', {})\nexcept AccessError:\n    pass\nelse:\n    raise SystemExit(9)\n"
    )
    environ = {**os.environ, "DEBUG": "sdk"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, env=environ)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
