"""Writes answers/*.json anew: what the real API server answers. Needs `make kube-assets`. Files can be named as arguments."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.emulator.kubernetes.contract import answers, kubectl
from tests.emulator.kubernetes.contract.case import cases, files
from tests.emulator.kubernetes.contract.rig import rig


def main(wanted: list[str]) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.TemporaryDirectory() as home,
        rig("real", Path(folder)) as real,
    ):
        for file in wanted or [*files(), "kubectl"]:
            if file == "kubectl":
                recorded = {case: list(kubectl.run(real, case, folder=Path(home))) for case in kubectl.commands()}
            else:
                recorded = {case.name: list(real.run(case)) for case in cases(file)}
            answers.write(file, recorded=recorded)
            print(f"{file}: {sum(map(len, recorded.values()))} answers")


if __name__ == "__main__":
    main(sys.argv[1:])
