"""The stacks that are killed while they are made, changed and taken away, and how the run after the kill may differ."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from tests.crash.deal import Settings, Way

ROOT = Path(__file__).parent.parent.parent
HERE = Path(__file__).parent / "stacks"

Command = Literal["apply", "destroy", "update"]
"""What is killed: the making of everything, its taking away, or its change into the second version of the file."""
COMMANDS: tuple[Command, ...] = get_args(Command)


@dataclass(frozen=True)
class Plot:
    """One stack. `flags` say for each way how the run after the kill differs; `second` are those of its second version.

    `gone` is the block that is taken out of the file, `apart` are words of the rows that are its own or tell of it: without
    a record it is left standing in the state in which it was. `blind` are flags of a run that has no record or meets what was
    being destroyed: nothing tells then that what is emptied is new.
    `speed` is that of the cloud after the kill: the next run has to look before what lags shows.
    """

    file: Path
    flags: Mapping[Way, tuple[str, ...]]
    gone: str
    apart: tuple[str, ...]
    commands: tuple[Command, ...] = ("apply", "destroy")
    second: tuple[str, ...] = ()
    always: tuple[str, ...] = ()
    blind: tuple[str, ...] = ()
    namespace: str = ""
    speed: float = 200.0

    def written(self, *, without: bool = False, record: str = "", adopt: bool = False) -> str:
        """The stack file. It waits as long as it takes: a loaded machine is slow by the cloud's fast clock."""
        text = self.file.read_text(encoding="utf-8")
        if without:
            block = re.search(rf"^  {self.gone}:.*\n(?:    .*\n|\n(?=    ))*", text, flags=re.M)
            assert block, self.gone
            text = re.sub(rf"^  \w+: .*{{{{ {self.gone}\..*\n", "", text.replace(block[0], ""), flags=re.M)
        text = re.sub(r"^(    kind: .*)$", r"\1\n    timeout: 24h", text, flags=re.M)
        text = re.sub(r"^(  \w+: \{kind: [^}]*)\}$", r"\1, timeout: 24h}", text, flags=re.M)
        if adopt:
            text = re.sub(
                rf"^(    namespace: {self.namespace})$", rf"\1\n    adopt: cri-local/{self.namespace}", text, flags=re.M
            )
        return f"{text}\nrecord: {record}\n" if record else text

    def asked(self, command: Command, settings: Settings) -> tuple[str, ...]:
        """The flags of the run after the kill."""
        if settings.way == "destroy":
            return ()
        blind = () if settings.recorded and command != "destroy" else self.blind
        return (*self.first(command), *self.flags.get(settings.way, ()), *blind)

    def first(self, command: Command) -> tuple[str, ...]:
        """The flags of the run that is killed."""
        return (*(self.second if command == "update" else ()), *(() if command == "destroy" else self.always))


def lasting(flags: tuple[str, ...]) -> tuple[str, ...]:
    """Without what is asked for once: a plan with `--replace` is never empty."""
    pairs = zip(flags[::2], flags[1::2], strict=True)
    return tuple(word for pair in pairs for word in pair if pair[0] != "--replace")


def _sizes(more: int, fewer: int, types: str) -> dict[Way, tuple[str, ...]]:
    return {
        "more": ("--var", f"nodes={more}"),
        "fewer": ("--var", f"nodes={fewer}"),
        "type": ("--var", f"instance_types=[{types}]"),
    }


PLOTS: dict[str, Plot] = {
    "private-network": Plot(
        ROOT / "stacks" / "private-network" / "stack.yaml",
        _sizes(7, 3, "ecs.g6.large"),
        gone="exit",
        apart=("nat_gateway", "snat", "eip"),
    ),
    "replacing": Plot(
        HERE / "replacing.yaml",
        _sizes(5, 2, "ecs.g6.large"),
        gone="spare",
        apart=("eip.spare",),
        commands=("update",),
        second=("--var", "generation=2"),
        always=("--allow", "instance.node"),
    ),
    "anew": Plot(
        HERE / "replacing.yaml",
        _sizes(5, 2, "ecs.g6.large"),
        gone="spare",
        apart=("eip.spare",),
        commands=("update",),
        second=("--replace", "instance.node", "--replace", "nat_gateway.exit", "--replace", "security_group.firewall"),
    ),
    "flannel-cluster": Plot(
        ROOT / "stacks" / "flannel-cluster" / "stack.yaml",
        _sizes(4, 2, "ecs.g6.xlarge"),
        gone="web",
        apart=("load_balancer", "listener", "vserver", "slb", "web"),
        blind=("--allow", "node_pool.workers"),
        namespace="shop",
        speed=100.0,
    ),
    "everything": Plot(
        HERE / "everything.yaml",
        _sizes(3, 1, "ecs.g6.xlarge"),
        gone="spare",
        apart=("eip.spare",),
        blind=("--allow", "node_pool.workers"),
        namespace="everything",
        speed=100.0,
    ),
}
