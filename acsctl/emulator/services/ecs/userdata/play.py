"""Through user data in the order of cloud-init, up to what somebody here understands: `kubeadm init` and `kubeadm join`.

Order: bootcmd and boot hooks, write_files, packages, deferred files, then the scripts: those of the user data before runcmd,
as their names are sorted (modules bootcmd, write_files, package_update_upgrade_install, scripts_user). Everything that is not
understood is taken to succeed, and no condition is decided: both branches of an `if` are gone through.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from acsctl.emulator.services.ecs.userdata import cloud_config
from acsctl.emulator.services.ecs.userdata.cloud_config import File
from acsctl.emulator.services.ecs.userdata.parts import BOOT_HOOK, CLOUD_CONFIG, Part, Problem, unpack
from acsctl.emulator.services.ecs.userdata.scripts import Script, Stage

_SCRIPT = "text/x-shellscript"  # and `-per-boot`, `-per-instance`, `-per-once`
_REPOSITORY = re.compile(r"/v(1\.\d+)/(?:deb|rpm)")


@dataclass(frozen=True)
class Machine:
    """What a script can ask about the instance that it runs on. facts: by the name of the metadata service, `private-ipv4`."""

    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Step:
    """A command that is understood. words: from `kubeadm` on. files: as they are then, by path. looped: tried until it
    succeeds. script: the number of the script, which ends with a step that fails when `fatal`."""

    words: tuple[str, ...]
    files: Mapping[str, bytes]
    looped: bool = False
    fatal: bool = False
    script: int = 0


@dataclass(frozen=True)
class Boot:
    """packages: that are installed on the way. release: `1.35` of a package repository that is named, or empty.
    log: what cloud-init writes to the console before the first step."""

    steps: tuple[Step, ...] = ()
    packages: tuple[str, ...] = ()
    release: str = ""
    log: tuple[str, ...] = field(default_factory=tuple)


@lru_cache(maxsize=256)
def play(user_data: str, machine: Machine) -> Boot:
    """user_data: base64. Whatever it holds, this does not raise."""
    parts: list[Part] = []
    log: list[str] = []
    for one in unpack(user_data):
        if isinstance(one, Problem):
            log.append(f"[WARNING]: {one.text}")
        else:
            parts.append(one)
    config = cloud_config.read(part for part in parts if part.kind == CLOUD_CONFIG)
    log += [f"[WARNING]: {text}" for text in config.problems]
    stage = Stage(dict(machine.facts))
    for text in (*(part.text for part in parts if part.kind == BOOT_HOOK), "\n".join(config.boot)):
        _run(stage, text=text)
    _write(stage, files=config.files, deferred=False)
    stage.packages += config.packages
    _write(stage, files=config.files, deferred=True)
    for part in parts:
        if part.kind.startswith(_SCRIPT):
            _run(stage, text=part.text)
    _run(stage, text="\n".join(config.run))
    steps = tuple(Step(one.words, one.files, one.looped, one.fatal, one.script) for one in stage.found)
    told = "\n".join([*(part.text for part in parts), *(data.decode(errors="replace") for data in stage.files.values())])
    release = _REPOSITORY.search(told)
    return Boot(steps, tuple(stage.packages), release[1] if release else "", tuple(log))


def _write(stage: Stage, *, files: tuple[File, ...], deferred: bool) -> None:
    for one in files:
        if one.deferred == deferred:
            stage.write(one.path, data=one.content, append=one.append)


def _run(stage: Stage, *, text: str) -> None:
    if text.strip():
        Script(stage).run(text)
