"""The Quota Center, product quotas 2020-05-10 (sheet data.md 5): what the local cloud enforces, by the real codes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.services.paging import by_token

LARGEST_PAGE = 100


@dataclass(frozen=True)
class Known:
    """A quota: its product and code, the name that the settings have for it, and what is counted."""

    product: str
    code: str
    setting: str
    title: str


_KNOWN = (
    Known("vpc", "vpc_quota_instances_num_{region}", "vpc.vpcs", "VPCs in the region"),
    Known("vpc", "vpc_quota_vswitches_num", "vpc.vswitches-per-vpc", "vSwitches in a VPC"),
    Known("vpc", "vpc_quota_route_entrys_num", "vpc.entries-per-route-table", "custom route entries in a route table"),
    Known("vpc", "vpc_quota_route_tables_num", "vpc.route-tables-per-vpc", "custom route tables in a VPC"),
    Known("vpc", "vpc_quota_secondary_cidr_num", "vpc.secondary-cidrs-per-vpc", "secondary ranges of a VPC"),
)
"""The codes that a source tells; products that are not here have none in the local cloud."""


@action("quotas.GetProductQuota")
def get_product_quota(call: Call) -> dict[str, Any]:
    found = next((row for row in _rows(call) if row["QuotaActionCode"] == call.text("QuotaActionCode")), None)
    if found is None:
        raise ApiError("QUOTA.NOT.FOUND", message="There is no such quota.", status=400)
    return {"Quota": found}


@action("quotas.ListProductQuotas")
def list_product_quotas(call: Call) -> dict[str, Any]:
    size = call.number("MaxResults", default=30)
    if not 1 <= size <= LARGEST_PAGE:
        raise ApiError("INVALID.MAX.RESULTS", message=f"MaxResults is 1 to {LARGEST_PAGE}.")
    rows = [row for row in _rows(call) if call.text("QuotaActionCode") in ("", row["QuotaActionCode"])]
    page, token = by_token(call, rows=rows, size=size, mark=lambda row: str(row["QuotaActionCode"]))
    return {"Quotas": page, "MaxResults": size, "TotalCount": len(rows), "NextToken": token}


def _rows(call: Call) -> list[dict[str, Any]]:
    """The quotas of a product in a region: that of the dimension regionId, else the call's."""
    dimensions: Mapping[str, str] = {one.get("Key", ""): one.get("Value", "") for one in call.items("Dimensions")}
    region = dimensions.get("regionId") or call.scope.region
    return [_row(call, known=one, region=region) for one in _KNOWN if one.product == call.text("ProductCode")]


def _row(call: Call, *, known: Known, region: str) -> dict[str, Any]:
    return {
        "ProductCode": known.product,
        "QuotaActionCode": known.code.format(region=region),
        "QuotaName": known.title,
        "QuotaDescription": known.title,
        "QuotaCategory": "CommonQuota",
        "QuotaType": "normal",
        "QuotaUnit": "Count",
        "TotalQuota": float(call.settings.quota(known.setting)),
        "Adjustable": True,
        "Consumable": False,
        "GlobalQuota": False,
        "Dimensions": {"regionId": region},
    }
