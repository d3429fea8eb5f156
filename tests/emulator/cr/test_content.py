"""Namespaces, repositories, endpoints, linked VPCs and logins."""

from tests.emulator.conftest import LocalCloud
from tests.emulator.cr.conftest import LOCAL, Ask
from tests.emulator.vpc.network import make_vpc, make_vswitch, vswitches


def test_a_namespace_lives(ask: Ask) -> None:
    assert ask("create_namespace", instance_id=LOCAL, namespace_name="shop", auto_create_repo=False)["Code"] == "success"
    assert ask("create_namespace", instance_id=LOCAL, namespace_name="shop")["Code"] == "NAMESPACE_ALREADY_EXIST"
    ask("update_namespace", instance_id=LOCAL, namespace_name="shop", default_repo_type="PUBLIC")
    there = ask("get_namespace", instance_id=LOCAL, namespace_name="shop")
    assert (there["AutoCreateRepo"], there["DefaultRepoType"], there["NamespaceStatus"]) == (False, "PUBLIC", "NORMAL")
    assert ask("list_namespace", instance_id=LOCAL, namespace_name="shop")["TotalCount"] == "1"
    assert ask("delete_namespace", instance_id=LOCAL, namespace_name="shop")["IsSuccess"]
    assert ask("get_namespace", instance_id=LOCAL, namespace_name="shop")["Code"] == "NAMESPACE_NOT_EXIST"
    assert ask("delete_namespace", instance_id=LOCAL, namespace_name="shop")["Code"] == "NAMESPACE_NOT_EXIST"


def test_a_repository_lives(cloud: LocalCloud, ask: Ask) -> None:
    fields = {"instance_id": LOCAL, "repo_namespace_name": "shop", "repo_name": "web"}
    assert ask("create_repository", **fields, repo_type="PRIVATE", summary="s")["Code"] == "NAMESPACE_NOT_EXIST"
    ask("create_namespace", instance_id=LOCAL, namespace_name="shop")
    made = ask("create_repository", **fields, repo_type="PRIVATE", summary="mine", detail="long", tag_immutability=True)
    assert ask("create_repository", **fields, repo_type="PRIVATE", summary="s")["Code"] == "REPO_ALREADY_EXIST"
    there = ask("get_repository", **fields)
    assert (there["RepoId"], there["Summary"], there["Detail"], there["TagImmutability"]) == (
        made["RepoId"],
        "mine",
        "long",
        True,
    )
    ask("update_repository", instance_id=LOCAL, repo_id=made["RepoId"], repo_type="PUBLIC", summary="yours")
    listed = ask("list_repository", instance_id=LOCAL, repo_namespace_name="shop")
    assert [(one["RepoName"], one["RepoType"], one["Summary"]) for one in listed["Repositories"]] == [
        ("web", "PUBLIC", "yours")
    ]
    assert ask("list_repo_tag", instance_id=LOCAL, repo_id=made["RepoId"])["Images"] == []
    ask("delete_namespace", instance_id=LOCAL, namespace_name="shop")
    assert ask("get_repository", **fields)["Code"] == "REPO_NOT_EXIST"
    assert cloud.world() == []


def test_repositories_are_paged_by_token(ask: Ask) -> None:
    ask("create_namespace", instance_id=LOCAL, namespace_name="shop")
    for name in ("aa", "bb", "cc"):
        ask(
            "create_repository",
            instance_id=LOCAL,
            repo_namespace_name="shop",
            repo_name=name,
            repo_type="PRIVATE",
            summary=name,
        )
    first = ask("list_repository", instance_id=LOCAL, max_results=2)
    rest = ask("list_repository", instance_id=LOCAL, max_results=2, next_token=first["NextToken"])
    assert [one["RepoName"] for page in (first, rest) for one in page["Repositories"]] == ["aa", "bb", "cc"]
    assert rest["NextToken"] == ""


