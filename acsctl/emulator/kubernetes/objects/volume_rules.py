"""What is refused of the volumes of a pod."""

from collections.abc import Callable, Mapping
from typing import Any

from acsctl.emulator.kubernetes.objects import naming
from acsctl.emulator.kubernetes.objects.environment_rules import VOLUME_FIELDS, field_path, resource_field
from acsctl.emulator.kubernetes.objects.quantity import amount
from acsctl.emulator.kubernetes.objects.refusals import Object, Refusals

NEEDED = {
    "configMap": ("name",),
    "secret": ("secretName",),
    "hostPath": ("path",),
    "persistentVolumeClaim": ("claimName",),
    "nfs": ("server", "path"),
    "csi": ("driver",),
}
"""What a source cannot do without."""

# The order in which the server looks at the sources; all but the first that is given are too many.
ORDER = ("emptyDir", "hostPath", "nfs", "secret", "persistentVolumeClaim", "configMap", "downwardAPI", "projected", "csi")
HOST_TYPES = ("", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket")
MODE = "must be a number between 0 and 0777 (octal), both inclusive"
UP = "must not contain '..'"


def volumes(values: list[Any], *, at: str, into: Refusals) -> dict[str, Object]:
    """The volumes that a container may mount, by name."""
    named: dict[str, Object] = {}
    for index, one in enumerate(values):
        here, name = f"{at}[{index}]", one.get("name", "")
        _sources(one, at=here, into=into)
        problems = naming.label(name) if name else []
        if not name:
            into.required(f"{here}.name")
        into.texts(f"{here}.name", value=name, whys=problems)
        if name in named:
            into.duplicate(f"{here}.name", value=name)
        elif name and not problems:
            named[name] = one
    return named


def _sources(volume: Object, *, at: str, into: Refusals) -> None:
    given = sorted(set(volume) - {"name"}, key=lambda kind: ORDER.index(kind) if kind in ORDER else len(ORDER))
    for kind in given[1:]:
        into.forbidden(f"{at}.{kind}", why="may not specify more than 1 volume type")
    for kind in given[:1]:
        for name in NEEDED.get(kind, ()):
            if not volume[kind].get(name):
                into.required(f"{at}.{kind}.{name}")
        if kind in _SOURCES:
            _SOURCES[kind](volume[kind], at=f"{at}.{kind}", into=into)


def _mode(source: Object, *, name: str, at: str, into: Refusals) -> None:
    if not 0 <= source.get(name, 0) <= 0o777:
        into.invalid(f"{at}.{name}", value=source[name], why=MODE)


def _files(source: Object, *, at: str, into: Refusals) -> None:
    """Of a ConfigMap or Secret."""
    _mode(source, name="defaultMode", at=at, into=into)
    for index, one in enumerate(source.get("items", [])):
        here = f"{at}.items[{index}]"
        if not one.get("key"):
            into.required(f"{here}.key")
        _file(one, at=here, into=into)
        _mode(one, name="mode", at=here, into=into)


def _file(one: Object, *, at: str, into: Refusals) -> None:
    path = one.get("path", "")
    if not path:
        into.required(f"{at}.path")
        return
    into.texts(f"{at}.path", value=path, whys=relative(path))
    if path.startswith("..") and not path.startswith("../") and path != "..":
        into.invalid(f"{at}.path", value=path, why="must not start with '..'")


def relative(path: str) -> list[str]:
    """Of a path below a volume."""
    found = ["must be a relative path"] if path.startswith("/") else []
    return [*found, UP] if ".." in path.split("/") else found


def _empty_directory(source: Object, *, at: str, into: Refusals) -> None:
    if amount(source.get("sizeLimit", "0")) < 0:
        into.forbidden(f"{at}.sizeLimit", why="SizeLimit field must be a valid resource quantity")


def _host_path(source: Object, *, at: str, into: Refusals) -> None:
    if ".." in source.get("path", "").split("/"):
        into.invalid(f"{at}.path", value=source["path"], why=UP)
    into.one_of(source, "type", at=at, allowed=HOST_TYPES)


def _nfs(source: Object, *, at: str, into: Refusals) -> None:
    path = source.get("path", "")
    if not path.startswith("/"):
        into.invalid(f"{at}.path", value=path, why="must be an absolute path")


def _downward(source: Object, *, at: str, into: Refusals) -> None:
    _mode(source, name="defaultMode", at=at, into=into)
    for one in source.get("items", []):
        _file(one, at=at, into=into)
        if "fieldRef" in one:
            field_path(one["fieldRef"].get("fieldPath", ""), at=f"{at}.fieldRef", allowed=VOLUME_FIELDS, into=into)
        elif "resourceFieldRef" in one:
            if not one["resourceFieldRef"].get("containerName"):
                into.required(f"{at}.resourceFieldRef.containerName")
            else:
                resource_field(one["resourceFieldRef"], at=f"{at}.resourceFieldRef", into=into)
        else:
            into.required(at, "one of fieldRef and resourceFieldRef is required")


def _projected(source: Object, *, at: str, into: Refusals) -> None:
    _mode(source, name="defaultMode", at=at, into=into)
    taken: set[str] = set()
    for index, one in enumerate(source.get("sources") or []):
        here = f"{at}.sources[{index}]"
        for kind in ("secret", "configMap"):
            if kind in one:
                _part(one[kind], at=f"{here}.{kind}", into=into)
                paths = {item.get("path", "") for item in one[kind].get("items", [])}
                for _ in sorted(paths & taken):
                    into.invalid(at, value=one[kind].get("name", ""), why="conflicting duplicate paths")
                taken |= paths
        if "downwardAPI" in one:
            _downward(one["downwardAPI"], at=f"{here}.downwardAPI", into=into)


def _part(source: Object, *, at: str, into: Refusals) -> None:
    if not source.get("name"):
        into.required(f"{at}.name")
    _files(source, at=at, into=into)


_SOURCES: Mapping[str, Callable[..., None]] = {
    "configMap": _files,
    "downwardAPI": _downward,
    "emptyDir": _empty_directory,
    "hostPath": _host_path,
    "nfs": _nfs,
    "projected": _projected,
    "secret": _files,
}
