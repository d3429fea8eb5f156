"""Writes answers/*.json anew: what the real API server answers. Needs `make kube-assets`. Files can be named as arguments."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.emulator.kubernetes.contract import answers
from tests.emulator.kubernetes.contract.case import cases, files
from tests.emulator.kubernetes.contract.rig import rig


def main(wanted: list[str]) -> None:
    count = 0
    with tempfile.TemporaryDirectory() as folder, rig("real", Path(folder)) as real:
        for file in wanted or files():
            recorded = {case.name: list(real.run(case)) for case in cases(file)}
            answers.write(file, recorded=recorded)
            count += sum(map(len, recorded.values()))
    print(f"{count} answers written")


if __name__ == "__main__":
    main(sys.argv[1:])
