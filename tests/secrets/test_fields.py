"""A secret in any field of any kind: what is refused says so without showing it, and what is taken is never shown."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import yaml

from tests.scenarios.everything import CONFIG
from tests.secrets.canary import WORD, found, seen
from tests.secrets.fields import NAMES, VARIABLES, Path, paths, with_secret
from tests.support.lab import Lab, laboratory


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """An empty cloud: no plan changes it."""
    with pytest.MonkeyPatch.context() as patch, laboratory(tmp_path_factory.mktemp("fields"), patch) as made:
        patch.setenv("ACSCTL_VAR_canary", WORD)
        made.write(yaml.safe_dump(CONFIG), "web.yaml")
        yield made


@pytest.mark.parametrize(("kind", "path"), [*paths()], ids=lambda part: ".".join(map(str, [part] if part in NAMES else part)))
def test_no_plan_shows_it(lab: Lab, kind: str, path: Path) -> None:
    lab.stack(with_secret(kind, path), variables=VARIABLES)
    plan = lab.plan()
    assert plan.code in (2, 3, 5), plan.text
    assert not seen(plan.text)
    assert found(lab.folder) == []
