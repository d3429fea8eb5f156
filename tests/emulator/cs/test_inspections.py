"""Inspections of clusters."""

import pytest
from alibabacloud_cs20151215 import models as cs
from darabonba.exceptions import DaraException

from tests.emulator.conftest import code_of
from tests.emulator.cs.ack import Ack


@pytest.fixture
def cluster_id(ack: Ack) -> str:
    return ack.cluster()


def test_a_report_tells_what_is_wrong(ack: Ack, cluster_id: str) -> None:
    ack.cloud.settings(failing_checks={"VSwitch": "warning"})
    made = ack.client.run_cluster_inspect(cluster_id, cs.RunClusterInspectRequest()).body
    detail = cs.GetClusterInspectReportDetailRequest(enable_filter=True)
    assert ack.client.get_cluster_inspect_report_detail(cluster_id, made.report_id, detail).body.status == "running"
    ack.finish(made.task_id)
    found = ack.client.get_cluster_inspect_report_detail(cluster_id, made.report_id, detail).body
    assert (found.status, found.summary.warn_count, found.summary.error_count) == ("completed", 1, 0)
    assert [(one.name, one.level) for one in found.check_item_results] == [("VSwitch", "warning")]
    [listed] = ack.client.list_cluster_inspect_reports(cluster_id, cs.ListClusterInspectReportsRequest()).body.reports
    assert (listed.report_id, listed.summary.code) == (made.report_id, "warning")
    with pytest.raises(DaraException) as failure:
        ack.client.get_cluster_inspect_report_detail(cluster_id, "none", detail)
    assert code_of(failure) == "ErrorReportNotFound"


def test_when_it_is_made_is_kept(ack: Ack, cluster_id: str) -> None:
    request = cs.CreateClusterInspectConfigRequest(
        enabled=True, recurrence="FREQ=DAILY;BYHOUR=10;BYMINUTE=15", disabled_check_items=["VSwitch"]
    )
    ack.client.create_cluster_inspect_config(cluster_id, request)
    ack.client.update_cluster_inspect_config(cluster_id, cs.UpdateClusterInspectConfigRequest(enabled=False))
    found = ack.client.get_cluster_inspect_config(cluster_id).body
    assert (found.enabled, found.recurrence, found.disabled_check_items) == (
        False,
        "FREQ=DAILY;BYHOUR=10;BYMINUTE=15",
        ["VSwitch"],
    )
    ack.client.delete_cluster_inspect_config(cluster_id)
    with pytest.raises(DaraException) as failure:
        ack.client.get_cluster_inspect_config(cluster_id)
    assert code_of(failure) == "ErrorInspectConfigNotFound"
