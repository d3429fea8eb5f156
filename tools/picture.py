"""Make docs/plan.svg: a plan as a terminal shows it.

    python tools/picture.py

A stack is applied to a local cloud, the cloud is changed behind its back, the file is edited, and what `acsctl plan` then
prints becomes the picture. Nothing in it is drawn by hand.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from acsctl.cloud import connect, dicts

TARGET = Path(__file__).resolve().parent.parent / "docs" / "plan.svg"
WIDTH = 104
ENVIRONMENT = {**os.environ, "COLUMNS": str(WIDTH), "CI_JOB_ID": "4711", "PYTHONUTF8": "1"}
ACSCTL = str(Path(sys.executable).with_name("acsctl"))
BRIGHT = [(110, 118, 129), (255, 161, 152), (86, 211, 100), (227, 179, 65), (165, 214, 255), (226, 197, 255), (179, 240, 255)]
NORMAL = [(72, 79, 88), (255, 123, 114), (126, 231, 135), (240, 200, 90), (121, 192, 255), (210, 168, 255), (118, 227, 234)]
THEME = TerminalTheme((27, 31, 36), (214, 219, 224), [*NORMAL, (214, 219, 224)], [*BRIGHT, (255, 255, 255)])
# Pages that show the picture load no fonts from elsewhere: the reader's own has to do.
FORMAT = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL).replace(
    "Fira Code, monospace", "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
)

BEFORE = """\
stack: shop
region: cn-hangzhou
resources:
  network: {kind: vpc, cidr: 10.0.0.0/16}
  subnet: {kind: vswitch, vpc: network, zone: cn-hangzhou-h, cidr: 10.0.1.0/24}
  exit: {kind: eip, bandwidth: 20, charge: by_traffic}
  gate: {kind: nat_gateway, vpc: network, vswitch: subnet, eips: [exit], snat: [{cidr: 10.0.0.0/16}]}
  firewall:
    kind: security_group
    vpc: network
    ingress:
      - {protocol: tcp, port: [22, 8080], from: 10.0.0.0/16}
  operator:
    kind: key_pair
    public_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl operator@example
  node:
    kind: instance
    count: 3
    vswitch: subnet
    security_groups: firewall
    instance_types: [ecs.g7.large]
    image: aliyun_3_x64_20G_alibase
  db:
    kind: instance
    vswitch: subnet
    security_groups: firewall
    instance_types: [ecs.g7.xlarge]
    image: aliyun_3_x64_20G_alibase
    system_disk: {category: cloud_essd, size: 100}
  old: {kind: eip}
"""
EDITS = (
    ("  exit:", "  spare: {kind: vswitch, vpc: network, zone: cn-hangzhou-i, cidr: 10.0.2.0/24}\n  exit:"),
    ("[22, 8080], from: 10.0.0.0/16}", "[22], from: 10.0.0.0/16}\n      - {protocol: tcp, port: 443, from: 0.0.0.0/0}"),
    ("count: 3", "count: 5"),
    ("category: cloud_essd, size: 100", "category: cloud_auto, size: 100"),
    ("  old: {kind: eip}\n", ""),
)


def main() -> None:
    """Write the picture."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        stack = folder / "stack.yaml"
        stack.write_text(BEFORE, encoding="utf-8")
        _run("apply", "--yes", folder=folder)
        with _served(folder) as address:
            _widen(address)
        stack.write_text(_edited(BEFORE), encoding="utf-8")
        shown = _run("plan", "--color", "always", folder=folder, code=5)
    TARGET.write_text(_svg(shown), encoding="utf-8")


def _edited(text: str) -> str:
    for old, new in EDITS:
        if old not in text:
            raise LookupError(old)
        text = text.replace(old, new)
    return text


def _run(*words: str, folder: Path, code: int = 0) -> str:
    done = subprocess.run(
        (ACSCTL, *words, "--cloud", "local"), cwd=folder, env=ENVIRONMENT, capture_output=True, encoding="utf-8", check=False
    )
    if done.returncode != code:
        raise SystemExit(f"acsctl {' '.join(words)} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    """The local cloud of a folder, for another client."""
    world = folder / ".acsctl" / "local"
    command = (ACSCTL, "emulator", "serve", "--port", "0", "--folder", str(world))
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8") as server:
        assert server.stdout
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


def _widen(address: str) -> None:
    """What a colleague does in the console: another bandwidth for one address."""
    cloud = connect("cn-hangzhou", endpoint=address)
    rows = dicts(cloud.call("vpc", "DescribeEipAddresses", {"RegionId": "cn-hangzhou"}), "EipAddresses.EipAddress")
    (exit_,) = (row["AllocationId"] for row in rows if row["Name"] == "shop-exit")
    cloud.call("vpc", "ModifyEipAddressAttribute", {"RegionId": "cn-hangzhou", "AllocationId": exit_, "Bandwidth": "50"})


def _svg(shown: str) -> str:
    console = Console(record=True, width=WIDTH, file=StringIO(), force_terminal=True, color_system="standard")
    console.print(Text.from_ansi("$ acsctl plan --cloud local\n\n" + shown.rstrip()))
    return console.export_svg(title="acsctl plan", theme=THEME, code_format=FORMAT, unique_id="plan")


if __name__ == "__main__":
    main()
