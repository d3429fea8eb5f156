"""Binds variables to values, and evaluates a module once for each use of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from acsctl.model.address import Address
from acsctl.model.resource import Desired
from acsctl.model.schema import Reference
from acsctl.stack import tree, variables
from acsctl.stack.common import needs
from acsctl.stack.document import Document, Use
from acsctl.stack.evaluate import Surroundings
from acsctl.stack.expand import Expander
from acsctl.stack.instance import Instance
from acsctl.stack.members import FAILED, Member, Result, Setting
from acsctl.stack.problems import Failed, Problems, meant
from acsctl.stack.session import Session
from acsctl.stack.tree import Node
from acsctl.stack.variables import Variable
from acsctl.stack.views import Absent, Many, Module, Named, View


def bind(document: Document, *, session: Session, given: Mapping[str, Named], where: str = "") -> dict[str, Named]:
    """The value of every variable of a document: what is given, else its default. `where` names the module in messages."""
    names: dict[str, Named] = {}
    declared = session.variables[document.source.name]
    around = Surroundings(lambda name: names.get(name, FAILED), session.functions(document.source), session.sandbox)
    for kind, name in session.analyses[document.source.name].stages():
        variable = declared.get(name)
        if kind == "body" and name in document.variables:
            names[name] = (
                FAILED
                if variable is None
                else given.get(name) or _default(variable, around=around, session=session, where=where)
            )
    return names


def _default(variable: Variable, *, around: Surroundings, session: Session, where: str) -> Named:
    if variable.default is None:
        if where:
            return FAILED  # reported where the module is used
        hint = f"give it with --var {variable.name}=..., a --var-file or {variables.PREFIX}{variable.name}"
        session.problems.add(variable.key.span, f"the variable {variable.name!r} has no value", hint=hint)
        return FAILED
    expander = Expander(around, session.problems)
    try:
        node = expander.node(variable.default)
        return value_of(variable, node=node, session=session, expander=expander)
    except Failed:
        return FAILED


def value_of(variable: Variable, *, node: Node, session: Session, expander: Expander) -> Named:
    """The value of a variable whose type is no kind. Raises Failed."""
    if variable.is_reference:
        if tree.is_null(node):
            return Named(None)
        hint = "a variable that takes a reference can only have null as its default"
        raise session.problems.add(node.span, f"variable {variable.name} takes a {variable.type}", hint=hint)
    return Named(variables.read(variable, node=node, problems=session.problems), frozenset(expander.edges))


def module(outer: Instance, use: Use) -> Named:
    """Evaluate all uses that a block of `modules` makes; what its name stands for."""
    found: dict[str | None, View] = {}
    failed = False
    for member in outer.members[use.name]:
        try:
            found[member.key] = _one(outer, use=use, member=member)
        except Failed:
            failed = True
    if failed:
        return FAILED
    return Named(found[None] if None in found else Many(use.name, {str(key): view for key, view in found.items()}))


def _one(outer: Instance, *, use: Use, member: Member) -> View:
    own = (use.name,) if member.key is None else (use.name, member.key)
    title = ".".join(own)
    prefix = (*outer.setting.prefix, *own)
    if member.absent:
        _absent(outer, use=use, member=member, prefix=prefix)
        return Absent(title, Address("module", prefix))
    expander = outer.expander(member.each)
    waits = needs(expander.node(node) if (node := use.body.get("needs")) else None, outer.resolver())
    given = _inputs(outer, use=use, expander=expander)
    setting = Setting(prefix, "", outer.setting.edges | member.edges | waits | expander.edges, outer.tags)
    result = _evaluate(use, session=outer.session, setting=setting, given=given)
    outer.result.resources |= result.resources
    outer.result.bodies |= result.bodies
    inside = frozenset(address for address, desired in result.resources.items() if not desired.absent)
    return Module(title, result.outputs, inside)


def _evaluate(use: Use, *, session: Session, setting: Setting, given: Mapping[str, Named]) -> Result:
    names = bind(use.document, session=session, given=given, where=use.name)
    instance = Instance(use.document, session, setting=setting, given=names, call=module)
    return instance.run(session.analyses[use.document.source.name])


def _absent(outer: Instance, *, use: Use, member: Member, prefix: tuple[str, ...]) -> None:
    """Name what an absent module would hold, as far as that can be told: its inputs may be absent too, which is no problem."""
    session = replace(outer.session, problems=Problems())
    scratch = Instance(outer.document, session, setting=outer.setting, given=outer.names, call=module)
    scratch.shapes = outer.shapes
    try:
        given = _inputs(scratch, use=use, expander=scratch.expander(member.each))
        result = _evaluate(use, session=session, setting=Setting(prefix), given=given)
    except Failed:
        return
    for address, desired in result.resources.items():
        outer.result.resources[address] = Desired(address, absent=member.absent, place=desired.place)


def _inputs(outer: Instance, *, use: Use, expander: Expander) -> dict[str, Named]:
    declared = outer.session.variables[use.document.source.name]
    failed = False
    for name, entry in use.inputs.entries.items():
        if name not in use.document.variables:
            outer.problems.add(
                entry.key.span, f"the module {use.name} has no variable {name!r}", hint=meant(name, declared, kind="it has")
            )
            failed = True
    found: dict[str, Named] = {}
    for name, variable in declared.items():
        node = use.inputs.get(name)
        try:
            if (
                node is not None
                and (value := _input(outer, variable=variable, node=expander.node(node), expander=expander)) is not None
            ):
                found[name] = value
            elif variable.default is None:
                what = f"a {variable.type}" if variable.is_reference else f"{variable.type}"
                raise outer.problems.add(
                    use.key.span,
                    f"the module {use.name} needs the input {name!r}",
                    hint=f"write `{name}:` under `inputs:` ({what})",
                )
        except Failed:
            failed = True
    if failed:
        raise Failed(use.name)
    return found


def _input(outer: Instance, *, variable: Variable, node: Node, expander: Expander) -> Named | None:
    if tree.is_null(node):
        return None
    if not variable.is_reference:
        return value_of(variable, node=node, session=outer.session, expander=expander)
    reference = Reference((variable.type,), outer.session.schemas[variable.type].ids)
    value: Any = outer.resolver().given(node, reference)
    return Named(value, value.addresses if isinstance(value, View) else frozenset())
