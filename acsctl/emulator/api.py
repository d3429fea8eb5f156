"""The published metadata as typed values: products, actions, parameters, error statuses.

Data lives in metadata/ (made by tools/emulator_metadata.py) and is loaded at first use. metadata/choices.json holds what the
sheets say against the metadata, and what no source tells (mark U): statuses, limits, codes.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote

FOLDER = Path(__file__).parent / "metadata"

Tree = Any
"""A response tree: a type name, a mapping of fields, or a list of one tree."""


@dataclass(frozen=True)
class Parameter:
    """One parameter, or one field inside a structured one."""

    name: str
    type: str
    place: str = "query"
    style: str = ""
    required: bool = False
    enum: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    items: "Parameter | None" = None
    properties: tuple["Parameter", ...] = ()
    free_keys: bool = False

    @cached_property
    def by_lower_name(self) -> Mapping[str, "Parameter"]:
        """Properties by name in lower case; of `Key` and its old spelling `key` the capital one wins."""
        ordered = sorted(self.properties, key=lambda one: one.name, reverse=True)
        return {one.name.lower(): one for one in ordered}


@dataclass(frozen=True)
class Action:
    product: str
    name: str
    methods: tuple[str, ...]
    path: str
    parameters: Mapping[str, Parameter]
    hidden: frozenset[str]
    response: Tree
    status: int = 200
    bodyless: bool = False

    @property
    def key(self) -> str:
        """`vpc.CreateVpc`: how calls are counted and faults and limits are named."""
        return f"{self.product}.{self.name}"

    @property
    def has_path(self) -> bool:
        """Whether it is an action of the ROA style, which is known by its path."""
        return self.path != "/"


@dataclass(frozen=True)
class Product:
    code: str
    version: str
    style: str
    actions: Mapping[str, Action]
    statuses: Mapping[str, Mapping[str, list[int]]]

    def by_path(self, *, method: str, path: str) -> tuple[Action, dict[str, str]] | None:
        """The ROA action that serves a path, and the path's parameters. Longer literal paths win."""
        found: list[tuple[int, Action, dict[str, str]]] = []
        for action in self.actions.values():
            match = _path_pattern(action.path).fullmatch(path) if method in action.methods else None
            if match is not None:
                found.append((len(match.groupdict()), action, match.groupdict()))
        if not found:
            return None
        _, action, fields = min(found, key=lambda row: row[0])
        return action, {name: unquote(value) for name, value in fields.items()}


@cache
def product(version: str) -> Product | None:
    """The product that a version belongs to (versions are unique), or None."""
    for path in sorted(FOLDER.glob(f"*-{version}.json")):
        return _load(path)
    return None


def products() -> Iterable[Product]:
    """All products of metadata/."""
    for path in sorted(FOLDER.glob("*-????-??-??.json")):
        loaded = product(path.stem[-10:])
        if loaded is not None:
            yield loaded


@cache
def choices() -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = json.loads((FOLDER / "choices.json").read_text(encoding="utf-8"))
    return loaded


def status_of(code: str, *, action: Action | None) -> int:
    """The HTTP status of an error code: choices first (action, product, any), then the published table, else 400."""
    statuses = choices()["statuses"]
    names = [code] if action is None else [f"{action.key}:{code}", f"{action.product}:{code}", code]
    for name in names:
        if name in statuses:
            return int(statuses[name]["status"])
    published = published_codes(action).get(code) if action else None
    if not published:
        return 400
    return 404 if 404 in published and "Not" in code else published[0]


def published_codes(action: Action) -> Mapping[str, list[int]]:
    """Error codes of an action with their statuses."""
    return _statuses(action.product).get(action.name, {})


@cache
def product_codes(code: str) -> frozenset[str]:
    """Every error code that some action of a product publishes."""
    return frozenset(one for table in _statuses(code).values() for one in table)


@cache
def _statuses(code: str) -> Mapping[str, Mapping[str, list[int]]]:
    return next((one.statuses for one in products() if one.code == code), {})


@cache
def _path_pattern(template: str) -> re.Pattern[str]:
    pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(template))
    return re.compile(pattern)


def _load(path: Path) -> Product:
    data = json.loads(path.read_text(encoding="utf-8"))
    code = path.stem[:-11]
    errors = path.with_suffix(".errors.json")
    statuses = json.loads(errors.read_text(encoding="utf-8")) if errors.exists() else {}
    actions = {name: _action(raw, name=name, product_code=code) for name, raw in data["actions"].items()}
    return Product(code, data["version"], data["style"], actions, statuses)


def _action(raw: Mapping[str, Any], *, name: str, product_code: str) -> Action:
    parameters = {one["name"]: _parameter(one, name=one["name"]) for one in raw["params"]}
    hidden = frozenset(
        (*raw.get("hidden", ()), *choices().get("hidden", {}).get(f"{product_code}.{name}", {}).get("names", ()))
    )
    return Action(
        product=product_code,
        name=name,
        methods=tuple(raw["methods"]),
        path=raw.get("path", "/"),
        parameters=parameters,
        hidden=hidden,
        response=raw.get("response"),
        status=int(raw.get("status", 200)),
        bodyless="response" in raw and raw["response"] is None,
    )


def _parameter(raw: Any, *, name: str) -> Parameter:
    """A bare string in the data is short for {"type": ...}."""
    data: Mapping[str, Any] = {"type": raw} if isinstance(raw, str) else raw
    properties = cast("Mapping[str, Any]", data.get("properties") or {})
    return Parameter(
        name=name,
        type=data["type"],
        place=data.get("in", "query"),
        style=data.get("style", ""),
        required=bool(data.get("required")) and not data.get("relaxed"),
        enum=tuple(str(one) for one in data.get("enum", ())),
        minimum=data.get("minimum"),
        maximum=data.get("maximum"),
        items=_parameter(data["items"], name="") if "items" in data else None,
        properties=tuple(_parameter(one, name=key) for key, one in properties.items()),
        free_keys="map" in data,
    )
