"""What `pip install acsctl` brings: the package, its data, and the templates and stacks that users' files name."""

import zipfile
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parent.parent


def test_the_wheel_ships_templates_stacks_and_metadata_and_nothing_of_a_run(tmp_path: Path):
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    names = zipfile.ZipFile(wheel).namelist()
    for name in (
        "acsctl/py.typed",
        "acsctl/_shipped/templates/network/stack.yaml",
        "acsctl/_shipped/stacks/private-network/stack.yaml",
        "acsctl/emulator/metadata/vpc-2016-04-28.json",
    ):
        assert name in names
    assert not [name for name in names if ".acsctl" in name or name.startswith(("tests/", "docs/"))]
