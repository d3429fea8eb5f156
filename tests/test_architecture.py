"""The import walls and the house measures, read from the source with `ast`.

The numbers of the ratchets may only fall.
"""

from __future__ import annotations

import ast
import re
import statistics
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "acsctl"
GENERATED = PACKAGE / "emulator" / "metadata"

IMPORTS = {
    "errors": "",
    "sandbox": "errors",
    "model": "errors",
    "stack": "errors model sandbox",
    "plan": "errors model",
    "view": "errors model",
    "cloud": "errors model",
    "kube": "errors model sandbox",
    "record": "errors cloud model",
    "kinds": "errors cloud kube model",
    "preflight": "errors kinds cloud plan model",
    "run": "errors plan kinds cloud kube record model",
    "cli": "errors model stack plan kinds cloud kube record preflight run view emulator sandbox",
    "emulator": "",
    "__main__": "cli",
}
"""Which rooms of acsctl a room may import, beside itself and the version in the package's root."""

OUTSIDE = {
    "click": "cli",
    "rich": "view",
    "kubernetes": "kube",
    "yaml": "stack kube record emulator kinds/kubeadm/user_data.py",
    "jinja2": "stack kube/render.py sandbox.py",
    "pydantic": "model kinds stack",
    "jsonschema": "kube",
    "referencing": "kube",
    "kubernetes_validate": "",
    "cryptography": "emulator kinds/kubeadm/access.py",
    "cronsim": "emulator",
    "crcmod": "emulator",
    "urllib3": "cloud kube",
    "certifi": "cloud",
    "requests": "",
    "aiohttp": "",
    "oss2": "cloud",
    "Tea": "cloud",
    "darabonba": "cloud",
    "aliyunsdkcore": "",
}
"""Which rooms, or files, may import a package of others. Every `alibabacloud_*` is for `cloud`."""

PURE = ("model", "plan")
EFFECTS = {"os", "time", "random", "secrets", "socket", "subprocess", "urllib", "http", "pathlib", "threading", "logging"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def files() -> tuple[Path, ...]:
    return tuple(sorted(path for path in PACKAGE.rglob("*.py") if GENERATED not in path.parents))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def room(path: Path) -> str:
    return name(path).split("/")[0].removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    """Full names of the modules that a file imports, wherever in it."""
    package = ("acsctl", *path.relative_to(PACKAGE).parent.parts)
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*base, *filter(None, [node.module])))
            yield from (f"acsctl.{alias.name}" for alias in node.names) if module == "acsctl" else (module,)


def functions() -> Iterator[tuple[str, Function]]:
    for path in files():
        for node in ast.walk(tree(path)):
            if isinstance(node, Function):
                yield f"{name(path)}:{node.lineno} {node.name}", node


def length(node: Function) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def positional(node: Function) -> list[ast.arg]:
    args = [*node.args.posonlyargs, *node.args.args]
    return args[1:] if args and args[0].arg in ("self", "cls") else args


def parameters(node: Function) -> list[ast.arg]:
    return [*positional(node), *node.args.kwonlyargs]


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Calls of plain names, with the name."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id, node


def test_every_room_is_in_the_table() -> None:
    assert {room(path) for path in files()} <= IMPORTS.keys() | {"__init__", "__main__"}


def test_rooms_import_downwards_only() -> None:
    wrong = [
        f"{name(path)} imports {module}"
        for path in files()
        for module in imports(path)
        if module.split(".")[0] == "acsctl" and module not in ("acsctl", "acsctl.__version__")
        if module.split(".")[1] not in (room(path), *IMPORTS.get(room(path), "").split())
    ]
    assert wrong == []


def test_packages_of_others_stay_in_their_room() -> None:
    wrong = []
    for path in files():
        for module in imports(path):
            top = module.split(".")[0]
            where = "cloud" if top.startswith("alibabacloud_") else OUTSIDE.get(top)
            if where is not None and not {room(path), name(path)} & set(where.split()):
                wrong.append(f"{name(path)} imports {module}")
    assert wrong == []