def test_an_endpoint_opens_and_loses_what_comes_too_early(cloud: LocalCloud, ask: Ask) -> None:
    which = {"instance_id": LOCAL, "endpoint_type": "internet"}

    def entries() -> list[str]:
        return [one["Entry"] for one in ask("get_instance_endpoint", **which)["AclEntries"]]

    assert ask("get_instance_endpoint", **which)["Enable"] is False
    ask("update_instance_endpoint_status", **which, enable=True)
    assert ask("get_instance_endpoint", **which)["Status"] == "CREATING"
    assert ask("create_instance_endpoint_acl_policy", **which, entry="192.0.2.0/24")["IsSuccess"]
    cloud.pass_time(20)
    assert ask("get_instance_endpoint", **which)["Status"] == "RUNNING"
    assert entries() == ["127.0.0.1/32"]
    ask("create_instance_endpoint_acl_policy", **which, entry="192.0.2.0/24", comment="office")
    assert entries() == ["127.0.0.1/32", "192.0.2.0/24"]
    ask("delete_instance_endpoint_acl_policy", **which, entry="127.0.0.1/32")
    assert entries() == ["192.0.2.0/24"]
    domains = ask("list_instance_endpoint", instance_id=LOCAL)["Endpoints"][0]["Domains"]
    assert domains == [{"Domain": "local-registry.cn-hangzhou.cr.aliyuncs.com", "Type": "SYSTEM"}]
    ask("update_instance_endpoint_status", **which, enable=False)
    assert ask("get_instance_endpoint", **which)["Status"] == "DELETING"
    cloud.pass_time(10)
    assert ask("get_instance_endpoint", **which)["Enable"] is False
    assert cloud.world() == []


def test_a_linked_vpc_takes_an_address_and_blocks_its_vswitch(cloud: LocalCloud, ask: Ask) -> None:
    vpc_id = make_vpc(cloud)
    vswitch_id = make_vswitch(cloud, vpc_id)
    free = vswitches(cloud, VSwitchId=vswitch_id)[0]["AvailableIpAddressCount"]
    link = {"instance_id": LOCAL, "vpc_id": vpc_id, "vswitch_id": vswitch_id}
    assert ask("create_instance_vpc_endpoint_linked_vpc", **link)["IsSuccess"]
    made = ask("get_instance_vpc_endpoint", instance_id=LOCAL)["LinkedVpcs"][0]
    assert (made["Status"], made["VswitchId"]) == ("CREATING", vswitch_id)
    cloud.pass_time(30)
    there = ask("get_instance_vpc_endpoint", instance_id=LOCAL)
    assert (there["LinkedVpcs"][0]["Status"], there["Domains"]) == (
        "RUNNING",
        ["local-registry-vpc.cn-hangzhou.cr.aliyuncs.com"],
    )
    assert vswitches(cloud, VSwitchId=vswitch_id)[0]["AvailableIpAddressCount"] == free - 1
    assert cloud.code("DeleteVSwitch", VSwitchId=vswitch_id) == "DependencyViolation"
    assert ask("delete_instance_vpc_endpoint_linked_vpc", **link)["IsSuccess"]
    cloud.pass_time(20)
    assert ask("delete_instance_vpc_endpoint_linked_vpc", **link)["Code"] == "INSTANCE_ACCESS_NOT_EXIST"
    assert cloud.code("DeleteVSwitch", VSwitchId=vswitch_id) == ""


def test_logins_and_use(cloud: LocalCloud, ask: Ask) -> None:
    login = ask("get_authorization_token", instance_id=LOCAL, expires_in_hours=2)
    assert login["TempUsername"] and login["AuthorizationToken"]
    again = ask("get_authorization_token", instance_id=LOCAL)
    assert again["AuthorizationToken"] != login["AuthorizationToken"]
    assert 3590_000 < login["ExpireTime"] - again["ExpireTime"] <= 3600_000
    ask("create_namespace", instance_id=LOCAL, namespace_name="shop")
    usage = ask("get_instance_usage", instance_id=LOCAL)
    assert (usage["NamespaceUsage"], usage["NamespaceQuota"], usage["RepoUsage"]) == ("1", "15", "0")
    assert ask("reset_login_password", instance_id=LOCAL, password="A-word-of-passing-1")["IsSuccess"]
    assert "A-word-of-passing-1" not in str(cloud.world())
