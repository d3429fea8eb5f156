"""Roles and the alias of the account."""

from typing import Any

from tests.emulator.conftest import LocalCloud
from tests.emulator.raw import rpc

TRUST = '{"Statement": [], "Version": "1"}'


def ram(cloud: LocalCloud, action: str, **fields: str) -> Any:
    answer = rpc(cloud.address, action, Version="2015-05-01", **fields)
    return answer.json if answer.status == 200 else (answer.status, answer.json["Code"])


def test_a_role_lives_and_goes(cloud: LocalCloud) -> None:
    made = ram(cloud, "CreateRole", RoleName="Nodes", AssumeRolePolicyDocument=TRUST, Description="d")["Role"]
    assert made["Arn"] == "acs:ram::1000200030004000:role/nodes"
    assert ram(cloud, "CreateRole", RoleName="Nodes", AssumeRolePolicyDocument=TRUST) == (409, "EntityAlreadyExists.Role")
    changed = ram(cloud, "UpdateRole", RoleName="Nodes", NewDescription="e", NewMaxSessionDuration="7200")["Role"]
    assert (changed["Description"], changed["MaxSessionDuration"]) == ("e", 7200)
    assert ram(cloud, "GetRole", RoleName="Nodes", RegionId="cn-beijing")["Role"]["RoleId"] == made["RoleId"]
    assert ram(cloud, "ListPoliciesForRole", RoleName="Nodes")["Policies"] == {"Policy": []}
    assert [one["id"] for one in cloud.world("ram_role")] == ["Nodes"]
    ram(cloud, "DeleteRole", RoleName="Nodes")
    assert ram(cloud, "GetRole", RoleName="Nodes") == (404, "EntityNotExist.Role")


def test_roles_are_listed_in_pages(cloud: LocalCloud) -> None:
    for name in ("a", "b", "c"):
        ram(cloud, "CreateRole", RoleName=name, AssumeRolePolicyDocument=TRUST)
    first = ram(cloud, "ListRoles", MaxItems="2")
    second = ram(cloud, "ListRoles", MaxItems="2", Marker=first["Marker"])
    names = [one["RoleName"] for page in (first, second) for one in page["Roles"]["Role"]]
    assert (names, first["IsTruncated"], second["IsTruncated"]) == (["a", "b", "c"], True, False)


def test_the_account_has_an_alias(cloud: LocalCloud) -> None:
    ram(cloud, "SetAccountAlias", AccountAlias="my-company")
    assert ram(cloud, "GetAccountAlias")["AccountAlias"] == "my-company"
    ram(cloud, "ClearAccountAlias")
    assert ram(cloud, "GetAccountAlias")["AccountAlias"] == "1000200030004000"
    assert cloud.world() == []
