"""The real kubectl on both control planes: it prints the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.emulator.kubernetes.contract import answers, kubectl
from tests.emulator.kubernetes.contract.normal import differences, told
from tests.emulator.kubernetes.contract.rig import Rig
from tests.support.sample import sampled


def compare(rig: Rig, case: str, *, folder: Path) -> None:
    recorded = answers.read("kubectl")[case]
    made = list(kubectl.run(rig, case, folder=folder))
    named = [command.run for command in kubectl.commands()[case]]
    assert len(recorded) == len(named), "the case has other commands than were recorded"
    places = {
        f"{command}{path}": (expected, got)
        for command, answer, one in zip(named, recorded, made, strict=True)
        for path, expected, got in differences(answer, one)
    }
    assert not places, told(places)


@pytest.mark.parametrize("case", kubectl.commands())
def test_kubectl_on_the_built_in_plane(builtin: Rig, assets: Path, case: str, tmp_path: Path) -> None:
    compare(builtin, case, folder=tmp_path)


@pytest.mark.parametrize("case", sampled(kubectl.commands(), every=3, start=1))
def test_kubectl_on_the_real_plane(real: Rig, case: str, tmp_path: Path) -> None:
    compare(real, case, folder=tmp_path)
