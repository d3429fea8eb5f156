"""ClientToken (sheet behaviour.md 4)."""

import time
from types import SimpleNamespace

import pytest
from alibabacloud_vpc20160428 import models as m
from darabonba.exceptions import DaraException

from tests.emulator.conftest import REGION, LocalCloud, code_of
from tests.emulator.raw import rpc


def create(cloud: LocalCloud, token: str, **parameters: object) -> str:
    request = m.CreateVpcRequest(region_id=REGION, client_token=token, **parameters)
    return cloud.vpc.create_vpc(request).body.vpc_id


def test_the_same_call_again_makes_nothing(cloud: LocalCloud) -> None:
    assert create(cloud, "t", vpc_name="a") == create(cloud, "t", vpc_name="a")
    assert len(cloud.world("vpc")) == 1


def test_the_answer_stays_although_the_thing_is_gone(cloud: LocalCloud) -> None:
    vpc_id = create(cloud, "t")
    cloud.pass_time(5)
    cloud.vpc.delete_vpc(m.DeleteVpcRequest(vpc_id=vpc_id))
    cloud.pass_time(5)
    assert create(cloud, "t") == vpc_id
    assert cloud.world() == []


def test_other_parameters_are_refused(cloud: LocalCloud) -> None:
    create(cloud, "t", vpc_name="a")
    with pytest.raises(DaraException) as failure:
        create(cloud, "t", vpc_name="b")
    assert (code_of(failure), failure.value.status_code) == ("IdempotentParameterMismatch", 400)


def test_another_action_or_region_is_another_token(cloud: LocalCloud) -> None:
    vpc_id = create(cloud, "t")
    cloud.pass_time(5)
    cloud.vpc.delete_vpc(m.DeleteVpcRequest(vpc_id=vpc_id, client_token="t"))
    assert cloud.vpc.create_vpc(m.CreateVpcRequest(region_id="cn-beijing", client_token="t")).body.vpc_id != vpc_id


def test_the_memory_ends(cloud: LocalCloud) -> None:
    cloud.settings(token_memory=60.0)
    first = create(cloud, "t")
    cloud.pass_time(59)
    assert create(cloud, "t") == first
    cloud.pass_time(1)
    assert create(cloud, "t") != first


def test_a_failure_is_kept(cloud: LocalCloud) -> None:
    cloud.settings(quotas={"vpc.vpcs": 0})
    with pytest.raises(DaraException):
        create(cloud, "t")
    cloud.settings(quotas={})
    with pytest.raises(DaraException) as failure:
        create(cloud, "t")
    assert code_of(failure) == "QuotaExceeded.Vpc"


def test_a_failure_is_forgotten_when_told_so(cloud: LocalCloud) -> None:
    cloud.settings(quotas={"vpc.vpcs": 0}, keep_failed_tokens=False)
    with pytest.raises(DaraException):
        create(cloud, "t")
    cloud.settings(quotas={})
    assert create(cloud, "t")


def test_a_dry_run_uses_no_token(cloud: LocalCloud) -> None:
    with pytest.raises(DaraException) as failure:
        create(cloud, "t", dry_run=True)
    assert code_of(failure) == "DryRunOperation"
    assert create(cloud, "t")


@pytest.mark.parametrize("slow", [1, 2])
def test_a_call_whose_first_attempt_still_runs(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch, slow: int) -> None:
    codes: list[tuple[str, int]] = []

    def meanwhile(seconds: float) -> None:
        if not codes:
            codes.append(("", 0))
            with pytest.raises(DaraException) as failure:
                create(cloud, "t")
            codes.append((code_of(failure), failure.value.status_code))
            create(cloud, "other")

    monkeypatch.setattr("acsctl.emulator.application.time", SimpleNamespace(sleep=meanwhile, time=time.time))
    cloud.control("PUT", "faults", [{"action": "vpc.CreateVpc", "kind": "slow", "times": slow}])
    vpc_id = create(cloud, "t")
    assert codes[1:] == [("TOKEN_PROCESSING", 400)]
    assert create(cloud, "t") == vpc_id
    assert len(cloud.world("vpc")) == 2


@pytest.mark.parametrize("token", ["x" * 65, "é"])
def test_malformed_tokens(cloud: LocalCloud, token: str) -> None:
    assert rpc(cloud.address, "CreateVpc", RegionId=REGION, ClientToken=token).json["Code"] == "InvalidParameter"
    legacy = rpc(cloud.address, "CreateVpc", RegionId=REGION, ClientToken=token, Version="2014-05-26")
    assert legacy.json["Code"] == "InvalidClientToken.ValueNotSupported"
