"""Walks the syntax tree of an expression and gives its value.

A walk of our own, because three things are to be seen on the way that compiled Jinja2 code does not show: what is not known
yet, what is secret, and how much work was done. Operations, filters and methods are the sandbox's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

from jinja2 import TemplateError, Undefined, nodes
from jinja2.runtime import Context

from acsctl import sandbox
from acsctl.model.address import Address
from acsctl.model.unknown import Deferred, Outputs, Ref, Secret, Unknown
from acsctl.stack.expression import ENVIRONMENT, Expression
from acsctl.stack.problems import Failed
from acsctl.stack.scalars import as_text, name_of
from acsctl.stack.views import Absent, Module, Named, NoSuch, View

Known = Mapping[Address, Outputs]
NOTHING: Known = {}
ERRORS = (TypeError, ValueError, ArithmeticError, LookupError, TemplateError, RecursionError, AttributeError)
"""What evaluating may raise for an expression that makes no sense."""


@dataclass(frozen=True)
class Surroundings:
    """What an expression can see: names, the functions bound to its file, and the sandbox of the load."""

    lookup: Callable[[str], Named]
    functions: sandbox.Functions
    sandbox: sandbox.Sandbox

    @cached_property
    def context(self) -> Context:
        """What filters such as `map` look other filters up in."""
        return Context(self.sandbox, {}, None, {})


@dataclass
class Evaluation:
    """One evaluation. Afterwards `edges` holds the resources that were used, `missing` those whose outputs were not known,
    `secret` whether a secret went in.
    """

    around: Surroundings
    known: Known = field(default_factory=lambda: NOTHING)
    edges: set[Address] = field(default_factory=set)
    missing: set[Address] = field(default_factory=set)
    secret: bool = False

    def run(self, root: nodes.Node) -> Any:
        """The value of an expression: data, a View, or one Deferred, Ref or Secret. Raises Unknown, Failed or one of ERRORS."""
        value = self.value(root)
        sandbox.refuse_undefined(value)
        if self.known:  # nothing is left for later then
            value = self._ids(value) if isinstance(value, View) else self.open(value)
        if isinstance(value, View):
            self.edges |= value.addresses
        elif not isinstance(value, (Deferred, Ref, Secret)):
            value = sandbox.plain(value)
            self.charge(sandbox.check_size(value) // 8)
        if not self.secret or value is None:
            return value
        return Secret(self.open(value))

    def charge(self, steps: int) -> None:
        """Note work. Raises WorkError."""
        self.around.sandbox.meter.charge(steps)

    def value(self, node: nodes.Node) -> Any:
        """The value of a part of an expression, which may still be a View, a Deferred, a Ref, a Secret or undefined."""
        self.charge(1)
        return _STEPS[type(node)](self, node)

    def open(self, value: Any) -> Any:
        """`value` as plain data, through and through: what is deferred is computed, what is secret is revealed."""
        if value is None or type(value) in (str, int, bool, float):
            return value
        sandbox.refuse_undefined(value)
        if isinstance(value, Deferred):
            self.secret |= value.secret
            self.missing |= value.reads - self.known.keys()
            return self.open(value.value(self.known))
        if isinstance(value, Secret):
            self.secret = True
            return self.open(value.reveal())
        if isinstance(value, Ref):
            return self._id(value)
        if isinstance(value, Absent):
            return None
        if isinstance(value, View):
            raise NoSuch(value.label, word="", hint="name an attribute of it, such as `id`")
        if isinstance(value, Mapping):
            return {key: self.open(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.open(item) for item in value]
        return value

    def _ids(self, view: View) -> Any:
        """The id of a resource, or a list of ids, in the place of a View."""
        found = [self.open(target) for target in view.targets()]
        return found if not view.single else found[0] if found else None

    def _id(self, ref: Ref) -> Any:
        self.edges.add(ref.address.whole)
        if ref.address not in self.known:
            self.missing.add(ref.address)
            raise Unknown(str(ref))
        return self.known[ref.address]["id"]

    def data(self, node: nodes.Node) -> Any:
        """The plain data of a part of an expression, charged by its size."""
        value = self.open(self.value(node))
        if isinstance(value, (list, dict)):
            self.charge(len(value))
        return value

    def made(self, value: Any) -> Any:
        """What an operation, a filter or a function gave, checked and charged."""
        value = sandbox.plain(value)
        if isinstance(value, float) and not math.isfinite(value):
            raise sandbox.BoundError("the number is too large")
        self.charge(sandbox.check_size(value) // 8)
        return value

    def arguments(self, node: nodes.Call | nodes.Filter | nodes.Test) -> tuple[list[Any], dict[str, Any]]:
        """The arguments of a call, as data."""
        return [self.data(item) for item in node.args], {item.key: self.data(item.value) for item in cast(Any, node.kwargs)}


def _name(run: Evaluation, node: nodes.Name) -> Any:
    found = run.around.lookup(node.name)
    if found.failed:
        raise Failed(node.name)
    run.edges |= found.edges
    return found.value


def _getattr(run: Evaluation, node: nodes.Getattr) -> Any:
    return _step(run, run.value(node.node), node.attr)


def _getitem(run: Evaluation, node: nodes.Getitem) -> Any:
    base = run.value(node.node)
    if isinstance(node.arg, nodes.Slice):
        parts = [None if part is None else run.data(part) for part in (node.arg.start, node.arg.stop, node.arg.step)]
        return ENVIRONMENT.getitem(run.open(base), slice(*parts))
    return _step(run, base, run.data(node.arg))


def _step(run: Evaluation, base: Any, key: Any) -> Any:
    """What stands behind a dot or inside of brackets."""
    sandbox.refuse_undefined(base)
    if isinstance(base, View):
        if not isinstance(key, (str, int)):
            raise NoSuch("a member is named by a text or a number", word="")
        if isinstance(base, Module) and key in base.outputs:
            return _output(run, base.outputs[str(key)])
        found = base.get(key)
        if not isinstance(found, View):
            run.edges |= base.addresses
        return found
    if isinstance(base, Secret):
        run.secret = True
        base = base.reveal()
    if isinstance(base, (Deferred, Ref)):
        base = run.open(base)
    found = ENVIRONMENT.getitem(base, key)
    if isinstance(found, Undefined):
        if isinstance(base, Mapping):
            raise NoSuch(f"there is no key {str(key)!r}", word=str(key), allowed=[str(name) for name in base])
        if isinstance(base, (list, tuple, str)) and isinstance(key, int):
            raise NoSuch(f"there is no position {key}: it has {len(base)}, counted from 0", word="")
        raise NoSuch(f"{name_of(base)} has nothing named {str(key)[:50]!r}", word=str(key))
    return found


def _output(run: Evaluation, output: Named) -> Any:
    if output.failed:
        raise Failed("output")
    run.edges |= output.edges
    return output.value


def _call(run: Evaluation, node: nodes.Call) -> Any:
    args, kwargs = run.arguments(node)
    if isinstance(node.node, nodes.Getattr):
        text = run.data(node.node.node)
        if not isinstance(text, str):
            raise TypeError(f"{node.node.attr}() is a method of texts, and this is {name_of(text)}")
        return run.made(sandbox.TextMethod(node.node.attr, text)(*args, **kwargs))
    name = cast(nodes.Name, node.node).name
    if name == "secret":
        run.secret = True
        return _secret(*args, **kwargs)
    if name in _COSTS:
        run.charge(_COSTS[name] * sandbox.check_size(args))
    return run.made(run.around.functions[name](*args, **kwargs))


_COSTS = {"from_json": 1, "from_yaml": 3, "to_json": 1, "to_yaml": 20}
"""Steps for each unit of size, of functions that take longer than their result tells."""


def _secret(value: Any) -> Any:
    return value


def _filter(run: Evaluation, node: nodes.Filter) -> Any:
    assert node.node is not None  # only a filter block has none
    args, kwargs = run.arguments(node)
    value = _or_undefined(run, node.node) if node.name in ("default", "d") else run.data(node.node)
    if node.name in _COSTS:
        run.charge(_COSTS[node.name] * sandbox.check_size(value))
    return run.made(run.around.sandbox.call_filter(node.name, value, args, kwargs, context=run.around.context))


def _test(run: Evaluation, node: nodes.Test) -> Any:
    args, kwargs = run.arguments(node)
    value = _or_undefined(run, node.node) if node.name in ("defined", "undefined") else run.data(node.node)
    return bool(run.around.sandbox.call_test(node.name, value, args, kwargs, context=run.around.context))


def _or_undefined(run: Evaluation, node: nodes.Node) -> Any:
    try:
        return run.data(node)
    except NoSuch as error:
        return ENVIRONMENT.undefined(str(error))


def _concat(run: Evaluation, node: nodes.Concat) -> str:
    parts = [sandbox.text_of(run.data(part)) for part in node.nodes]
    return cast(str, run.made("".join(parts))) if sum(map(len, parts)) <= sandbox.MAX_SIZE else run.made(parts)


def _compare(run: Evaluation, node: nodes.Compare) -> bool:
    left = run.data(node.expr)
    for operand in node.ops:
        right = run.data(operand.expr)
        if not _COMPARISONS[operand.op](left, right):
            return False
        left = right
    return True


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda left, right: left == right,
    "ne": lambda left, right: left != right,
    "lt": lambda left, right: left < right,
    "lteq": lambda left, right: left <= right,
    "gt": lambda left, right: left > right,
    "gteq": lambda left, right: left >= right,
    "in": lambda left, right: left in right,
    "notin": lambda left, right: left not in right,
}


def _binary(run: Evaluation, node: nodes.BinExpr) -> Any:
    return run.made(sandbox.operate(node.operator, run.data(node.left), run.data(node.right)))


def _sign(run: Evaluation, node: nodes.UnaryExpr) -> Any:
    value = run.data(node.node)
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise TypeError(f"`{node.operator}` does not work on {name_of(value)}")
    return -value if isinstance(node, nodes.Neg) else value


def _condition(run: Evaluation, node: nodes.CondExpr) -> Any:
    assert node.expr2 is not None  # checked before
    return run.value(node.expr1 if run.data(node.test) else node.expr2)


def _list(run: Evaluation, node: nodes.List | nodes.Tuple) -> list[Any]:
    return [_inner(run.value(item)) for item in node.items]


def _dict(run: Evaluation, node: nodes.Dict) -> dict[str, Any]:
    return {as_text(run.data(pair.key)): _inner(run.value(pair.value)) for pair in node.items}


def _inner(value: Any) -> Any:
    sandbox.refuse_undefined(value)
    return value


_STEPS: dict[type, Callable[[Evaluation, Any], Any]] = {
    nodes.Const: lambda run, node: node.value,
    nodes.Name: _name,
    nodes.Getattr: _getattr,
    nodes.Getitem: _getitem,
    nodes.Call: _call,
    nodes.Filter: _filter,
    nodes.Test: _test,
    nodes.CondExpr: _condition,
    nodes.Concat: _concat,
    nodes.Compare: _compare,
    nodes.List: _list,
    nodes.Tuple: _list,
    nodes.Dict: _dict,
    nodes.And: lambda run, node: run.data(node.left) and run.data(node.right),
    nodes.Or: lambda run, node: run.data(node.left) or run.data(node.right),
    nodes.Not: lambda run, node: not run.data(node.node),
    nodes.Neg: _sign,
    nodes.Pos: _sign,
    **dict.fromkeys((nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Pow), _binary),
}


def used(parsed: Expression, around: Surroundings) -> Evaluation:
    """Walks every path of the expression, on whatever branch: what it uses, and whether a secret is among it."""
    run = Evaluation(around, secret=parsed.secret)
    for chain in parsed.chains:
        try:
            value = run.value(chain)
            if isinstance(value, View):
                run.edges |= value.addresses
        except (Unknown, Failed, *ERRORS):
            continue  # evaluating tells what is wrong
    return run
