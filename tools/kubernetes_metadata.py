"""Make acsctl/emulator/metadata/kubernetes.json from the source of Kubernetes.

    python tools/kubernetes_metadata.py KUBERNETES MODULE ...

KUBERNETES is the folder of the module k8s.io/kubernetes: its OpenAPI and discovery documents give types and resources. Each
further MODULE (the folders of k8s.io/api, k8s.io/apimachinery, k8s.io/apiextensions-apiserver, k8s.io/kube-aggregator) has Go
types, which tell what the documents do not: which fields an encoder leaves out when they are zero. `go mod download` gets all.

The file, one type or resource per line: `types` by short name (`core.v1.Pod`), `kinds` by apiVersion and kind, `resources` in
the order of discovery. Of a type: `p` its fields, `r` the required ones. Of a type or field: `t` type, `@` the named type, `f`
format, `i` of items, `v` of a map's values, `d` default, `l` list type (`a` atomic, `s` set, else the list of keys of a map),
`m` whether a map is atomic, `s` patch strategies, `k` patch merge key, `z` what happens to zero (`k` kept, `a` written always;
else left out). A field with only a type is the type; with only a named type, `@name`.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TARGET = Path(__file__).resolve().parent.parent / "acsctl" / "emulator" / "metadata" / "kubernetes.json"
GROUPS = {
    "": ("v1",),
    "admissionregistration.k8s.io": ("v1",),
    "apiextensions.k8s.io": ("v1",),
    "apiregistration.k8s.io": ("v1",),
    "apps": ("v1",),
    "authentication.k8s.io": ("v1",),
    "authorization.k8s.io": ("v1",),
    "autoscaling": ("v2", "v1"),
    "batch": ("v1",),
    "coordination.k8s.io": ("v1",),
    "discovery.k8s.io": ("v1",),
    "events.k8s.io": ("v1",),
    "networking.k8s.io": ("v1",),
    "policy": ("v1",),
    "rbac.authorization.k8s.io": ("v1",),
    "scheduling.k8s.io": ("v1",),
    "storage.k8s.io": ("v1",),
}
PREFIXES = (
    ("io.k8s.api.", ""),
    ("io.k8s.apimachinery.pkg.apis.", ""),
    ("io.k8s.apiextensions-apiserver.pkg.apis.", ""),
    ("io.k8s.kube-aggregator.pkg.apis.", ""),
    ("io.k8s.apimachinery.pkg.", ""),
)
ZERO_OMITTED = ("creationTimestamp",)
META = ("DeleteOptions", "Status", "WatchEvent")
VALUES = ("Time", "MicroTime", "IntOrString", "Quantity", "RawExtension")
"""Go structs that are no JSON objects; `omitempty` does not keep an encoder from writing them."""


def short(reference: str) -> str:
    name = reference.rsplit("/", 1)[-1]
    return next((to + name.removeprefix(start) for start, to in PREFIXES if name.startswith(start)), name)


def go_fields(modules: list[Path]) -> dict[str, dict[str, tuple[str, bool]]]:
    """By `group.version.Type` in Go's words, by JSON name: the Go type and whether zero is omitted."""
    found: dict[str, dict[str, tuple[str, bool]]] = {}
    for module in modules:
        for path in module.rglob("*types*.go"):
            if path.name.startswith("zz_") or path.name.endswith("_test.go"):
                continue
            version, group = path.parent.name, path.parent.parent.name
            for name, fields in go_structs(path.read_text(encoding="utf-8")):
                found[f"{group}.{version}.{name}"] = fields
    return found


def go_structs(text: str) -> Iterator[tuple[str, dict[str, tuple[str, bool]]]]:
    for name, body in re.findall(r"^type (\w+) struct \{\n(.*?)^\}", text, flags=re.MULTILINE | re.DOTALL):
        fields = {}
        for kind, tag in re.findall(r"^\t\w+ +([\w.*\[\]]+) +`json:\"([^\"]*)\"", body, flags=re.MULTILINE):
            json_name, *options = tag.split(",")
            if json_name:
                fields[json_name] = (kind, bool({"omitempty", "omitzero"} & set(options)))
        embedded = re.findall(r"^\t([\w.]+) +`json:\",inline\"", body, flags=re.MULTILINE)
        yield name, fields | {f"+{one.rsplit('.', 1)[-1]}": ("", False) for one in embedded}


