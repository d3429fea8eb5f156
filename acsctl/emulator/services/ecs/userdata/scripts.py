"""Scripts, read for what they do to files, packages and Kubernetes."""

import base64
import binascii
import posixpath
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from acsctl.emulator.services.ecs.userdata.shell import LITERAL, Simple, Token, commands

DEPTH = 8  # scripts within scripts
_SHELLS = ("sh", "bash", "dash", "zsh")
_MANAGERS = ("apt-get", "apt", "yum", "dnf", "tdnf", "zypper", "microdnf")
_WRAPPERS = ("sudo", "env", "nohup", "exec", "command", "nice", "setsid", "stdbuf", "timeout")
_SPEAKERS = ("echo", "printf", "cat", "grep", "logger", "which", "type", "test", "[", "[[", "rm", "chmod", "chown", "curl")
"""What names kubeadm without running it."""
_VARIABLE = re.compile(r"\$\{(\w+)(?::?[-=]([^}]*))?\}|\$(\w+)|\$\((.*?)\)|`([^`]*)`", re.S)
_ASSIGNMENT = re.compile(r"(\w+)=(.*)", re.S)
_DOWNLOAD = re.compile(r"dl\.k8s\.io/(?:release/)?v(\d+\.\d+\.\d+)/bin/\w+/\w+/(\S*)")
_SUBSTITUTION = re.compile(r"s(.)(.*?)\1(.*?)\1g?", re.S)


@dataclass(frozen=True)
class Found:
    """See `play.Step`."""

    words: tuple[str, ...]
    files: dict[str, bytes]
    looped: bool
    fatal: bool
    script: int


@dataclass
class Stage:
    """The machine while scripts run. facts: of the metadata service."""

    facts: dict[str, str]
    files: dict[str, bytes] = field(default_factory=dict[str, bytes])
    variables: dict[str, str] = field(default_factory=dict[str, str])
    packages: list[str] = field(default_factory=list[str])
    found: list[Found] = field(default_factory=list[Found])
    scripts: int = 0

    def write(self, path: str, *, data: bytes, append: bool = False) -> None:
        path = posixpath.normpath(path)
        self.files[path] = (self.files.get(path, b"") if append else b"") + data


