"""What is refused of the volumes of a pod."""

from typing import Any

from acsctl.emulator.kubernetes.objects import naming
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


def volumes(values: list[Any], *, at: str, into: Refusals) -> set[str]:
    """The names of the volumes that a container may mount."""
    names: set[str] = set()
    for index, one in enumerate(values):
        here, name = f"{at}[{index}]", one.get("name", "")
        _sources(one, at=here, into=into)
        problems = naming.label(name) if name else []
        if not name:
            into.required(f"{here}.name")
        into.texts(f"{here}.name", value=name, whys=problems)
        if name in names:
            into.duplicate(f"{here}.name", value=name)
        elif name and not problems:
            names.add(name)
    return names


def _sources(volume: Object, *, at: str, into: Refusals) -> None:
    given = sorted(set(volume) - {"name"}, key=lambda kind: ORDER.index(kind) if kind in ORDER else len(ORDER))
    for kind in given[1:]:
        into.forbidden(f"{at}.{kind}", why="may not specify more than 1 volume type")
    for kind in given[:1]:
        for name in NEEDED.get(kind, ()):
            if not volume[kind].get(name):
                into.required(f"{at}.{kind}.{name}")
    path = volume.get("nfs", {}).get("path")
    if path is not None and not path.startswith("/"):
        into.invalid(f"{at}.nfs.path", value=path, why="must be an absolute path")
