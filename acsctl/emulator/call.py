"""One call, as a handler sees it: typed parameters, who and where, and the world to read and change."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from acsctl.emulator.accounts import AccessKey
from acsctl.emulator.api import Action, product_codes, published_codes
from acsctl.emulator.clock import iso_minutes, iso_seconds
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource, ResourceType, Scope
from acsctl.emulator.settings import Settings
from acsctl.emulator.world import World


@dataclass(frozen=True)
class Call:
    """region_named: the request says its region (by parameter or host); else scope.region was found out from the ids.
    host: the Host header.
    """

    world: World
    action: Action
    key: AccessKey
    scope: Scope
    region_named: bool
    parameters: Mapping[str, Any]
    host: str

    # Parameters. The metadata has already checked types and presence; what is not given reads as the default.

    def given(self, name: str) -> bool:
        return name in self.parameters

    def text(self, name: str, *, default: str = "") -> str:
        """A string parameter; an empty one counts as not given."""
        return str(self.parameters.get(name) or default)

    def number(self, name: str, *, default: int = 0) -> int:
        value = self.parameters.get(name)
        return default if value is None or value == "" else int(value)

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = self.parameters.get(name)
        return default if value in (None, "") else bool(value)

    def items(self, name: str) -> list[Any]:
        """A list parameter: of texts, or of dicts keyed by the published names."""
        return list(self.parameters.get(name) or ())

    def commas(self, name: str) -> list[str]:
        """A string parameter that holds a comma list."""
        return [one.strip() for one in self.text(name).split(",") if one.strip()]

    # Who, where, when.

    @property
    def settings(self) -> Settings:
        return self.world.settings

    @property
    def now(self) -> float:
        """Cloud time, unix seconds."""
        return self.world.store.now

    @property
    def time_seconds(self) -> str:
        """Now, in the form of the VPC family."""
        return iso_seconds(self.now)

    @property
    def time_minutes(self) -> str:
        """Now, in the form of ECS."""
        return iso_minutes(self.now)

    # Resources.

    def create(
        self,
        kind: ResourceType,
        *,
        attributes: Mapping[str, Any],
        tags: Mapping[str, str] | None = None,
        id: str = "",
    ) -> Resource:
        """A new resource of this account and region."""
        made = self.world.store.create(kind, scope=self.scope, attributes=attributes, id=id)
        if tags:
            made.retag(tags)
        return made

    def find(self, kind: ResourceType, *, id: str) -> Resource | None:
        """The truth about an id, for operations on it: None when it does not live here."""
        found = self.world.store.find(kind, scope=self.scope, id=id)
        if found is None or (self.region_named and found.region != self.scope.region):
            return None
        return found

    def all(self, kind: ResourceType) -> list[Resource]:
        """The truth: all that lives in this region, oldest first."""
        return self.world.store.all(kind, scope=self.scope)

    def listed(self, kind: ResourceType) -> list[Resource]:
        """What describe and list calls see, by id too: late by the list lag."""
        return self.world.store.listed(kind, scope=self.scope)

    # Checks.

    def within_quota(self, name: str, *, used: int, code: str) -> None:
        """Raises code unless one more fits under the quota of this name (metadata/choices.json, settings)."""
        if used >= self.settings.quota(name):
            raise ApiError(code, message=f"The quota {name} of {self.settings.quota(name)} is used up.")

    def published(self, *codes: str) -> str:
        """The first of these codes that the action publishes, else that its product does, else the first."""
        for known in (published_codes(self.action), product_codes(self.action.product)):
            for one in codes:
                if one in known:
                    return one
        return codes[0]

    def end_dry_run(self) -> None:
        """Called when all checks have passed and nothing is written yet: a dry run ends here, with an error by design."""
        if self.flag("DryRun"):
            raise ApiError("DryRunOperation", message="The request would have succeeded, but DryRun is set.")
