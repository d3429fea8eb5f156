"""Documents to faults, with every mistake in them."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields
from fnmatch import fnmatchcase
from typing import Any

from acsctl.emulator import api
from acsctl.emulator.faults import harms, oddities, refusals, values
from acsctl.emulator.faults.counting import Counting, Fault
from acsctl.emulator.faults.effects import Effect, Moment, Place
from acsctl.emulator.faults.mistakes import Mistake, MistakesError, not_one_of
from acsctl.emulator.faults.pattern import KUBE, MACHINE, Pattern
from acsctl.emulator.resource import TYPES

_EFFECTS: tuple[type[Effect], ...] = (
    *(refusals.Error, refusals.Throttle, refusals.Denied, refusals.Expired, refusals.Quota, refusals.NoStock),
    *(harms.Drop, harms.Timeout, harms.Slow, harms.Cut, harms.Page, harms.Garbled, harms.Blank),
    *(oddities.EmptyList, oddities.ShiftingPages, oddities.Lag, oddities.Tokens, oddities.LateNoStock, oddities.FailedTask),
    oddities.Away,
)
KINDS: Mapping[str, type[Effect]] = {one.KIND: one for one in _EFFECTS}
COMMON: Mapping[str, Any] = {one.name: one.type for one in (*fields(Pattern), *fields(Counting))}
"""Fields of every kind, with their types."""
_OF_ANY_KIND: Mapping[str, Any] = {"code": str, "status": int, "retry_after": int | None, "seconds": float}
"""May stand with any kind, so that the fields of two kinds can be tried in turn; where they mean nothing they do nothing."""
MACHINES = ("KubeadmInit", "KubeadmJoin")
"""What machines do that faults can meet."""
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_PLACES: Mapping[Place, str] = {
    "cloud": "the products beside OSS",
    "kube": "requests to an API server, `kube.*`,",
}


def read(raw: Any) -> list[Fault]:
    """The faults of a document: a list of them, or one. Raises MistakesError with every mistake."""
    documents: list[Any] = raw if isinstance(raw, list) else [raw]
    mistakes = [Mistake(text, (number, *path)) for number, one in enumerate(documents) for path, text in _mistakes(one)]
    if mistakes:
        raise MistakesError(mistakes)
    return [_fault(one) for one in documents]


Where = tuple[str, ...]


def _mistakes(document: Any) -> Iterator[tuple[Where, str]]:
    if not isinstance(document, dict):
        yield (), f"a fault is an object with action and kind, not {document!r}"
        return
    given: dict[Any, Any] = document
    kind = given.get("kind", refusals.Error.KIND)
    effect = KINDS.get(kind) if isinstance(kind, str) else None
    if effect is None:
        yield ("kind",), not_one_of(kind, KINDS, what="kind")
        return
    yield from _wrong_fields(given, effect=effect)
    when = given.get("when", effect.MOMENTS[0])
    if when not in effect.MOMENTS:
        one = "no field when" if effect.MOMENTS == oddities.WITHIN else f"when {' or '.join(effect.MOMENTS)} only"
        yield ("when",), f"a fault of kind {effect.KIND} has {one}"
    if "action" not in given:
        yield (), "a fault names an action, `vpc.CreateVpc` say, or `*`"
    elif values.BY_NAME["action"].fits(given["action"]):
        for glob in values.read("action", given["action"], type=None):
            yield from ((("action",), text) for text in _wrong_action(glob, effect=effect))


def _wrong_fields(given: Mapping[Any, Any], *, effect: type[Effect]) -> Iterator[tuple[Where, str]]:
    types = {**_OF_ANY_KIND, **COMMON, **_own(effect)}
    for name, value in given.items():
        if name in ("kind", "when"):
            continue
        if name not in types:
            yield (str(name),), not_one_of(name, {*COMMON, *_own(effect), "kind", "when"}, what=f"field of {effect.KIND}")
            continue
        try:
            values.read(name, value, type=types[name])
        except ValueError as error:
            yield (name,), str(error)
    for name in given.get("types", ()) if effect is oddities.Lag and isinstance(given.get("types"), list) else ():
        if name not in TYPES:
            yield ("types",), not_one_of(name, TYPES, what="resource type")


def _wrong_action(glob: str, *, effect: type[Effect]) -> Iterator[str]:
    product, _, name = glob.partition(".")
    if glob.startswith(MACHINE) and effect is not refusals.Error:
        yield "what machines do meets faults of kind error only"
    place: Place = "kube" if glob.startswith(KUBE) else "oss" if product == "oss" else "cloud"
    if place not in effect.PLACES:
        yield f"a fault of kind {effect.KIND} is for {_PLACES[effect.PLACES[0]]} only"
    elif place == "kube":
        method = name.partition("-")[0]
        if not any(fnmatchcase(one, method) for one in METHODS):
            yield not_one_of(method, METHODS, what="method")
    elif not any(mark in product for mark in "*?["):
        yield from _wrong_name(product, name=name)


def _wrong_name(product: str, *, name: str) -> Iterator[str]:
    known: dict[str, Collection[str]] = {
        "oss": _oss_names(),
        MACHINE.rstrip("."): MACHINES,
        **{one.code: one.actions for one in api.products()},
    }
    if product not in known:
        yield not_one_of(product, [*known, KUBE.rstrip(".")], what="product")
    elif not any(fnmatchcase(one, name) for one in known[product]):
        yield not_one_of(name, known[product], what=f"action of {product}").partition("; there are")[0]  # they are hundreds


def _oss_names() -> set[str]:
    """They are told by paths and sub-resources, which the service knows."""
    from acsctl.emulator.services.oss.names import BUCKET, OBJECT, SERVICE

    found = {name for table in (SERVICE, BUCKET, OBJECT) for methods in table.values() for name in methods.values()}
    return found | {"ListObjectsV2", "CopyObject", "UploadPartCopy"}


def _own(effect: type[Effect]) -> dict[str, Any]:
    return {one.name: one.type for one in fields(effect)}


def _fault(document: Mapping[str, Any]) -> Fault:
    effect = KINDS[document.get("kind", refusals.Error.KIND)]
    lasting = effect.LASTING or any(name in document for name in ("share", "every", "until"))
    given = {"times": None if lasting else 1, **document}
    moment: Moment = given.get("when", effect.MOMENTS[0])
    return Fault(
        pattern=Pattern(**_read(given, types={one.name: one.type for one in fields(Pattern)})),
        counting=Counting(**_read(given, types={one.name: one.type for one in fields(Counting)})),
        effect=effect(**_read(given, types=_own(effect))),
        moment=moment,
        document={**document, "kind": effect.KIND, **({} if moment == "within" else {"when": moment})},
    )


def _read(given: Mapping[str, Any], *, types: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values.read(name, given[name], type=type) for name, type in types.items() if name in given}
