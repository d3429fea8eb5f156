"""Make acsctl/emulator/metadata/ from a folder of compact API metadata.

    python tools/emulator_metadata.py FOLDER [PRODUCT-VERSION ...]

FOLDER holds <product>-<version>.json, <product>-<version>.errors.json and catalogue.json. Products keep their actions as
they are; error tables keep codes and statuses and lose the published messages, since the local cloud words its own.
resourcemanager-2020-03-31.json is not made: it is written by hand, for the one action that clients look around with.
"""

import json
import sys
from pathlib import Path
from typing import Any

TARGET = Path(__file__).resolve().parent.parent / "acsctl" / "emulator" / "metadata"
PRODUCTS = (
    "ecs-2014-05-26",
    "vpc-2016-04-28",
    "sts-2015-04-01",
    "tag-2018-08-28",
    "cs-2015-12-15",
    "location-2015-06-12",
    "ram-2015-05-01",
    "cr-2018-12-01",
    "slb-2014-05-15",
    "bssopenapi-2017-12-14",
    "quotas-2020-05-10",
)
KEPT = ("product", "version", "style", "sources")


def lines(table: dict[str, Any]) -> str:
    """One entry per line, so that a change of the data reads as a change of one action."""
    compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    rows = [f"{compact(name)}:{compact(value)}" for name, value in table.items()]
    return "{\n" + ",\n".join(rows) + "\n}"


def write_product(source: Path, *, name: str) -> None:
    data = json.loads((source / f"{name}.json").read_text(encoding="utf-8"))
    head = {key: data[key] for key in KEPT}
    text = lines(head)[:-2] + ',\n"actions":' + lines(data["actions"]) + "\n}\n"
    (TARGET / f"{name}.json").write_text(text, encoding="utf-8")


def write_errors(source: Path, *, name: str) -> None:
    path = source / f"{name}.errors.json"
    if not path.exists():
        return
    codes: dict[str, dict[str, list[int]]] = {}
    for action, rows in json.loads(path.read_text(encoding="utf-8"))["actions"].items():
        for status, code, _message in rows:
            statuses = codes.setdefault(action, {}).setdefault(code, [])
            if status not in statuses:
                statuses.append(status)
    (TARGET / f"{name}.errors.json").write_text(lines(codes) + "\n", encoding="utf-8")


def main() -> None:
    source = Path(sys.argv[1])
    TARGET.mkdir(exist_ok=True)
    for name in sys.argv[2:] or PRODUCTS:
        write_product(source, name=name)
        write_errors(source, name=name)
    (TARGET / "catalogue.json").write_text((source / "catalogue.json").read_text(encoding="utf-8"), encoding="utf-8")


if __name__ == "__main__":
    main()
