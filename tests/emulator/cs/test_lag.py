"""Lists and reads that are late, as those of the cloud are (sheet behaviour.md 8)."""

import pytest
from alibabacloud_cs20151215 import models as cs
from darabonba.exceptions import DaraException

from tests.emulator.conftest import REGION, code_of
from tests.emulator.cs.ack import Ack


def test_a_new_cluster_is_seen_late_and_can_be_worked_with_at_once(ack: Ack) -> None:
    ack.cloud.settings(list_lag=30)
    made = ack.client.create_cluster(ack.request()).body
    with pytest.raises(DaraException) as failure:
        ack.detail(made.cluster_id)
    assert code_of(failure) == "ErrorClusterNotFound"
    listed = ack.client.describe_clusters_for_region(REGION, cs.DescribeClustersForRegionRequest())
    assert listed.body.clusters == []
    assert ack.task(made.task_id)["state"] == "running"
    ack.pass_time(31)
    assert ack.detail(made.cluster_id)["state"] == "initial"


def test_new_tags_are_seen_late(ack: Ack) -> None:
    cluster_id = ack.cluster()
    ack.cloud.settings(tag_lag=30)
    ack.client.modify_cluster_tags(cluster_id, cs.ModifyClusterTagsRequest(body=[cs.Tag(key="b", value="2")]))
    assert "b" not in {one["key"] for one in ack.detail(cluster_id)["tags"]}
    ack.pass_time(31)
    assert "b" in {one["key"] for one in ack.detail(cluster_id)["tags"]}


def test_a_deleted_cluster_is_seen_for_a_while(ack: Ack) -> None:
    cluster_id = ack.cluster()
    ack.cloud.settings(list_lag=30)
    made = ack.client.delete_cluster(cluster_id, cs.DeleteClusterRequest()).body
    ack.finish(made.task_id)
    listed = ack.client.describe_clusters_for_region(REGION, cs.DescribeClustersForRegionRequest()).body.clusters
    assert [(one.cluster_id, one.state) for one in listed] == [(cluster_id, "deleted")]
    ack.pass_time(31)
    assert ack.client.describe_clusters_for_region(REGION, cs.DescribeClustersForRegionRequest()).body.clusters == []
