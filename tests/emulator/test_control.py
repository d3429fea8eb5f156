"""The local cloud's own API, throttling, quotas, keys."""

import pytest
from alibabacloud_sts20150401 import models as sts
from alibabacloud_sts20150401.client import Client as StsClient
from alibabacloud_vpc20160428 import models as m
from darabonba.exceptions import DaraException

from acsctl.emulator import Options, run
from acsctl.emulator.call import Call
from acsctl.emulator.services import HANDLERS
from acsctl.emulator.services.network import VPC
from tests.emulator.conftest import REGION, HandClock, LocalCloud, code_of
from tests.emulator.raw import acs3, rpc, send


def test_calls_are_counted(cloud: LocalCloud) -> None:
    cloud.vpc.create_vpc(m.CreateVpcRequest(region_id=REGION))
    with pytest.raises(DaraException):
        cloud.vpc.delete_vpc(m.DeleteVpcRequest(vpc_id="vpc-none"))
    cloud.control("GET", "health")
    calls = cloud.control("GET", "calls")
    assert calls == {
        "total": 2,
        "actions": {"vpc.CreateVpc": 1, "vpc.DeleteVpc": 1},
        "errors": {"InvalidVpcId.NotFound": 1},
    }
    cloud.control("DELETE", "calls")
    assert cloud.control("GET", "calls") == {"total": 0, "actions": {}, "errors": {}}


def test_reset_empties_the_world(cloud: LocalCloud) -> None:
    first = cloud.vpc.create_vpc(m.CreateVpcRequest(region_id=REGION, client_token="t")).body.vpc_id
    cloud.control("POST", "reset")
    assert cloud.world() == []
    assert cloud.vpc.create_vpc(m.CreateVpcRequest(region_id=REGION, client_token="t")).body.vpc_id != first


def test_wrong_settings_change_nothing(cloud: LocalCloud) -> None:
    before = cloud.control("GET", "settings")
    for body in (b'{"speed": "fast"}', b'{"speed": 5, "colour": 1}', b"{", b"[]"):
        assert send(f"{cloud.address}/_emulator/settings", method="PUT", body=body).status == 400
    assert cloud.control("GET", "settings") == before


def test_unknown_paths(cloud: LocalCloud) -> None:
    assert send(f"{cloud.address}/_emulator/coffee").status == 404


def test_throttling(cloud: LocalCloud) -> None:
    cloud.settings(throttle={"vpc.CreateVpc": {"calls": 2, "seconds": 60}})
    for _ in range(2):
        cloud.vpc.create_vpc(m.CreateVpcRequest(region_id=REGION))
    cloud.pass_time(20)
    answer = rpc(cloud.address, "CreateVpc", RegionId=REGION)
    assert (answer.json["Code"], answer.headers["x-acs-retry-after"]) == ("Throttling.User", "40000")
    cloud.vpc.describe_vpcs(m.DescribeVpcsRequest(region_id=REGION))
    cloud.vpc.create_vpc(m.CreateVpcRequest(region_id="cn-beijing"))
    cloud.pass_time(40)
    cloud.vpc.create_vpc(m.CreateVpcRequest(region_id=REGION))


def test_speed_changes_from_now_on(cloud: LocalCloud) -> None:
    cloud.vpc.create_vpc(m.CreateVpcRequest(region_id=REGION))
    cloud.pass_time(1)
    cloud.settings(speed=100.0)
    cloud.pass_time(0.019)
    assert cloud.world("vpc")[0]["attributes"]["Status"] == "Pending"
    cloud.pass_time(0.001)
    assert cloud.world("vpc")[0]["attributes"]["Status"] == "Available"


def test_who_am_i(cloud: LocalCloud) -> None:
    body = cloud.sts.get_caller_identity().body
    assert (body.account_id, body.identity_type) == ("1000200030004000", "Account")
    cloud.settings(keys=[{"id": "bob", "secret": "s", "user": "bob"}, {"id": "off", "secret": "s", "active": False}])
    bob = StsClient(cloud.config("bob", "s")).get_caller_identity().body
    assert (bob.identity_type, bob.arn) == ("RAMUser", "acs:ram::1000200030004000:user/bob")
    with pytest.raises(DaraException) as failure:
        StsClient(cloud.config("off", "s")).get_caller_identity()
    assert code_of(failure) == "InvalidAccessKeyId.Inactive"


def test_accounts_are_apart(cloud: LocalCloud) -> None:
    cloud.settings(keys=[{"id": "other", "secret": "s", "account": "2000000000000002"}])
    cloud.vpc.create_vpc(m.CreateVpcRequest(region_id=REGION))
    answer = rpc(cloud.address, "DescribeVpcs", secret="s", AccessKeyId="other", RegionId=REGION)
    assert answer.json["TotalCount"] == 0


def test_temporary_keys(cloud: LocalCloud) -> None:
    arn = "acs:ram::1000200030004000:role/deployer"
    request = sts.AssumeRoleRequest(role_arn=arn, role_session_name="ci")
    made = cloud.sts.assume_role(request).body.credentials
    config = cloud.config(made.access_key_id, made.access_key_secret)
    config.security_token = made.security_token
    who = StsClient(config).get_caller_identity().body
    assert who.arn == "acs:ram::1000200030004000:assumed-role/deployer/ci"
    config.security_token = "another"
    with pytest.raises(DaraException) as failure:
        StsClient(config).get_caller_identity()
    assert code_of(failure) == "InvalidSecurityToken.MismatchWithAccessKey"
    assert acs3(cloud.address, "DescribeVpcs", RegionId=REGION).status == 200


def test_a_bug_of_ours_answers_500_and_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(call: Call) -> dict[str, object]:
        call.create(VPC, attributes={})
        raise LookupError("bug")

    monkeypatch.setitem(HANDLERS, "vpc.CreateVpc", broken)
    clock = HandClock()
    with run(Options(clock=clock)) as server:
        cloud = LocalCloud(server, clock=clock)
        answer = rpc(cloud.address, "CreateVpc", RegionId=REGION)
        assert (answer.status, answer.json["Code"], cloud.world()) == (500, "InternalError", [])
        (found,) = cloud.findings("crash")
        assert found["action"] == "vpc.CreateVpc"
        assert "LookupError: bug" in found["text"]