def test_pure_rooms_have_no_effects() -> None:
    wrong = [
        f"{name(path)} imports {module}"
        for path in files()
        if room(path) in PURE
        for module in imports(path)
        if module.split(".")[0] in EFFECTS
    ]
    assert wrong == []


def test_files_are_short() -> None:
    lines = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in files()}
    assert [f"{file}: {count}" for file, count in lines.items() if count > 400] == []
    assert statistics.median(count for file, count in lines.items() if not file.endswith("__init__.py")) <= 125


def test_functions_are_short() -> None:
    lengths = {where: length(node) for where, node in functions()}
    assert [f"{where}: {count}" for where, count in lengths.items() if count > 60] == []
    assert statistics.median(lengths.values()) <= 8
    assert statistics.quantiles(lengths.values(), n=10)[-1] <= 30


def test_functions_have_at_most_five_parameters() -> None:
    wrong = [f"{where}: {len(parameters(node))}" for where, node in functions() if len(parameters(node)) > 5]
    assert wrong == []


def test_everything_is_annotated() -> None:
    wrong = [where for where, node in functions() if node.returns is None]
    for where, node in functions():
        rest = [arg for arg in (node.args.vararg, node.args.kwarg) if arg]
        wrong += [f"{where}: {arg.arg}" for arg in (*parameters(node), *rest) if arg.annotation is None]
    assert wrong == []


def test_every_package_has_a_doorplate() -> None:
    wrong = []
    for path in files():
        text = ast.get_docstring(tree(path)) or ""
        if not text:
            wrong.append(f"{name(path)} has no docstring")
        rooms = path.name == "__init__.py" and path.parent.parent == PACKAGE
        for words in ("Belongs here", "Does not belong here", "import") if rooms else ():
            if words not in " ".join(text.split()):
                wrong.append(f"{name(path)} does not say what {words!r}")
    assert wrong == []


def test_print_is_for_the_view() -> None:
    others = [path for path in files() if room(path) != "view"]
    wrong = [f"{name(path)}:{call.lineno}" for path in others for what, call in calls(path) if what == "print"]
    assert wrong == []


def test_no_default_is_mutable() -> None:
    makers = {"list", "dict", "set", "bytearray", "defaultdict", "Counter"}
    wrong = []
    for where, node in functions():
        for default in (*node.args.defaults, *filter(None, node.args.kw_defaults)):
            made = isinstance(default, ast.Call) and isinstance(default.func, ast.Name) and default.func.id in makers
            if made or isinstance(default, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp):
                wrong.append(where)
    assert wrong == []


def test_nothing_is_dispatched_by_a_computed_name() -> None:
    wrong = []
    for path in files():
        for what, call in calls(path):
            computed = what == "getattr" and not isinstance(call.args[1], ast.Constant)
            if computed or what in ("eval", "exec", "globals", "locals"):
                wrong.append(f"{name(path)}:{call.lineno} {what}")
    assert wrong == []


@pytest.mark.parametrize(
    ("pattern", "most"),
    [(r"#\s*type:\s*ignore", 2), (r"#\s*noqa", 1), (r"#\s*pragma:\s*no cover", 0), (r"#\s*pyright:", 0)],
)
def test_checkers_are_seldom_silenced(pattern: str, most: int) -> None:
    found = [
        f"{name(path)}:{number}"
        for path in files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(pattern, line)
    ]
    assert len(found) <= most, found


def test_few_functions_take_more_than_the_first_parameter_by_position() -> None:
    counts = {where: len(positional(node)) for where, node in functions()}
    assert [where for where, count in counts.items() if count > 4] == []
    assert sum(count > 3 for count in counts.values()) <= 0.02 * len(counts)
    assert sum(count > 1 for count in counts.values()) / len(counts) <= 0.25
