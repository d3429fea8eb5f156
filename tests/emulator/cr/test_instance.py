"""Instances: the standing one, buying, giving back, tags."""

import pytest
from alibabacloud_bssopenapi20171214 import models as bss
from alibabacloud_bssopenapi20171214.client import Client as BssClient
from alibabacloud_cr20181201.client import Client
from alibabacloud_cr20181201.models import ListInstanceRequest, TagResourcesRequest, TagResourcesRequestTag
from darabonba.exceptions import DaraException

from tests.emulator.conftest import LocalCloud, code_of
from tests.emulator.cr.conftest import LOCAL, Ask


def test_every_region_has_one_that_the_world_does_not_show(cloud: LocalCloud, ask: Ask) -> None:
    listed = ask("list_instance", instance_name="local")
    assert [(one["InstanceId"], one["RegionId"]) for one in listed["Instances"]] == [(LOCAL, "cn-hangzhou")]
    there = ask("get_instance", instance_id=LOCAL)
    assert (there["InstanceStatus"], there["InstanceSpecification"]) == ("RUNNING", "Enterprise_Basic")
    assert cloud.world() == []


def test_its_region_is_found_from_the_id(cloud: LocalCloud, ask: Ask) -> None:
    assert ask("get_instance", instance_id="cri-localapsoutheast1")["InstanceStatus"] == "RUNNING"
    ask("create_namespace", instance_id="cri-localapsoutheast1", namespace_name="shop")
    assert ask("list_namespace", instance_id="cri-localapsoutheast1")["TotalCount"] == "1"
    assert ask("list_namespace", instance_id=LOCAL)["TotalCount"] == "0"


def test_what_does_not_exist_is_refused_with_200(ask: Ask) -> None:
    answer = ask("get_instance", instance_id="cri-nowhere")
    assert (answer["IsSuccess"], answer["Code"]) == (False, "INSTANCE_NOT_EXIST")


def test_a_tag_makes_it_a_resource_and_reset_brings_it_back(cloud: LocalCloud, ask: Ask) -> None:
    client = Client(cloud.config())
    tag = TagResourcesRequestTag(key="team", value="shop")
    client.tag_resources(TagResourcesRequest(region_id="cn-hangzhou", resource_id=[LOCAL], resource_type="Instance", tag=[tag]))
    assert ask("get_instance", instance_id=LOCAL)["Tags"] == [{"TagKey": "team", "TagValue": "shop"}]
    assert [one["id"] for one in cloud.world()] == [LOCAL]
    assert client.list_instance(ListInstanceRequest()).body.total_count == 1
    cloud.control("POST", "reset")
    assert ask("get_instance", instance_id=LOCAL)["Tags"] == []
    assert cloud.world() == []


def test_other_accounts_have_none(cloud: LocalCloud) -> None:
    cloud.settings(keys=[{"id": "other", "secret": "other", "account": "2000000000000000"}])
    assert Client(cloud.config("other", "other")).list_instance(ListInstanceRequest()).body.total_count == 0


def test_one_is_bought_with_a_token_and_given_back(cloud: LocalCloud, ask: Ask) -> None:
    client = BssClient(cloud.config())
    wanted = {"Region": "cn-hangzhou", "InstanceName": "bought", "InstanceType": "Standard"}
    request = bss.CreateInstanceRequest(
        product_code="acr",
        product_type="acr_ee_public_cn",
        subscription_type="Subscription",
        period=1,
        client_token="once",
        parameter=[bss.CreateInstanceRequestParameter(code=code, value=value) for code, value in wanted.items()],
    )
    made = client.create_instance(request).body
    assert made.success
    again = client.create_instance(request).body
    assert again.data.instance_id == made.data.instance_id
    id_ = made.data.instance_id
    assert ask("get_instance", instance_id=id_)["InstanceStatus"] == "PENDING"
    assert ask("create_namespace", instance_id=id_, namespace_name="shop")["Code"] == "INSTANCE_STATUS_NOT_SUPPORT"
    cloud.pass_time(60)
    assert ask("create_namespace", instance_id=id_, namespace_name="shop")["IsSuccess"]
    refund = bss.RefundInstanceRequest(
        client_token="back", instance_id=id_, product_code="acr", product_type="acr_ee_public_cn", immediately_release="1"
    )
    assert client.refund_instance(refund).body.success
    assert ask("get_instance", instance_id=id_)["InstanceStatus"] == "DELETING"
    cloud.pass_time(30)
    assert ask("get_instance", instance_id=id_)["Code"] == "INSTANCE_NOT_EXIST"
    assert cloud.world() == []


def test_the_other_site_sells_nothing_here(cloud: LocalCloud) -> None:
    request = bss.CreateInstanceRequest(product_code="acr", product_type="acr_ee_public_intl", subscription_type="Subscription")
    with pytest.raises(DaraException) as failure:
        BssClient(cloud.config()).create_instance(request)
    assert code_of(failure) == "NotApplicable"


def test_the_standing_one_can_be_given_back(cloud: LocalCloud, ask: Ask) -> None:
    refund = bss.RefundInstanceRequest(client_token="back", instance_id=LOCAL, product_code="acr", immediately_release="1")
    assert BssClient(cloud.config()).refund_instance(refund).body.success
    cloud.pass_time(30)
    assert ask("list_instance")["Instances"] == []
