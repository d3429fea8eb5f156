"""URL paths of the API to what they name."""

from dataclasses import dataclass, replace
from urllib.parse import unquote


@dataclass(frozen=True)
class Target:
    """`/apis/{group}/{version}/namespaces/{namespace}/{plural}/{name}/{subresource}`; what a path leaves out is empty.

    watch: it was the old form of a watch, with `watch` behind the version.
    """

    group: str
    version: str
    plural: str = ""
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    watch: bool = False


def parse(path: str) -> Target | None:
    """None for a path outside /api/VERSION and /apis/GROUP/VERSION, or deeper than any that is served."""
    parts = [unquote(one) for one in path.strip("/").split("/")]
    if parts[0] == "api" and len(parts) > 1:
        group, version, rest = "", parts[1], parts[2:]
    elif parts[0] == "apis" and len(parts) > 2:
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        return None
    watch = rest[:1] == ["watch"]
    target = _parse_rest(group, version=version, rest=rest[1:] if watch else rest)
    return target if target is None else replace(target, watch=watch)


def _parse_rest(group: str, *, version: str, rest: list[str]) -> Target | None:
    if rest and rest[0] == "namespaces" and len(rest) > 2 and not _is_namespace_subresource(rest):
        return _target(group, version=version, namespace=rest[1], rest=rest[2:])
    return _target(group, version=version, namespace="", rest=rest)


def _is_namespace_subresource(rest: list[str]) -> bool:
    return len(rest) == 3 and rest[2] in ("status", "finalize")


def _target(group: str, *, version: str, namespace: str, rest: list[str]) -> Target | None:
    """What is behind the name is the subresource, slashes too (`proxy/metrics`)."""
    if not all(rest[:2]):
        return None
    plural, name, *deeper = [*rest, *[""] * max(0, 2 - len(rest))]
    return Target(group, version, plural, namespace, name, "/".join(deeper))
