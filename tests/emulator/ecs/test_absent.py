"""Lists of what nobody has here."""

import pytest

from acsctl.emulator.services.ecs.absent import LISTS
from tests.emulator.conftest import REGION, LocalCloud
from tests.emulator.raw import rpc


@pytest.mark.parametrize("name", LISTS)
def test_an_empty_list(cloud: LocalCloud, name: str) -> None:
    answer = rpc(cloud.address, name, Version="2014-05-26", RegionId=REGION)
    assert answer.status == 200
    rows = [value for value in answer.json.values() if isinstance(value, dict)]
    assert rows and all(inner == [] for value in rows for inner in value.values())


def test_what_would_make_one_says_so(cloud: LocalCloud) -> None:
    answer = rpc(cloud.address, "CreateSnapshot", Version="2014-05-26", RegionId=REGION, DiskId="d-1")
    assert (answer.status, answer.json["Code"]) == (501, "NotImplemented.LocalCloud")
