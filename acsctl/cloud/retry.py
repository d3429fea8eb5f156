"""What a code of the cloud asks for: one table, and what the door itself does about it.

The door repeats only what cannot do harm: throttles, "still working on your token", and, where a call may be repeated, answers
that did not come. All other classes are for the caller, who knows the resource. Sources: sheets behaviour.md 3, ack-facts.md 6,
containers.md 1.3 and 3.1.
"""

from __future__ import annotations

import re
from enum import Enum, auto

from acsctl.errors import CloudError, UnknownOutcomeError, UnreachableError
from acsctl.model.backoff import Backoff


class Retry(Enum):
    """What may be done after a code."""

    THROTTLED = auto()  # not executed; slower
    SAME_TOKEN = auto()  # the first attempt with this token still runs; ask again with the same token
    SERVER = auto()  # the cloud's own failure: the effect is unknown
    NEW_TOKEN = auto()  # a token that ended in a business failure goes on failing; later, with another token
    WAIT_STATE = auto()  # the thing or its parent is in transition; wait until it is stable
    DELETE_ONLY = auto()  # something still hangs on it; a delete may be tried again, children vanish late
    ABSENT = auto()  # there is no such thing (or not yet: right after a create)
    EXISTS = auto()  # there is already such a thing; adopt or report, never repeat
    NO_STOCK = auto()  # another zone or type may have it
    DRY_RUN = auto()  # a dry run went well
    EXPIRED = auto()  # the credentials have come to their end; not executed; other ones may do
    DENIED = auto()  # credentials or permission
    NEVER = auto()  # wrong input, quota, money


# Patterns of whole codes, the cloud's own misspellings included. The first entry that matches decides, so exceptions stand
# before their rules.
_TABLE = (
    (Retry.DRY_RUN, "DryRunOperation"),
    (Retry.THROTTLED, r"(Rejected\.)?Throttling(\..+)?", r"EipOperation\.TooFrequently"),
    (
        Retry.SAME_TOKEN,
        r"Idempoten(t|ce)\.?Processing",
        r"(OperationFailed\.)?(Last|Idempotent)?Token(Is)?Processing",
        "TOKEN_PROCESSING",
        "SignatureNonceUsed",
    ),
    (
        Retry.SERVER,
        "ServiceUnavailable",
        r"Internal\.?Error(\..+)?",
        r"UnknownError|System\.Error|SYSTEM\.UNKNOWN\.ERROR",
        r"InvalidAction\.NotFound",  # which the registry answers now and then of calls that it knows
    ),
    (Retry.NO_STOCK, r"(.+\.)?(\w+)?NoStock", r"RecommendEmpty\.InstanceTypeSoldOut"),
    (
        Retry.EXPIRED,
        r"(Invalid)?SecurityToken\.?Expired|(Expired|Invalid)(Security)?Token\.?Expired|Expired(Security)?Token",
    ),
    (
        Retry.DENIED,
        r"Forbidden(\.(RAM.*|SubUser|Unauthorized|NoS[lL][rR]Permission))?",
        r"(OperationFailed\.)?No(Ram)?Permission(\..+)?|(RAM\.)?(Permission|Access)Denied(\..+)?",
        r"Unauthorized(\..+|Operation)?|Invalid(Action|User|Operation)\.(Denied|Unauthorized)|OperationDenied\.(Una|NotA)uthorized",
        r"InvalidAccessKeyId(\..+)?|(Invalid|Missing)SecurityToken(\..+)?|SignatureDoesNotMatch|IncompleteSignature",
        r"InvalidTimeStamp(\..+)?|IllegalTimestamp",
    ),
    # What the input names wrongly is no resource: nobody may conclude from it that something is gone.
    (
        Retry.NEVER,
        r"Invalid(Api|Product|Version)\.NotFound",
        r"(Invalid|Forbidden|Destination|Source)\.?\w*(Region|Zone|Type|TypeFamily|Category|Mode|Price|Period|Spec|Quota|Status)(Id)?"
        r"\.?Not(Found|Exists?)",
        r"(Abs\.)?Invalid(Account|Params?|Parameter|Commodity|IoOptimized|Limitation|AcceptLanguage|FilterKey|ResourceTag|TagScope|Bandwidth)"
        r"\..*Not(Found|Exists?)",
        r"(\w+\.)?\w*(Price|Payment|Billing|PlanResult|TagKey)\w*NotFound|Credit\.NotFound|.*QUOTA\.NOT\.EXISTS",
        r"InvalidInstance\.(PurchaseNotFound|NotFoundSystemDisk)|DeletionProtection\..*|IncorrectDiskStatus\.ReplicationStatusNotFound",
        r"Idempoten(t|ce).*(Mismatch|NotMatch)",
    ),
    (
        Retry.ABSENT,
        r".+\.(NotFound|NOT_FOUND)|Forbidden\.\w+NotFound|ResourceNotFound(\..+)?|VpcNotFound",
        r"Error(Cluster|NodePool|Task)NotFound|AddonNotFound",
        r".*NotExist(s|ed)?|(NotFound|NotExists?|EntityNotExists?)\..+|\w+_NOT_EXISTS?",
    ),
    (
        Retry.DELETE_ONLY,
        r"DependencyViolation(\..+)?|RspoolVipExist|InstanceInUse|ResourceInUse(\..+)?",
        r"OperationDenied\.\w+Exists?|IncorrectRouteTableStatus\.RouteEntryExist",
    ),
    # An address that was given back is refused for some seconds more: sheet behaviour.md 8.
    (Retry.WAIT_STATE, r"InvalidPrivateIpAddress\.Duplicated|InvalidIPAddress\.AlreadyUsed"),
    # Sheet network.md 2, 5 and 6: codes that the provider repeats, though they read like refusals.
    (
        Retry.DELETE_ONLY,
        r"InvalidIpStatus\.HasBeenUsedBy\w+|InvalidStatus\.NotAllow|OperationFailed\.CidrInUse",
        r"InvalidParameter\.KeypairAlreadyAttachedInstance",
    ),
    (
        Retry.WAIT_STATE,
        r"EIP_NOT_IN_GATEWAY|OperationUnsupported\.Eip(InBinding|NatBWPCheck|NatGWCheck)|InvalidBindingStatus|FrequentPurchase\.EIP",
        r"OperationDenied\.OtherSubnetCreating|OperationFailed\.(DistibuteLock|NotifyCenCreate)",
    ),
    # ACK and ACR: sheets ack-facts.md 6 and containers.md 1.3, 3.1.
    (Retry.WAIT_STATE, r"ErrorClusterState|InvalidNodePoolStatus\.Forbidden|INSTANCE_STATUS_NOT_SUPPORT|SLB_SERVICE_ERROR"),
    (
        Retry.EXISTS,
        r"\w+_(ALREADY_)?EXIST(S|ED)?",
        r".*Already\.?Exist(s|ed)?(\..+)?|(Rule|Instance|DedicatedHost)Exists?|OperationFailed\.\w+Exist(s|ed)?",
        r"\w*(Entry|EntryConflict|Name|CIDRBlock|Association|ResourceGroup)\.Duplicated?",
    ),
    (
        Retry.WAIT_STATE,
        r"Incor\w*Status(\..+)?|Invalid(VPC|Vpc|VSwitch|VBR|Instance|Eip)Status(\..+)?|\w*StatusError|VPC_SWITCH_STATUS_ERROR",
        r"InvalidStatus\.(InProgress|RouteEntry|VSwitch|SnatOrDnat|Upgrading|DiskNotReady)|NetworkStatus\.Modifying",
        r"OperationFailed\.(InvalidVpcStatus|\w+InMiddleStatus)|InstanceNotReady|\s?\w+\.[Cc]onfiguring|ServiceIs(Configuring|Stopping)",
        r"OperationDenied\.(OtherSubnetProcessing|CreatingConflict|VpnConfiguring|\w+EntryStatusInvalid)",
    ),
    (
        Retry.NEW_TOKEN,
        r"IdempotentFailed|(VPC_)?TASK_CONFLICT|TaskConflict(\..+)?|VpnTask\.CONFLICT|VpnGateway\.task\.conflict",
        r"Operation\.?Conflict|InvalidOperation\.Conflict|BandwidthPackageOperation\.conflict|Operation\.Blocking",
        r"OperationFailed\.(SystemBusy|ResourceConflict|AddIpTaskInProcessing)|System\.?(Service)?Busy|OperationBusy",
        r"Last(Order|Request)Processing",
    ),
    (Retry.NEVER, r"(Invalid|Missing|Illegal|Quota|Forbidden|Operation(Denied|Unsupported)|Unsupported|NotSupport).*"),
)
_PATTERNS = tuple((retry, re.compile("|".join(patterns))) for retry, *patterns in _TABLE)

