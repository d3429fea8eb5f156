"""Expressions: parsed by Jinja2, checked against the allow-lists, with the names that they use.

What is wrong with an expression as such is found here, before anything is evaluated: syntax, what the language leaves out,
unknown functions, filters and tests. `evaluate` walks the syntax tree that this hands on.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from jinja2 import TemplateError, nodes
from jinja2.parser import Parser

from acsctl import sandbox
from acsctl.stack import functions, parts
from acsctl.stack.problems import meant

MAX_CODE = 10_000
MAX_TOKENS = 1_000
MAX_NESTING = 64

ENVIRONMENT = sandbox.Sandbox(functions.PURE, more=functions.AS_FILTERS)

_ALLOWED = (
    nodes.Const, nodes.List, nodes.Tuple, nodes.Dict, nodes.Pair, nodes.Name, nodes.Getattr, nodes.Getitem, nodes.Slice,
    nodes.Call, nodes.Keyword, nodes.Filter, nodes.Test, nodes.CondExpr, nodes.Concat, nodes.Compare, nodes.Operand,
    nodes.And, nodes.Or, nodes.Not, nodes.Neg, nodes.Pos,
    nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Pow,
)  # fmt: skip


class ExpressionError(ValueError):
    """An expression that cannot be; `word` is the word at fault, if it is one."""

    def __init__(self, message: str, *, word: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.word = word
        self.hint = hint


@dataclass(frozen=True, eq=False)
class Expression:
    """A checked expression. `chains` are its longest paths of the form `name.key[key]`, `names` the first words of those.

    `secret` tells that it calls `secret()`, on whatever branch.
    """

    code: str
    root: nodes.Expr
    chains: tuple[nodes.Expr, ...]
    names: frozenset[str]
    secret: bool


@dataclass(frozen=True, eq=False)
class Text:
    """A text with expressions: literal pieces and expressions in order. `whole` is the only one, if nothing is beside it."""

    pieces: tuple[str | Expression, ...]
    whole: Expression | None

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """The expressions alone."""
        return tuple(piece for piece in self.pieces if isinstance(piece, Expression))


def has_expression(text: str) -> bool:
    """Whether anything in the text has to be looked at: braces of an expression, of a statement or of a comment."""
    return "{{" in text or "{%" in text or "{#" in text


@lru_cache(maxsize=4096)
def read(text: str) -> Text:
    """The template that `text` is. Raises ExpressionError or parts.CutError."""
    pieces = tuple(part.raw if part.code is None else compile_code(part.code) for part in parts.cut(text))
    whole = pieces[0] if len(pieces) == 1 and isinstance(pieces[0], Expression) else None
    return Text(pieces, whole)


@lru_cache(maxsize=4096)
def compile_code(code: str) -> Expression:
    """A checked expression. Raises ExpressionError."""
    if not code.strip():
        raise ExpressionError("the expression is empty", hint="write something between `{{` and `}}`")
    root = _parse(code)
    found = _Check(code)
    found.walk(root)
    return Expression(code.strip(), root, tuple(found.chains), frozenset(found.names), found.secret)


def _parse(code: str) -> nodes.Expr:
    if len(code) > MAX_CODE:
        raise ExpressionError(f"the expression is longer than {MAX_CODE:,} characters", hint="name its parts under `locals`")
    try:
        _limit(code)
        parser = Parser(ENVIRONMENT, code, state="variable")
        root: nodes.Expr = parser.parse_expression()
        if not parser.stream.eos:
            raise ExpressionError(f"unexpected {parser.stream.current.value!r}", word=str(parser.stream.current.value))
    except TemplateError as error:
        raise ExpressionError(f"not an expression: {error.message}") from error
    except (RecursionError, ValueError) as error:
        if isinstance(error, ExpressionError):
            raise
        raise ExpressionError(
            "the expression is nested too deep, or a number in it is too long", hint="name its parts under `locals`"
        ) from error
    return root


def _limit(code: str) -> None:
    count = 0
    depth = 0
    for _, kind, value in ENVIRONMENT.lexer.tokeniter(code, None, state="variable"):
        count += kind != "whitespace"
        if kind == "operator":
            depth += (value in "([{") - (value in ")]}")
        if count > MAX_TOKENS or depth > MAX_NESTING:
            raise ExpressionError("the expression is too long or nested too deep", hint="name its parts under `locals`")


class _Check:
    """One walk over a syntax tree: refuses what the language leaves out and collects names and chains."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.chains: list[nodes.Expr] = []
        self.names: set[str] = set()
        self.secret = False

    def walk(self, root: nodes.Expr) -> None:
        waiting: list[tuple[nodes.Node, int]] = [(root, 0)]
        while waiting:
            node, depth = waiting.pop()
            if depth > 3 * MAX_NESTING:
                raise ExpressionError("the expression is nested too deep", hint="name its parts under `locals`")
            if not isinstance(node, _ALLOWED):
                raise ExpressionError(f"{type(node).__name__} is not part of the stack language")
            waiting.extend((child, depth + 1) for child in self._children(node))

    def _children(self, node: nodes.Node) -> list[nodes.Node]:
        if isinstance(node, (nodes.Name, nodes.Getattr, nodes.Getitem)) and (chain := _chain(node)) is not None:
            self.chains.append(node)
            self.names.add(chain[0])
            return chain[1]
        if isinstance(node, nodes.Call):
            return self._call(node)
        if isinstance(node, (nodes.Filter, nodes.Test)):
            self._listed(node)
        if isinstance(node, nodes.CondExpr) and node.expr2 is None:
            raise ExpressionError("`a if b` needs an `else`", word="if", hint="say what it is otherwise: `a if b else c`")
        return list(node.iter_child_nodes())

    def _call(self, node: nodes.Call) -> list[nodes.Node]:
        if node.dyn_args or node.dyn_kwargs:
            raise ExpressionError("`*` and `**` in a call are not part of the stack language")
        arguments: list[nodes.Node] = [*node.args, *node.kwargs]
        if isinstance(node.node, nodes.Name):
            if node.node.name not in functions.NAMES:
                hint = meant(node.node.name, functions.NAMES, kind="functions:")
                raise ExpressionError(f"there is no function {node.node.name!r}", word=node.node.name, hint=hint)
            self.secret |= node.node.name == "secret"
            return arguments
        if isinstance(node.node, nodes.Getattr):
            if node.node.attr not in sandbox.TEXT_METHODS:
                hint = _INSTEAD.get(node.node.attr) or meant(node.node.attr, sandbox.TEXT_METHODS, kind="methods:")
                raise ExpressionError(f"there is no method {node.node.attr!r} of texts", word=node.node.attr, hint=hint)
            return [node.node.node, *arguments]
        raise ExpressionError("only functions and methods of texts can be called")

    def _listed(self, node: nodes.Filter | nodes.Test) -> None:
        if node.dyn_args or node.dyn_kwargs:
            raise ExpressionError("`*` and `**` in a call are not part of the stack language")
        known, what = (ENVIRONMENT.filters, "filter") if isinstance(node, nodes.Filter) else (ENVIRONMENT.tests, "test")
        if node.name not in known:
            raise ExpressionError(
                f"there is no {what} {node.name!r}", word=node.name, hint=meant(node.name, known, kind=f"{what}s:")
            )


_INSTEAD = {
    "items": "write `| items`",
    "keys": "write `| list`",
    "get": "write `.key | default(other)`",
    "format": "`~` joins texts",
    "append": "`+` joins lists",
    "extend": "`+` joins lists",
    "index": "`for_each` has `each.key`; positions are not used",
}


def _chain(node: nodes.Node) -> tuple[str, list[nodes.Node]] | None:
    """The first name of a path, and the expressions inside of its brackets; None where it does not begin with a name."""
    inside: list[nodes.Node] = []
    while isinstance(node, (nodes.Getattr, nodes.Getitem)):
        if isinstance(node, nodes.Getitem):
            inside.append(node.arg)
        node = node.node
    return (node.name, inside) if isinstance(node, nodes.Name) else None
