"""Commands that Cloud Assistant runs on a machine, as far as they are understood: `cat`, `openssl x509 -req`, `kubeadm reset`.

Nothing is executed; what is not understood is taken to succeed and says nothing.
"""

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from acsctl.emulator.resource import Resource
from acsctl.emulator.services.ecs.boots import boot_of
from acsctl.emulator.services.ecs.userdata.shell import LITERAL, Simple, commands
from acsctl.emulator.services.kubeadm import files
from acsctl.emulator.world import World

DAY = 86400.0
DAYS = 30  # that openssl signs for by default


@dataclass(frozen=True)
class Outcome:
    """output: of both streams, as they come."""

    code: int
    output: str


class Failed(Exception):
    """A command ends with 1; the message is its last words."""


def run(world: World, instance: Resource, *, script: str) -> Outcome:
    """Under the lock of the world."""
    stops = re.match(r"#!.*\s-\w*e", script) is not None
    code, output = 0, ""
    for one in commands(script):
        words = [token.text.replace(LITERAL, "$") for token in one.words]
        if words[0] == "set":
            stops = stops or any(re.match(r"-\w*e", word) for word in words[1:])
            continue
        try:
            output += _run(world, instance, words=words, one=one)
            code = 0
        except Failed as failed:
            code, output = 1, f"{output}{failed}\n"
            if stops:
                break
    return Outcome(code, output)


def _run(world: World, instance: Resource, *, words: Sequence[str], one: Simple) -> str:
    """What a command says. Raises Failed."""
    name = posixpath.basename(words[0])
    if name == "sudo":
        return _run(world, instance, words=words[1:], one=one) if len(words) > 1 else ""
    if name == "cat":
        return "".join(_read(world, instance, path=path, by="cat") for path in words[1:])
    if name == "echo":
        return f"{' '.join(words[1:])}\n"
    if name in ("test", "["):
        if len(words) > 2 and words[1] in ("-f", "-e", "-s", "-r") and files.read(world, instance, path=words[2]) is None:
            raise Failed("")
        return ""
    if name == "kubeadm" and words[1:2] == ["reset"]:
        return _reset(world, instance)
    if name == "openssl" and words[1:2] == ["x509"] and "-req" in words:
        return _sign(world, instance, words=words, given=one.given.text if one.given is not None else "")
    return ""


def _reset(world: World, instance: Resource) -> str:
    """The machine is none of the cluster's any more; the last control plane takes the cluster with it. Node objects stay."""
    boot = boot_of(world, instance)
    if boot is not None:
        boot.set(ClusterId="", Node="")
    return "[reset] Stopping the kubelet service\n"


def _read(world: World, instance: Resource, *, path: str, by: str) -> str:
    data = files.read(world, instance, path=path)
    if data is None:
        raise Failed(f"{by}: {path}: No such file or directory")
    return data.decode(errors="replace")


def _sign(world: World, instance: Resource, *, words: Sequence[str], given: str) -> str:
    """A certificate of the cluster's authority for the request that is read."""
    flags = {word: value for word, value in pairwise(words) if word.startswith("-")}
    plane = files.plane_of(world, instance)
    if flags.get("-CA") != files.CA or flags.get("-CAkey") != files.CA_KEY:
        raise Failed(f"Could not open file or uri for loading CA certificate from {flags.get('-CA')}")
    if plane is None or not files.has_key(world, instance):
        missing = files.CA if plane is None else files.CA_KEY
        raise Failed(f"Could not open file or uri for loading CA certificate from {missing}: No such file or directory")
    request = _read(world, instance, path=flags["-in"], by="openssl") if "-in" in flags else given
    try:
        signed = plane.sign(request, seconds=float(flags.get("-days", DAYS)) * DAY)
    except ValueError as error:
        raise Failed(f"Unable to load X509 request: {error}") from error
    return f"Certificate request self-signature ok\n{signed}"