class Compactor:
    """OpenAPI schemas in the short form, and which named types they lead to."""

    def __init__(self, schemas: dict[str, Any], *, go: dict[str, dict[str, tuple[str, bool]]]) -> None:
        self.schemas, self.go = schemas, go
        self.types: dict[str, Any] = {}

    def need(self, full: str) -> str:
        name = short(full)
        if name not in self.types:
            self.types[name] = {}
            self.types[name] = self.named(name, self.schemas[full.rsplit("/", 1)[-1]])
        return name

    def named(self, name: str, schema: dict[str, Any]) -> Any:
        made = self.place(schema, zero="")
        required = schema.get("required", [])
        fields = {
            field: self.place(value, zero=self.zero(name, field=field, schema=value))
            for field, value in schema.get("properties", {}).items()
        }
        if not fields:
            return made
        whole = {} if isinstance(made, str) else {key: value for key, value in made.items() if key != "t"}
        return {**whole, "p": fields, **({"r": required} if required else {})}

    def zero(self, name: str, *, field: str, schema: dict[str, Any]) -> str:
        kind, omitted = self.go_field(name, field=field)
        target = self.target(schema)
        is_struct = bool(target) and bool(self.schemas[target.rsplit("/", 1)[-1]].get("properties"))
        if kind.startswith("*"):
            return "k"
        if kind.split(".")[-1] in VALUES and "[" not in kind and field not in ZERO_OMITTED:
            return "a"
        if is_struct and schema.get("type") != "array":
            return "a"
        return "" if omitted or not kind else "a"

    def go_field(self, name: str, *, field: str) -> tuple[str, bool]:
        fields = self.go.get(name, {})
        if field in fields:
            return fields[field]
        for embedded in (one[1:] for one in fields if one.startswith("+")):
            for full in (f"{name.rsplit('.', 1)[0]}.{embedded}", f"meta.v1.{embedded}"):
                if field in self.go.get(full, {}):
                    return self.go[full][field]
        return "", True

    def target(self, schema: dict[str, Any]) -> str:
        both = [schema, *schema.get("allOf", [])]
        return next((one["$ref"] for one in both if "$ref" in one), "")

    def place(self, schema: dict[str, Any], *, zero: str) -> Any:
        made: dict[str, Any] = {}
        target = self.target(schema)
        if target:
            made["@"] = self.need(target)
        elif schema.get("type"):
            made["t"] = schema["type"]
        if "format" in schema:
            made["f"] = schema["format"]
        if "items" in schema:
            made["i"] = self.place(schema["items"], zero="")
        if isinstance(schema.get("additionalProperties"), dict):
            made["v"] = self.place(schema["additionalProperties"], zero="")
        if schema.get("default") not in (None, {}, "", 0, False):
            made["d"] = schema["default"]
        made |= self.merging(schema)
        if zero:
            made["z"] = zero
        if set(made) == {"t"}:
            return made["t"]
        return "@" + made["@"] if set(made) == {"@"} else made

    def merging(self, schema: dict[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        kind = schema.get("x-kubernetes-list-type")
        if kind:
            made["l"] = schema["x-kubernetes-list-map-keys"] if kind == "map" else kind[0]
        if "x-kubernetes-map-type" in schema:
            made["m"] = int(schema["x-kubernetes-map-type"] == "atomic")
        if "x-kubernetes-patch-strategy" in schema:
            made["s"] = schema["x-kubernetes-patch-strategy"].split(",")
        if "x-kubernetes-patch-merge-key" in schema:
            made["k"] = schema["x-kubernetes-patch-merge-key"]
        return made


def group_versions() -> list[tuple[str, str]]:
    return [(group, version) for group, versions in GROUPS.items() for version in versions]


def schemas(kubernetes: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for group, version in group_versions():
        name = f"apis__{group}__{version}" if group else f"api__{version}"
        document = json.loads((kubernetes / "api/openapi-spec/v3" / f"{name}_openapi.json").read_text(encoding="utf-8"))
        found |= document["components"]["schemas"]
    return found


def kinds(documents: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for full, schema in documents.items():
        for one in schema.get("x-kubernetes-group-version-kind", []):
            served = one["version"] in GROUPS.get(one["group"], ())
            if not served or (one["kind"] in META and one["group"]):
                continue
            if one["kind"].endswith("List") and "items" in schema.get("properties", {}):
                continue
            found[f"{one['group']}/{one['version']} {one['kind']}".lstrip("/")] = full
    return found


def resources(kubernetes: Path) -> list[dict[str, Any]]:
    groups = json.loads((kubernetes / "api/discovery/aggregated_v2.json").read_text(encoding="utf-8"))
    core = json.loads((kubernetes / "api/discovery/api__v1.json").read_text(encoding="utf-8"))
    found = list(legacy(core))
    for item in groups["items"]:
        group = item["metadata"]["name"]
        for version in item["versions"]:
            if version["version"] in GROUPS.get(group, ()):
                found += [resource(one, group=group, version=version["version"]) for one in version["resources"]]
    return found


def legacy(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Core, of which the aggregated document has no file of its own in the source."""
    rows = document["resources"]
    for row in (one for one in rows if "/" not in one["name"]):
        subs = {
            one["name"].split("/", 1)[1]: [one["kind"], one.get("group", ""), one.get("version", "v1"), one["verbs"]]
            for one in rows
            if one["name"].startswith(row["name"] + "/")
        }
        yield {
            "group": "",
            "version": "v1",
            "kind": row["kind"],
            "plural": row["name"],
            "singular": row["singularName"],
            "namespaced": row["namespaced"],
            "verbs": row["verbs"],
            "short_names": row.get("shortNames", []),
            "categories": row.get("categories", []),
            "subresources": subs,
        }


def resource(one: dict[str, Any], *, group: str, version: str) -> dict[str, Any]:
    def reply(row: dict[str, Any]) -> list[Any]:
        kind = row["responseKind"]
        return [kind["kind"], kind["group"] or group, kind["version"] or version, row["verbs"]]

    return {
        "group": group,
        "version": version,
        "kind": one["responseKind"]["kind"],
        "plural": one["resource"],
        "singular": one["singularResource"],
        "namespaced": one["scope"] == "Namespaced",
        "verbs": one["verbs"],
        "short_names": one.get("shortNames", []),
        "categories": one.get("categories", []),
        "subresources": {row["subresource"]: reply(row) for row in one.get("subresources", [])},
    }


def main() -> None:
    kubernetes, modules = Path(sys.argv[1]), [Path(one) for one in sys.argv[2:]]
    documents = schemas(kubernetes)
    compact = Compactor(documents, go=go_fields(modules))
    by_kind = {key: compact.need(full) for key, full in sorted(kinds(documents).items())}
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    parts = [
        '"kinds":{\n' + ",\n".join(f"{encode(key)}:{encode(name)}" for key, name in by_kind.items()) + "\n}",
        '"resources":[\n' + ",\n".join(encode(row) for row in resources(kubernetes)) + "\n]",
        '"types":{\n' + ",\n".join(f"{encode(name)}:{encode(one)}" for name, one in sorted(compact.types.items())) + "\n}",
    ]
    TARGET.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
