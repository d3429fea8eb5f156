"""Evaluates the expressions of a tree: nodes in, nodes out, with computed scalars where expressions stood."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from acsctl import sandbox
from acsctl.errors import StackError
from acsctl.model.address import Address
from acsctl.model.unknown import Deferred, Ref, Secret, Unknown
from acsctl.stack import evaluate, expression, parts
from acsctl.stack.evaluate import Evaluation, Known, Surroundings
from acsctl.stack.problems import Failed, Problems, meant
from acsctl.stack.source import Span
from acsctl.stack.tree import Entry, Map, Node, Scalar, Seq
from acsctl.stack.views import NoSuch


class _Spoiled:
    """Stands where a value has a problem that is already reported."""


SPOILED = _Spoiled()


@dataclass
class Expander:
    """Expands the nodes of one block. Afterwards `edges` holds the resources that its expressions use."""

    around: Surroundings
    problems: Problems
    edges: set[Address] = field(default_factory=set)

    def node(self, node: Node) -> Node:
        """The same tree with values in the place of expressions; a scalar that fails is SPOILED."""
        if isinstance(node, Map):
            return Map(node.span, {key: Entry(entry.key, self.node(entry.value)) for key, entry in node.entries.items()})
        if isinstance(node, Seq):
            return Seq(node.span, tuple(self.node(item) for item in node.items))
        if node.computed or not expression.has_expression(node.text):
            return node
        return computed(node.span, self._scalar(node))

    def data(self, node: Node) -> Any:
        """The data that the tree means. Raises Failed where a part of it is spoiled."""
        return data(self.node(node))

    def _scalar(self, node: Scalar) -> Any:
        try:
            text = expression.read(node.text)
        except (expression.ExpressionError, parts.CutError):
            return SPOILED  # reported when the file was first looked through
        secret = _calls_secret(text)
        for piece in text.expressions:
            if piece.names:
                run = evaluate.used(piece, self.around)
                self.edges |= run.edges
                secret |= run.secret
        try:
            return run_text(text, self.around)
        except Unknown:
            return self._deferred(node, text=text, secret=secret)
        except Failed:
            return SPOILED
        except sandbox.WorkError as error:
            raise self.problems.stop(
                node.span, str(error), hint="there is a bomb in one of them, or a loop too many"
            ) from error
        except NoSuch as error:
            hint = error.hint or meant(error.word, error.allowed, kind="it has")
            self.problems.add(place_of(node, error.word), str(error), hint=hint)
        except evaluate.ERRORS as error:
            self.problems.add(place_of(node, ""), f"the expression fails: {said(error)}")
        return SPOILED

    def _deferred(self, node: Scalar, *, text: expression.Text, secret: bool) -> Deferred:
        reads: set[Address] = set()
        for piece in text.expressions:
            for chain in piece.chains:
                run = Evaluation(self.around)
                with suppress(Unknown, Failed, *evaluate.ERRORS):
                    reads |= _reads(run.value(chain))
                reads |= run.missing
        return Deferred(frozenset(reads), computing(text, self.around, node=node), text=node.text, secret=secret)


def _calls_secret(text: expression.Text) -> bool:
    return any(piece.secret for piece in text.expressions)


def computing(text: expression.Text, around: Surroundings, *, node: Scalar) -> Callable[[Known], Any]:
    """The function that evaluates the text once more is known. It raises StackError where that fails."""

    def compute(known: Known) -> Any:
        try:
            return run_text(text, around, known=known)
        except (Unknown, KeyError):
            raise
        except evaluate.ERRORS as error:
            raise StackError([place_of(node, "").problem(f"the expression fails: {said(error)}")]) from error

    return compute


def run_text(text: expression.Text, around: Surroundings, *, known: Known = evaluate.NOTHING) -> Any:
    """The value of a text with expressions. Raises Unknown, Failed, or one of evaluate.ERRORS."""
    run = Evaluation(around, known)
    if text.whole is not None:
        return run.run(text.whole.root)
    joined = [piece if isinstance(piece, str) else sandbox.text_of(run.data(piece.root)) for piece in text.pieces]
    if sum(map(len, joined)) > sandbox.MAX_SIZE:
        raise sandbox.BoundError("the result is larger than 1 MB")
    result = "".join(joined)
    run.charge(len(result) // 8)
    return Secret(result) if run.secret else result


def _reads(value: Any) -> set[Address]:
    if isinstance(value, Deferred):
        return set(value.reads)
    if isinstance(value, Ref):
        return {value.address}
    if isinstance(value, Mapping):
        return {address for item in value.values() for address in _reads(item)}
    if isinstance(value, (list, tuple)):
        return {address for item in value for address in _reads(item)}
    return set()


def computed(span: Span, value: Any) -> Node:
    """Data as nodes that all stand where the expression stands."""
    if isinstance(value, Mapping):
        return Map(span, {key: Entry(Scalar(span, str(key), str(key)), computed(span, item)) for key, item in value.items()})
    if isinstance(value, (list, tuple)):
        return Seq(span, tuple(computed(span, item) for item in value))
    return Scalar(span, "", value, computed=True)


def data(node: Node) -> Any:
    """The data that an expanded tree means. Raises Failed where a part of it is spoiled."""
    if isinstance(node, Map):
        return {key: data(entry.value) for key, entry in node.entries.items()}
    if isinstance(node, Seq):
        return [data(item) for item in node.items]
    if node.value is SPOILED:
        raise Failed("spoiled")
    return node.value


def place_of(node: Scalar, word: str) -> Span:
    """Where in the source of a scalar a word of its expressions stands, as near as can be told."""
    try:
        found = next((part for part in parts.cut(node.text) if part.code is not None and (not word or word in part.code)), None)
    except parts.CutError as error:
        return node.span.within(error.raw)
    if found is None:
        return node.span
    whole = node.span.within(found.raw)
    return whole.word(word) if word and whole is not node.span else whole


def said(error: BaseException) -> str:
    """What an error of Python or Jinja2 says, in one short line."""
    if isinstance(error, ZeroDivisionError):
        return "division by zero"
    if isinstance(error, RecursionError):
        return "nested too deep"
    if isinstance(error, OverflowError):
        return "the number is too large"
    words = str(error).split("\n")[0].replace("<lambda>()", "the function")
    return words[:200] or type(error).__name__