class Script:
    """One script, or one line of it. depth: how many scripts it stands in. looped: so does one of those."""

    def __init__(self, stage: Stage, *, depth: int = 0, looped: bool = False) -> None:
        self._stage = stage
        self._depth = depth
        self._looped = looped
        stage.scripts += 1
        self._number = stage.scripts
        self._stops = False  # `set -e`

    def run(self, text: str) -> None:
        if self._depth >= DEPTH:
            return
        head = text.partition("\n")[0]
        self._stops = head.startswith("#!") and re.search(r"\s-\w*e", head) is not None
        given = list(commands(text))
        after = [*given[1:], None][: len(given)]  # a script of comments only has no commands
        before_kubeadm = False
        for one, following in zip(given, after, strict=True):
            words = self._words(one.words)
            if one.before == "||" and before_kubeadm:
                continue
            count = len(self._stage.found)
            self._do(one, words, fatal=self._is_fatal(following))
            before_kubeadm = len(self._stage.found) > count

    def _is_fatal(self, following: Simple | None) -> bool:
        """Whether a failure ends the script, by `set -e` or by `|| exit 1` behind it."""
        if following is not None and following.before == "||":
            return following.words[0].text == "exit"
        return self._stops

    def _do(self, one: Simple, words: list[str], *, fatal: bool) -> None:
        looped = one.looped or self._looped
        while words and (match := _ASSIGNMENT.fullmatch(words[0])):
            self._stage.variables[match[1]] = match[2]
            words = words[1:]
        if not words:
            return
        for word in words:
            if download := _DOWNLOAD.search(word):
                self._stage.packages += [f"{name}={download[1]}" for name in ("kubeadm", "kubelet") if name in download[2]]
        name = posixpath.basename(words[0])
        kubeadm = next((at for at, word in enumerate(words) if posixpath.basename(word) == "kubeadm"), -1)
        if kubeadm >= 0 and words[kubeadm + 1 : kubeadm + 2] in (["init"], ["join"]) and name not in _SPEAKERS:
            looped = looped or (kubeadm > 0 and name not in _WRAPPERS)
            files = dict(self._stage.files)
            self._stage.found.append(
                Found(("kubeadm", *words[kubeadm + 1 :]), files, looped, fatal and not looped, self._number)
            )
        elif name in _WRAPPERS:
            self._do(replace(one, looped=looped), _unwrapped(words), fatal=fatal)
        elif name in _SHELLS or name in ("source", ".") or words[0] in self._stage.files:
            self._run_other(words, looped=looped)
        else:
            self._change(name, words[1:], one)

    def _run_other(self, words: Sequence[str], *, looped: bool) -> None:
        """`sh -c TEXT`, `sh FILE`, `source FILE`, `/FILE`."""
        below = Script(self._stage, depth=self._depth + 1, looped=looped)
        if words[0] in self._stage.files:
            text = self._stage.files[words[0]].decode(errors="replace")
        else:
            flags = [one for one in words[1:] if one.startswith("-")]
            rest = [one for one in words[1:] if not one.startswith("-")]
            inline = any("c" in one for one in flags)
            path = posixpath.normpath(rest[0]) if rest else ""
            text = (rest[0] if rest else "") if inline else self._stage.files.get(path, b"").decode(errors="replace")
        below.run(text)

    def _change(self, name: str, arguments: list[str], one: Simple) -> None:
        plain = [word for word in arguments if not word.startswith("-")]
        if name in _MANAGERS and plain[:1] in (["install"], ["localinstall"]):
            self._stage.packages += plain[1:]
        elif name == "set":
            self._stops = self._stops or any(re.match(r"-\w*e", word) for word in arguments) or "errexit" in arguments
        elif name in ("export", "local", "readonly", "declare"):
            self._stage.variables.update({match[1]: match[2] for word in plain if (match := _ASSIGNMENT.fullmatch(word))})
        elif name == "systemctl" and plain[:1] in (["start"], ["restart"], ["enable"]):
            self._start(plain[1:])
        elif name in ("cp", "mv", "install") and len(plain) >= 2:
            self._copy(plain[-2], plain[-1])
        elif name == "sed" and any(word.startswith("-i") for word in arguments) and len(plain) >= 2:
            self._edit(plain[:-1], path=plain[-1])
        else:
            self._output(name, plain, one)

    def _start(self, units: Sequence[str]) -> None:
        """The commands of units that were written as files."""
        for unit in units:
            path = f"/etc/systemd/system/{unit.removesuffix('.service')}.service"
            text = self._stage.files.get(path, b"").decode(errors="replace")
            for line in re.findall(r"^ExecStart=[-@:+!]*(.+)$", text, re.M):
                Script(self._stage, depth=self._depth + 1, looped="Restart=" in text).run(line)

    def _copy(self, source: str, target: str) -> None:
        if source in self._stage.files:
            into = target if not target.endswith("/") else target + posixpath.basename(source)
            self._stage.write(into, data=self._stage.files[source])

    def _edit(self, programs: Sequence[str], *, path: str) -> None:
        data = self._stage.files.get(path)
        for program in programs if data is not None else ():
            if data is not None and (match := _SUBSTITUTION.fullmatch(program)):
                data = data.replace(match[2].encode(), match[3].encode())
                self._stage.write(path, data=data)

    def _output(self, name: str, plain: Sequence[str], one: Simple) -> None:
        """What cat, tee, echo and base64 write to files."""
        to = self._words([one.to])[0] if one.to is not None else plain[0] if name == "tee" and plain else ""
        if not to.startswith("/"):
            return
        given = "" if one.given is None else self._expanded(one.given.text) if one.given.expands else one.given.text
        source = self._stage.files.get(plain[0], b"") if plain else given.encode()
        makers: dict[str, Callable[[], bytes]] = {
            "cat": lambda: source,
            "tee": lambda: given.encode(),
            "echo": lambda: f"{' '.join(plain)}\n".encode(),
            "printf": lambda: " ".join(plain).replace("\\n", "\n").encode(),
            "base64": lambda: _decoded(source),
        }
        if name in makers:
            self._stage.write(to, data=makers[name](), append=one.appends)

    def _words(self, tokens: Sequence[Token]) -> list[str]:
        words: list[str] = []
        for token in tokens:
            text = self._expanded(token.text)
            words += text.split() if token.plain and "$" in token.text and "=" not in token.text else [text]
        return words

    def _expanded(self, text: str) -> str:
        return _VARIABLE.sub(lambda match: self._value(match), text).replace(LITERAL, "$")

    def _value(self, match: re.Match[str]) -> str:
        name = match[1] or match[3]
        if name:
            return self._stage.variables.get(name, match[2] or "")
        return self._told(match[4] or match[5] or "")

    def _told(self, command: str) -> str:
        """What a command says of the machine; nothing when it is not known."""
        facts = self._stage.facts
        if asked := re.search(r"meta-data/([\w./-]+)", command):
            return facts.get(asked[1].strip("/"), "")
        words = command.split()
        if words[:1] == ["hostname"]:
            return facts.get("private-ipv4" if words[1:2] in (["-I"], ["-i"]) else "hostname", "")
        if words[:1] == ["cat"] and len(words) == 2:
            return self._stage.files.get(words[1], b"").decode(errors="replace").rstrip("\n")
        return " ".join(words[1:]).strip("\"'") if words[:1] == ["echo"] else ""


def _unwrapped(words: Sequence[str]) -> list[str]:
    """The command behind sudo, env, timeout and the like, with its assignments."""
    rest = list(words[1:])
    while rest and (rest[0].startswith("-") or (words[0] == "timeout" and re.fullmatch(r"[\d.]+[smhd]?", rest[0]))):
        rest.pop(0)
    return rest


def _decoded(data: bytes) -> bytes:
    try:
        return base64.b64decode(data)
    except binascii.Error:
        return b""
