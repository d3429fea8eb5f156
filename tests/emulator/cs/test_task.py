"""Tasks and events."""

import pytest
from alibabacloud_cs20151215 import models as cs
from darabonba.exceptions import DaraException

from tests.emulator.conftest import REGION, code_of
from tests.emulator.cs.ack import Ack
from tests.emulator.cs.wire import roa


@pytest.fixture
def cluster_id(ack: Ack) -> str:
    return ack.cluster()


def test_a_lost_task_is_found_again(ack: Ack, cluster_id: str) -> None:
    made = ack.client.create_cluster_node_pool(cluster_id, ack.pool_request(size=1)).body
    for word in ("task_type", "type"):
        found = roa(ack.cloud, "GET", f"/clusters/{cluster_id}/tasks", query={word: "nodepool_create"}).json
        assert [one["task_id"] for one in found["tasks"]] == [made.task_id]
        assert found["requestId"]
    every = ack.client.describe_cluster_tasks(cluster_id, cs.DescribeClusterTasksRequest()).body
    assert [one.task_type for one in every.tasks] == ["nodepool_create", "cluster_create"]


def test_tasks_are_paged_in_both_ways(ack: Ack, cluster_id: str) -> None:
    ack.pool(cluster_id)
    by_number = cs.DescribeClusterTasksRequest(page_number=2, page_size=1)
    body = ack.client.describe_cluster_tasks(cluster_id, by_number).body
    assert ([one.task_type for one in body.tasks], body.page_info.total_count) == (["cluster_create"], 2)
    first = ack.client.describe_cluster_tasks(cluster_id, cs.DescribeClusterTasksRequest(max_results=1)).body
    rest = cs.DescribeClusterTasksRequest(max_results=1, next_token=first.next_token)
    second = ack.client.describe_cluster_tasks(cluster_id, rest).body
    assert [one.task_type for one in (*first.tasks, *second.tasks)] == ["nodepool_create", "cluster_create"]
    assert second.next_token == ""


def test_a_missing_task_is_404(ack: Ack) -> None:
    with pytest.raises(DaraException) as failure:
        ack.task("T-none")
    assert (code_of(failure), failure.value.status_code) == ("ErrorTaskNotFound", 404)


def test_a_task_outlives_its_cluster(ack: Ack, cluster_id: str) -> None:
    made = ack.client.delete_cluster(cluster_id, cs.DeleteClusterRequest()).body
    assert ack.finish(made.task_id)["state"] == "success"
    ack.pass_time(8 * 86400)
    with pytest.raises(DaraException):
        ack.task(made.task_id)


def test_steering_answers_202_without_a_body(ack: Ack, cluster_id: str) -> None:
    made = ack.client.upgrade_cluster(cluster_id, cs.UpgradeClusterRequest(next_version="1.36.2-aliyun.1")).body
    answer = roa(ack.cloud, "POST", f"/tasks/{made.task_id}/pause")
    assert (answer.status, answer.text) == (202, "")
    assert roa(ack.cloud, "POST", f"/tasks/{made.task_id}/pause").json["code"] == "ErrPauseTask"
    assert roa(ack.cloud, "POST", f"/tasks/{made.task_id}/cancel").status == 202
    assert ack.task(made.task_id)["state"] == "canceled"
    found = ack.detail(cluster_id)
    assert (found["state"], found["current_version"]) == ("running", "1.35.7-aliyun.1")


def test_events_tell_the_story(ack: Ack, cluster_id: str) -> None:
    events = ack.client.describe_cluster_events(cluster_id, cs.DescribeClusterEventsRequest(page_size=50)).body.events
    assert {one.type for one in events} == {"cluster_create"}
    assert {"Started", "Succeeded"} <= {one.data.reason for one in events}
    assert all((one.source, one.subject, one.cluster_id) == ("task", cluster_id, cluster_id) for one in events)
    of_region = ack.client.describe_events_for_region(REGION, cs.DescribeEventsForRegionRequest(cluster_id=cluster_id)).body
    assert of_region.page_info.total_count == len(events)


def test_a_failed_task_tells_why(ack: Ack, cluster_id: str) -> None:
    ack.cloud.settings(failing_tasks={"nodepool_create": 1})
    made = ack.client.create_cluster_node_pool(cluster_id, ack.pool_request(size=0)).body
    assert ack.finish(made.task_id, state="fail")["error"]["code"] == "TaskFailed"
    events = ack.client.describe_cluster_events(cluster_id, cs.DescribeClusterEventsRequest(task_id=made.task_id)).body.events
    assert [one.data.level for one in events if one.data.reason == "Failed"] == ["error"]
