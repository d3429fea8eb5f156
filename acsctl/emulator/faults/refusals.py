"""Faults that are answers of the cloud: an error, with the right code and status for its cause (sheet behaviour.md 3)."""

import re
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from acsctl.emulator.errors import ApiError
from acsctl.emulator.faults.effects import Effect, Moment, Place
from acsctl.emulator.faults.pattern import Occasion

BEFORE: tuple[Moment, ...] = ("before",)
QUOTAS: Mapping[str, str] = {
    "cr.CreateInstanceVpcEndpointLinkedVpc": "VPC_QUOTA_EXCEED",
    "cr.CreateNamespace": "NAMESPACE_QUOTA_EXCEED",
    "cr.CreateRepository": "REPO_QUOTA_EXCEED",
    "cs.CreateCluster": "QuotaExceeded.Cluster",
    "cs.CreateClusterNodePool": "QuotaExceeded.Nodepool",
    "ecs.AuthorizeSecurityGroup": "AuthorizationLimitExceed",
    "ecs.AuthorizeSecurityGroupEgress": "AuthorizationLimitExceed",
    "ecs.CreateDisk": "QuotaExceed.PostPaidDisk",
    "ecs.CreateInstance": "QuotaExceed.ElasticQuota",
    "ecs.CreateNetworkInterface": "MaxEniCountExceeded",
    "ecs.RunInstances": "QuotaExceed.ElasticQuota",
    "slb.CreateLoadBalancer": "OperationForbidden.QuotaLimit",
    "vpc.CreateNatGateway": "OperationFailed.EnhancedQuotaExceed",
}
"""The code for the quota of what an action makes, as its service has it, where the published codes do not show which that is:
they are of other quotas too (addresses, routes, capacity), or none has the word."""


@dataclass(frozen=True)
class Refusal(Effect):
    """Answers an error. As Refusal.error with when: after, the call has had its effect all the same."""

    @abstractmethod
    def error(self, occasion: Occasion) -> ApiError:
        """What is answered."""


@dataclass(frozen=True)
class Error(Refusal):
    """Any error. retry_after: milliseconds, the header x-acs-retry-after."""

    KIND: ClassVar[str] = "error"
    code: str = "ServiceUnavailable"
    status: int = 503
    message: str = "Injected fault."
    retry_after: int | None = None

    def error(self, occasion: Occasion) -> ApiError:
        return ApiError(self.code, message=self.message, status=self.status, retry_after=self.retry_after)


@dataclass(frozen=True)
class Throttle(Refusal):
    """Too many requests. Old gateways answer 400, newer products 429 or 503."""

    KIND: ClassVar[str] = "throttle"
    MOMENTS: ClassVar[tuple[Moment, ...]] = BEFORE
    code: str = "Throttling.User"
    status: int = 400
    retry_after: int | None = None

    def error(self, occasion: Occasion) -> ApiError:
        message = "Request was denied due to user flow control."
        return ApiError(self.code, message=message, status=self.status, retry_after=self.retry_after)


@dataclass(frozen=True)
class Denied(Refusal):
    """The user lacks the permission."""

    KIND: ClassVar[str] = "denied"
    MOMENTS: ClassVar[tuple[Moment, ...]] = BEFORE
    code: str = "Forbidden.RAM"
    status: int = 403

    def error(self, occasion: Occasion) -> ApiError:
        return ApiError(self.code, message=f"User not authorized to do {occasion.action}.", status=self.status)


@dataclass(frozen=True)
class Expired(Refusal):
    """The credentials are good no more. status: None takes that of the code."""

    KIND: ClassVar[str] = "expired"
    MOMENTS: ClassVar[tuple[Moment, ...]] = BEFORE
    LASTING: ClassVar[bool] = True
    code: str = "InvalidSecurityToken.Expired"
    status: int | None = None

    def error(self, occasion: Occasion) -> ApiError:
        return ApiError(self.code, message="The credentials have expired.", status=self.status)


@dataclass(frozen=True)
class Shortage(Refusal):
    """What the service itself refuses: its ClientToken may be kept as that of a failed call."""

    PLACES: ClassVar[tuple[Place, ...]] = ("cloud",)


@dataclass(frozen=True)
class NoStock(Shortage):
    """The zone has sold out, and says so at the call."""

    KIND: ClassVar[str] = "no-stock"
    MOMENTS: ClassVar[tuple[Moment, ...]] = BEFORE
    code: str = "OperationDenied.NoStock"
    status: int = 403

    def error(self, occasion: Occasion) -> ApiError:
        return ApiError(self.code, message="The requested resource is sold out in this zone.", status=self.status)


@dataclass(frozen=True)
class Quota(Shortage):
    """A quota is used up. code: empty takes the one that the action publishes."""

    KIND: ClassVar[str] = "quota"
    MOMENTS: ClassVar[tuple[Moment, ...]] = BEFORE
    code: str = ""
    status: int | None = None

    def error(self, occasion: Occasion) -> ApiError:
        code = self.code or QUOTAS.get(occasion.action) or quota_code(occasion.action.partition(".")[2], codes=occasion.codes())
        return ApiError(code, message="The quota is used up.", status=self.status)


def quota_code(name: str, *, codes: Iterable[str]) -> str:
    """The code for a quota among those that an action publishes: the one for what the action makes, else a general one."""
    found = [code for code in codes if re.search(r"quota", code, re.IGNORECASE)]
    noun = re.sub(r"^[A-Z][a-z]+", "", name)  # CreateVSwitch -> VSwitch, AllocateEipAddress -> EipAddress

    def rank(code: str) -> tuple[int, int]:
        about = code.rpartition(".")[2].lower()
        if about and (noun.lower().startswith(about) or about.startswith(noun.lower())):
            return 0, len(about)
        return (2 if "tag" in about else 1), len(code)

    return min(found, key=rank, default="QuotaExceeded")
