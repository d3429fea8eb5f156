"""Make acsctl/emulator/metadata/kubernetes-protobuf.json from the source of Kubernetes.

    python tools/kubernetes_protobuf.py API APIMACHINERY

API and APIMACHINERY are the folders of the modules k8s.io/api and k8s.io/apimachinery: their .proto files tell the numbers and
types of fields, their Go types which fields are inlined in JSON and what their JSON names are. `go mod download` gets both.

The file: by message (`core.v1.Pod`) its fields by number, each `NAME TYPE`. NAME is the JSON name; `~` for a message whose
fields belong to the one around it. TYPE: `s` string, `i` integer, `b` boolean, `y` bytes, `d` double, `@MESSAGE`; after `*` a
list of it, after `%` a map from strings to it.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "acsctl" / "emulator" / "metadata" / "kubernetes-protobuf.json"
GROUPS = {"autoscaling": ("v1", "v2")}
STABLE = (
    *("admissionregistration", "apps", "authentication", "authorization", "batch", "coordination", "core", "discovery"),
    *("events", "networking", "policy", "rbac", "scheduling", "storage"),
)
PACKAGES = [
    f"{group}/{version}" for group, versions in {**GROUPS, **dict.fromkeys(STABLE, ("v1",))}.items() for version in versions
]
MACHINERY = ("pkg/apis/meta/v1", "pkg/runtime", "pkg/util/intstr", "pkg/api/resource")
SCALARS = {"string": "s", "int32": "i", "int64": "i", "uint32": "i", "bool": "b", "bytes": "y", "double": "d"}
ROOTS = (".k8s.io.api.", ".k8s.io.apimachinery.pkg.apis.", ".k8s.io.apimachinery.pkg.")
MESSAGE = re.compile(r"^message (\w+) \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
FIELD = re.compile(
    r"^\s*(optional|repeated|map<string, (?P<value>[.\w]+)>)\s*(?P<type>[.\w]+)? (?P<name>\w+) = (?P<number>\d+);", re.MULTILINE
)
STRUCT = re.compile(r"^type (\w+) struct \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
TAG = re.compile(r'json:"(?P<json>[^",]*)(?P<options>[^"]*)"[^`]*protobuf:"[^"]*name=(?P<name>\w+)')


def main(api: str, machinery: str) -> None:
    folders = [Path(api) / one for one in PACKAGES] + [Path(machinery) / one for one in MACHINERY]
    messages = dict(pair for folder in folders for pair in of_folder(folder))
    lines = [f"{json.dumps(name)}: {json.dumps(fields, separators=(',', ':'))}" for name, fields in sorted(messages.items())]
    TARGET.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def of_folder(folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    text = (folder / "generated.proto").read_text(encoding="utf-8")
    package = re.search(r"^package ([\w.]+);", text, re.MULTILINE)
    if package is None:
        raise SystemExit(f"{folder}: no package")
    names = json_names(folder)
    for message, body in MESSAGE.findall(text):
        fields = {
            match["number"]: f"{names.get((message, match['name']), match['name'])} {kind(match, package=package[1])}"
            for match in FIELD.finditer(body)
        }
        yield short(f".{package[1]}.{message}"), fields


def json_names(folder: Path) -> dict[tuple[str, str], str]:
    """By struct and protobuf name; `~` for what is inlined."""
    found = {}
    for path in folder.glob("*.go"):
        for struct, body in STRUCT.findall(path.read_text(encoding="utf-8")):
            for match in TAG.finditer(body):
                found[struct, match["name"]] = "~" if "inline" in match["options"] else match["json"]
    return found


def kind(match: re.Match[str], *, package: str) -> str:
    if match["value"]:
        return "%" + single(match["value"], package=package)
    return ("*" if match[1] == "repeated" else "") + single(match["type"], package=package)


def single(name: str, *, package: str) -> str:
    if name in SCALARS:
        return SCALARS[name]
    return "@" + short(name if name.startswith(".") else f".{package}.{name}")


def short(name: str) -> str:
    return next((name.removeprefix(root) for root in ROOTS if name.startswith(root)), name)


if __name__ == "__main__":
    main(*sys.argv[1:])
