"""Which calls a fault is for: by action, parameters and access key."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, cast

KUBE, MACHINE = "kube.", "machine."
"""Begin the names of requests to an API server, and of what machines do by themselves; patterns such as `*` are for the calls
of the cloud alone."""


@dataclass(frozen=True)
class Occasion:
    """A call that a fault may hit.

    action: `vpc.CreateVpc`, or of an API server `kube.PATCH-deployments`. key: the id of the access key, or the user of the API
    server. parameters: nested, as they were read. codes: tells the error codes that the action publishes.
    """

    action: str
    key: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    codes: Callable[[], Iterable[str]] = tuple


@dataclass(frozen=True)
class Pattern:
    """action: globs, one of which must fit. parameters: name -> glob, all of which must fit; dots lead into objects and lists.
    key: a glob."""

    action: tuple[str, ...]
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])
    key: str = "*"

    def fits(self, occasion: Occasion) -> bool:
        return (
            any(_names(occasion.action, glob=glob) for glob in self.action)
            and fnmatchcase(occasion.key, self.key)
            and all(_has(occasion.parameters, name=name, glob=glob) for name, glob in self.parameters.items())
        )

    @property
    def is_plain(self) -> bool:
        """Whether it is for every call of the cloud, and so for what the cloud does by itself."""
        return "*" in self.action and self.key == "*" and not self.parameters


def _names(action: str, *, glob: str) -> bool:
    same_realm = all(action.startswith(one) == glob.startswith(one) for one in (KUBE, MACHINE))
    return fnmatchcase(action, glob) and same_realm


def _has(parameters: Mapping[str, Any], *, name: str, glob: str) -> bool:
    return any(fnmatchcase(text, glob) for text in _texts(parameters, path=name))


def _texts(value: Any, *, path: str) -> Iterator[str]:
    """The scalars at a path, those of every item of a list; at its end those of the whole value."""
    if isinstance(value, list):
        for one in value:
            yield from _texts(one, path=path)
    elif isinstance(value, Mapping):
        fields = cast("Mapping[str, Any]", value)
        head, _, rest = path.partition(".")
        if not path:
            for one in fields.values():
                yield from _texts(one, path="")
        elif path in fields:
            yield from _texts(fields[path], path="")
        elif head in fields:
            yield from _texts(fields[head], path=rest)
    elif value is not None and not path:
        yield str(value).lower() if isinstance(value, bool) else str(value)