# What is said where the code does not tell.
_SAID = ((Retry.THROTTLED, re.compile("QPS Limit Exceeded", re.IGNORECASE)),)


def classify(code: str, *, status: int = 0, said: str = "") -> Retry:
    """The class of a code. `status`, the HTTP status, and what is `said` count only for codes that the table does not know."""
    for retry, pattern in _PATTERNS:
        if pattern.fullmatch(code.strip()):
            return retry
    if status == 429:
        return Retry.THROTTLED
    for retry, words in _SAID:
        if words.search(said):
            return retry
    return Retry.SERVER if status >= 500 and status != 501 else Retry.NEVER


def class_of(error: CloudError) -> Retry:
    """The class of an error that the cloud answered with."""
    return classify(error.code, status=error.status, said=error.said)


def is_absent(error: BaseException) -> bool:
    """True when the error says that there is no such thing. The HTTP status never counts: 404 has other meanings too."""
    return isinstance(error, CloudError) and classify(error.code) is Retry.ABSENT


def tells_outcome(error: BaseException) -> bool:
    """True when the cloud looked at the call and decided: so an earlier, unanswered attempt is not under way unseen."""
    if not isinstance(error, CloudError) or isinstance(error, UnknownOutcomeError | UnreachableError):
        return False
    return class_of(error) not in (Retry.THROTTLED, Retry.SAME_TOKEN, Retry.EXPIRED, Retry.DENIED)


THROTTLE = Backoff(first=1.0, longest=30.0, budget=600.0)
TOKEN = Backoff(first=1.0, longest=10.0, budget=180.0)
OUTAGE = Backoff(first=1.0, longest=15.0, budget=120.0)
UNREACHABLE = Backoff(first=0.5, longest=1.0, budget=3.0)

# A wrong certificate or a request that the SDK could not sign is as wrong a second later.
_LASTING = ("acsctl.Certificate", "acsctl.NotSent")


def backoff_after(error: CloudError, *, repeatable: bool, known: bool = False) -> Backoff | None:
    """How the door repeats the call that ended so, or None when it is the caller's turn.

    `repeatable`: the call may be done twice, because of what it is or because it carries a ClientToken. `known`: the cloud has
    answered before, so that it will be there again: an address that never answered is likelier wrong.
    """
    if isinstance(error, UnreachableError):
        return None if error.code in _LASTING else OUTAGE if known else UNREACHABLE
    if isinstance(error, UnknownOutcomeError):
        return OUTAGE if repeatable else None
    match class_of(error):
        case Retry.THROTTLED:
            return THROTTLE
        case Retry.SAME_TOKEN:
            return TOKEN
        case _:
            return None
