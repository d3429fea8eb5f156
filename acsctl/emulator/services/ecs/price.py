"""DescribePrice, for instances: the list price of the type, per hour in CNY, from metadata/catalogue.json.

One list serves every region; disks and bandwidth are not priced.
"""

from typing import Any

from acsctl.emulator import catalogue
from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.services.ecs.instance_type import find_type

HOURS = {"Hour": 1, "Day": 24, "Week": 168, "Month": 720, "Year": 8640}


@action("ecs.DescribePrice")
def describe_price(call: Call) -> dict[str, Any]:
    if call.text("ResourceType", default="instance") != "instance":
        raise ApiError("InvalidResourceType.ValueNotSupported", message="The local cloud prices instances only.")
    name, unit = call.text("InstanceType"), call.text("PriceUnit", default="Hour")
    if unit not in HOURS:
        raise ApiError("InvalidPriceUnit.ValueNotSupported", message=f"PriceUnit is one of {', '.join(HOURS)}.")
    if find_type(name) is None:
        raise ApiError("InvalidInstanceType.ValueNotSupported", message=f"The instance type {name} does not exist.")
    prices = catalogue.document()["list_prices"]
    hourly = prices["confirmed"].get(name, prices["inferred"].get(name))
    if hourly is None:
        raise ApiError("PriceNotFound", message=f"No price of {name} is known.")
    total = round(hourly * HOURS[unit] * call.number("Period", default=1) * call.number("Amount", default=1), 6)
    amounts = {"OriginalPrice": total, "TradePrice": total, "DiscountPrice": 0.0}
    detail = {"Resource": "instanceType", **amounts, "SubRules": {"Rule": []}}
    price = {"Currency": prices["currency"], **amounts, "DetailInfos": {"DetailInfo": [detail]}}
    return {"PriceInfo": {"Price": price, "Rules": {"Rule": []}}}
