"""Billing (product BssOpenApi 2017-12-14), as far as registries are bought and given back by it (sheet containers.md 3.1)."""

import secrets
from typing import Any

from acsctl.emulator import catalogue
from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.clock import iso_seconds
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource, Scope
from acsctl.emulator.services.cr.endpoint import ENDPOINT
from acsctl.emulator.services.cr.instance import DELETING, REFUNDED, REGISTRY, RUNNING, kept, new, registries, standing
from acsctl.emulator.services.cr.namespace import NAMESPACE, REPOSITORY
from acsctl.emulator.services.cr.vpc_link import LINK, unlink

PRODUCT, PRODUCT_TYPE = "acr", "acr_ee_public_cn"  # the account of the local cloud is one of the domestic site
EDITIONS = ("Economy", "Basic", "Standard", "Advanced")
PENDING_FOR, STARTING_FOR, DELETING_FOR = 20.0, 40.0, 30.0  # cloud seconds; under 6 minutes by the sheet


@action("bssopenapi.CreateInstance")
def create_instance(call: Call) -> dict[str, Any]:
    _check_product(call)
    wanted = {str(one.get("Code")): str(one.get("Value")) for one in call.items("Parameter")}
    region, name, edition = wanted.get("Region", ""), wanted.get("InstanceName", ""), wanted.get("InstanceType", "Basic")
    if region not in catalogue.regions() or not 3 <= len(name) <= 30 or edition not in EDITIONS:
        raise ApiError("InvalidParameter", message="Region, InstanceName and InstanceType say what is bought.", status=400)
    if call.text("SubscriptionType") not in ("Subscription", "PayAsYouGo"):
        raise ApiError("InvalidParameter", message="SubscriptionType is Subscription or PayAsYouGo.", status=400)
    bought = {"SubscriptionType": call.text("SubscriptionType"), "RenewStatus": call.text("RenewalStatus")}
    attributes = {**new(name, edition=edition, status="PENDING"), **bought}
    made = call.world.store.create(REGISTRY, scope=Scope(call.scope.account, region), attributes=attributes)
    made.later(PENDING_FOR, InstanceStatus="STARTING")
    made.later(PENDING_FOR + STARTING_FOR, InstanceStatus=RUNNING)
    return {**_success(), "Data": {"InstanceId": made.id, "OrderId": str(_order())}}


@action("bssopenapi.RefundInstance")
def refund_instance(call: Call) -> dict[str, Any]:
    """What is in the instance goes with it."""
    _check_product(call)
    registry = kept(call, id=call.text("InstanceId"))
    if registry is None:
        raise ApiError("ResourceNotExists", message="The instance does not exist.")
    if call.text("ImmediatelyRelease") != "1" or registry["InstanceStatus"] != RUNNING:
        raise ApiError("ResourceStatusError", message=f"{registry.id} is {registry['InstanceStatus']}.")
    registry.set(InstanceStatus=DELETING)
    registry.remove(after=DELETING_FOR)
    if registry.id in standing():
        call.create(REFUNDED, id=registry.id, attributes={})
    for one in (row for kind in (NAMESPACE, REPOSITORY, ENDPOINT) for row in call.all(kind)):
        if one["InstanceId"] == registry.id:
            one.remove(after=DELETING_FOR)
    for link in (one for one in call.all(LINK) if one["InstanceId"] == registry.id):
        unlink(call, link=link)
    return {**_success(), "Data": {"OrderId": _order()}}


@action("bssopenapi.QueryAvailableInstances")
def query_available_instances(call: Call) -> dict[str, Any]:
    """Of the region of the call."""
    ids = call.commas("InstanceIDs")
    rows = [one for one in registries(call) if call.text("ProductCode") in ("", PRODUCT) and (not ids or one.id in ids)]
    number, size = max(1, call.number("PageNum", default=1)), max(1, min(300, call.number("PageSize", default=20)))
    page = [_row(one) for one in rows[(number - 1) * size : number * size]]
    return {**_success(), "Data": {"InstanceList": page, "PageNum": number, "PageSize": size, "TotalCount": len(rows)}}


def _check_product(call: Call) -> None:
    if call.text("ProductCode") != PRODUCT or call.text("ProductType", default=PRODUCT_TYPE) != PRODUCT_TYPE:
        raise ApiError("NotApplicable", message=f"The local cloud sells {PRODUCT} as {PRODUCT_TYPE} only.", status=400)


def _success() -> dict[str, Any]:
    return {"Success": True, "Code": "Success", "Message": "Successful!"}


def _order() -> int:
    return 200_000_000_000_000 + secrets.randbelow(99_999_999_999_999)


def _row(registry: Resource) -> dict[str, Any]:
    return {
        "InstanceID": registry.id,
        "OwnerId": int(registry.account),
        "ProductCode": PRODUCT,
        "ProductType": PRODUCT_TYPE,
        "Region": registry.region,
        "SubscriptionType": registry.get("SubscriptionType", default="Subscription"),
        "RenewStatus": registry.get("RenewStatus", default="") or "ManualRenewal",
        "Status": "Normal" if registry["InstanceStatus"] == RUNNING else "Creating",
        "CreateTime": iso_seconds(registry.created),
    }
