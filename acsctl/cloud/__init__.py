"""The only door to Alibaba Cloud: nothing else in acsctl sends a request there or imports one of its SDKs.

Belongs here: products as data, sending, repeating, pacing, paging, credentials, and the mapping of every failure to an error
of `acsctl.errors`. Does not belong here: what a resource is (kinds), the order of things (run), words for people (view).
May be imported by kinds, run, preflight, record and cli; imports acsctl.errors and acsctl.model alone. Importing this package
is cheap: the SDKs are loaded by the first call.

    connect(region, *, endpoint=None, credentials=None, clock=None, observer=None) -> Cloud
        `endpoint` "http://127.0.0.1:4000" sends every product there; without credentials that means the key `local`.
        Without an endpoint and credentials, `resolve_credentials()` finds them.

    Cloud   shared by all threads
        .call(product, action, params) -> dict[str, Any]
              names of the wire, RegionId included where the API wants it; nested values are lists and dicts
              (Tag=[{"Key": .., "Value": ..}]); JSON-text parameters are the caller's text; None is left out. Parameters of a
              ROA path are named as in `products`; an answer that is a bare list is {"body": [...]}
        .kept(key, make) -> what make() made for key the first time; lives as long as this object
        .pause(seconds, cause="")   sleeps so many *cloud* seconds, counted if there is a cause in words; raises Stopped
        .delay(product, action, seconds=, code=)   the same before a call, told to the observers
        .until(moment)    context: this thread repeats nothing after that second of the clock
        .watched(observer)   context: one more observer
        .expired          what told that the credentials are spent, which has stopped everything, or None
        .region: str      .endpoint: str | None      .clock: Clock      .credentials: Credentials      .observer
        .speed: float     cloud seconds per wall second, as the last answer told; 1.0 at the real cloud
        .tally: Tally     .total, .by_action {"vpc.CreateVpc": 3}, .throttled {"ecs.RunInstances": Waited(seconds, code)},
                          .waited {"throttling ecs.RunInstances": 9.0, "lists that lag": 5.0}, .waited_in_all
        .account: str     account_id(cloud), asked once
        .guard            None, or called before each write is signed, repetitions included; what it raises is raised
        .stop()           from now on no request is sent: every call and pause raises Stopped

    pages of a list
        Listing(product, action, items="Vpcs.Vpc", key=("VpcId",), style=Style.NUMBER, size=50, size_name="", total=None)
        Style.NUMBER: PageNumber, PageSize, TotalCount    Style.TOKEN: MaxResults, NextToken
        list_all(cloud, listing, params) -> list[dict[str, Any]]
              complete and without doubles, or CloudError acsctl.IncompleteList

    reading an answer strictly; each raises UnknownOutcomeError acsctl.UnexpectedAnswer
        dig(answer, "Vpc.VpcId", str) -> str                 (str, int, float, bool, dict, list)
        dicts(answer, "Vpcs.Vpc") -> list[dict[str, Any]]
        strings(answer, "InstanceIdSets.InstanceIdSet") -> list[str]

    errors: CloudError, DeniedError, UnreachableError, UnknownOutcomeError, AccessError of acsctl.errors, and Stopped;
            Expired, a Stopped: the credentials came to their end and could not be renewed
        classify(code) -> Retry      the door repeats THROTTLED, SAME_TOKEN, SERVER itself; the caller decides on
                                     NEW_TOKEN WAIT_STATE DELETE_ONLY ABSENT EXISTS NO_STOCK DRY_RUN DENIED NEVER
        class_of(error) -> Retry     the same of an error that was answered
        is_absent(error) -> bool     "there is no such thing", by code and never by status

    credentials
        resolve_credentials(environ=None, *, profile=None, home=None) -> Credentials     raises AccessError
        static_credentials(access_key_id, *, secret, token="", source="given keys") -> Credentials
        LOCAL                        the key `local` of a local cloud
        Credentials.describe() -> str        where they come from; never a secret

    time
        Clock (protocol): now() -> wall seconds, suspended time included; sleep(seconds) -> bool, False when stopped;
                          stop(); stopped: bool
        SystemClock()                        CALL_TIMEOUT: wall seconds after which an unanswered request is given up

    observer: Callable[[CallEvent], None], called from the worker threads
        CallStarted(product, action, attempt, params)
        CallEnded(product, action, seconds, code)           code "" when all went well
        CallDelayed(product, action, seconds, cause)        before a request that waits, for its turn or after a failure
        CallResumed(product, action)                        that wait is over
"""

from acsctl.cloud.answer import dicts, dig, strings
from acsctl.cloud.call import Cloud, connect
from acsctl.cloud.clock import CALL_TIMEOUT, Clock, SystemClock
from acsctl.cloud.credentials import LOCAL, Credentials, resolve_credentials, static_credentials
from acsctl.cloud.identity import account_id
from acsctl.cloud.paging import Listing, Style, list_all
from acsctl.cloud.patience import Expired, Stopped
from acsctl.cloud.retry import Retry, class_of, classify, is_absent
from acsctl.cloud.tally import CallDelayed, CallEnded, CallEvent, CallResumed, CallStarted, Observer, Tally, Waited

__all__ = [
    "CALL_TIMEOUT",
    "LOCAL",
    "CallDelayed",
    "CallEnded",
    "CallEvent",
    "CallResumed",
    "CallStarted",
    "Clock",
    "Cloud",
    "Credentials",
    "Expired",
    "Listing",
    "Observer",
    "Retry",
    "Stopped",
    "Style",
    "SystemClock",
    "Tally",
    "Waited",
    "account_id",
    "class_of",
    "classify",
    "connect",
    "dicts",
    "dig",
    "is_absent",
    "list_all",
    "resolve_credentials",
    "static_credentials",
    "strings",
]
