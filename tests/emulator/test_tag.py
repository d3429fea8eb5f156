"""The Tag product: by ARN, over all products."""

import json
from typing import Any

from tests.emulator.conftest import LocalCloud
from tests.emulator.vpc.network import make_eip, make_vpc

ACCOUNT = "1000200030004000"
TAG = {"Version": "2018-08-28"}


def arn(id_: str, kind: str = "vpc") -> str:
    return f"arn:acs:vpc:cn-hangzhou:{ACCOUNT}:{kind}/{id_}"


def listed(cloud: LocalCloud, **fields: Any) -> list[tuple[str, dict[str, str]]]:
    rows = cloud.do("ListTagResources", **TAG, **fields)["TagResources"]
    return [(one["ResourceARN"], {tag["Key"]: tag["Value"] for tag in one["Tags"]}) for one in rows]


def test_tags_by_arn(cloud: LocalCloud) -> None:
    vpc_id, (eip_id, _) = make_vpc(cloud), make_eip(cloud)
    arns = {"ResourceARN.1": arn(vpc_id), "ResourceARN.2": arn(eip_id, "eip")}
    cloud.do("TagResources", **TAG, **arns, Tags=json.dumps({"a": "1", "b": "2"}))
    both = [(arn(vpc_id), {"a": "1", "b": "2"}), (arn(eip_id, "eip"), {"a": "1", "b": "2"})]
    assert listed(cloud, **arns) == both
    assert sorted(listed(cloud, Tags='{"a": "1"}')) == sorted(both)
    assert listed(cloud, Tags='{"a": "2"}') == []
    cloud.do("UntagResources", **TAG, **{"ResourceARN.1": arn(vpc_id), "TagKey.1": "a"})
    assert cloud.world("vpc")[0]["tags"] == {"b": "2"}


def test_each_arn_for_itself(cloud: LocalCloud) -> None:
    vpc_id = make_vpc(cloud)
    arns = {"ResourceARN.1": arn("vpc-none"), "ResourceARN.2": f"acs:vpc:*:*:vpc/{vpc_id}", "ResourceARN.3": "nonsense"}
    answer = cloud.do("TagResources", **TAG, **arns, Tags='{"a": "1"}')
    failed = [(one["ResourceARN"], one["Result"]["Code"]) for one in answer["FailedResources"]["FailedResource"]]
    assert failed == [(arn("vpc-none"), "InvalidResourceId.NotFound"), ("nonsense", "InvalidResourceARN.FormatError")]
    assert cloud.world("vpc")[0]["tags"] == {"a": "1"}


def test_refusals(cloud: LocalCloud) -> None:
    vpc_id = make_vpc(cloud)
    fields = {**TAG, "ResourceARN.1": arn(vpc_id)}
    assert cloud.code("TagResources", **fields, Tags="a=1") == "InvalidParameter.Tags"
    assert cloud.code("TagResources", **fields, Tags='{"acs:a": "1"}') == "InvalidParameter.TagKey"
    elsewhere = arn(vpc_id).replace("hangzhou", "beijing")
    assert cloud.code("ListTagResources", **TAG, **{"ResourceARN.1": elsewhere}) == "InvalidResourceARN.Region"
    strange = arn(vpc_id).replace(ACCOUNT, "1")
    assert cloud.code("ListTagResources", **TAG, **{"ResourceARN.1": strange}) == "InvalidResourceARN.Account"


def test_pages(cloud: LocalCloud) -> None:
    ids = [make_vpc(cloud) for _ in range(3)]
    arns = {f"ResourceARN.{number}": arn(id_) for number, id_ in enumerate(ids, start=1)}
    cloud.do("TagResources", **TAG, **arns, Tags='{"a": "1"}')
    first = cloud.do("ListTagResources", **TAG, PageSize=2)
    rest = cloud.do("ListTagResources", **TAG, PageSize=2, NextToken=first["NextToken"])
    assert [len(one["TagResources"]) for one in (first, rest)] == [2, 1]
    assert rest["NextToken"] == ""
    assert cloud.code("ListTagResources", **TAG, NextToken="x") == "Invalid.NextToken"
