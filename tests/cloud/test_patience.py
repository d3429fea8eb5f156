"""How long the door goes on, what it counts as waiting, and what it does when the keys come to their end."""

from __future__ import annotations

import signal
import threading
import time

import pytest

from acsctl.cloud import CallDelayed, CallResumed, Expired, Stopped, SystemClock, connect, static_credentials
from acsctl.cloud.credentials import Credentials, Keys
from acsctl.cloud.tally import Tally
from acsctl.errors import AccessError, CloudError, DeniedError, UnknownOutcomeError, UnreachableError
from tests.cloud.server import Reply, refusal

EXPIRY = "InvalidSecurityToken.Expired"
EXPIRED = refusal(EXPIRY, 403)


class Source:
    """Keys that a source gives, one after another; it has the next ones once it is asked anew."""

    def __init__(self, *ids: str) -> None:
        self.ids = list(ids)
        self.asked = 0
        self.credentials = Credentials("a test", provide=self.provide, reopen=self.reopen)

    def provide(self) -> Keys:
        if not self.ids:
            raise AccessError("the source gives nothing more")
        return Keys(self.ids[0], "secret", "token")

    def reopen(self) -> None:
        self.asked += 1
        self.ids = self.ids[1:] or self.ids


def used(server):
    return [seen.headers["authorization"].split("Credential=")[1].split(",")[0] for seen in server.seen]


# Keys


def test_keys_that_expired_are_renewed_once_and_the_call_goes_on_with_its_token(server, clock):
    source = Source("old", "new")
    cloud = connect("cn-hangzhou", endpoint=server.url, credentials=source.credentials, clock=clock)
    server.on("CreateVpc", EXPIRED, Reply({"VpcId": "v"}))
    assert cloud.call("vpc", "CreateVpc", {"ClientToken": "t"}) == {"VpcId": "v"}
    assert used(server) == ["old", "new"]
    assert {seen.params["ClientToken"] for seen in server.seen} == {"t"}
    assert (source.asked, clock.sleeps, cloud.expired) == (1, [], None)


def test_all_threads_that_were_refused_share_one_renewal(server, clock):
    source = Source("old", "new", "newer")
    cloud = connect("cn-hangzhou", endpoint=server.url, credentials=source.credentials, clock=clock)
    gate = threading.Barrier(6)
    provide = source.credentials._provide
    waited = threading.local()

    def together() -> Keys:
        found = provide()
        if not vars(waited):
            waited.once = True
            gate.wait(20)  # all of them sign with the old ones
        return found

    source.credentials._provide = together
    for number in range(6):
        server.on(f"Describe{number}", EXPIRED, Reply({"Number": number}))
    threads = [threading.Thread(target=cloud.call, args=("ecs", f"Describe{number}", {})) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert source.asked == 1
    assert sorted(used(server)) == ["new"] * 6 + ["old"] * 6


@pytest.mark.parametrize(
    "code", ["InvalidSecurityToken.Expired", "InvalidAccessKeyId.NotFound", "InvalidSecurityToken.Malformed"]
)
def test_keys_that_were_good_and_cannot_be_renewed_stop_everything(server, cloud, clock, code):
    cloud.call("vpc", "DescribeVpcs", {})
    server.on("CreateVpc", refusal(code, 403, "no more"))
    with pytest.raises(Expired) as caught:
        cloud.call("vpc", "CreateVpc", {})
    assert code in caught.value.message
    assert "Log in again" in caught.value.remedy
    assert (caught.value.exit_code, clock.stopped) == (4, True)
    assert cloud.expired is caught.value.refusal
    before = len(server.seen)
    for later in (lambda: cloud.call("vpc", "DescribeVpcs", {}), lambda: cloud.pause(1)):
        with pytest.raises(Expired):
            later()
    assert len(server.seen) == before


def test_a_source_that_has_nothing_new_is_not_asked_for_ever(server, clock):
    source = Source("only")
    cloud = connect("cn-hangzhou", endpoint=server.url, credentials=source.credentials, clock=clock)
    server.on("CreateVpc", EXPIRED)
    with pytest.raises(Expired):
        cloud.call("vpc", "CreateVpc", {})
    assert len(server.seen) == 1


def test_new_keys_that_expired_too_end_it(server, clock):
    source = Source(*map(str, range(9)))
    cloud = connect("cn-hangzhou", endpoint=server.url, credentials=source.credentials, clock=clock)
    server.on("CreateVpc", EXPIRED)
    with pytest.raises(Expired):
        cloud.call("vpc", "CreateVpc", {})
    assert len(server.seen) == 3


def test_a_source_that_fails_in_the_middle_ends_it(server, clock):
    source = Source("old")
    cloud = connect("cn-hangzhou", endpoint=server.url, credentials=source.credentials, clock=clock)
    cloud.call("vpc", "DescribeVpcs", {})
    source.ids.clear()
    with pytest.raises(Expired, match="the source gives nothing more"):
        cloud.call("vpc", "CreateVpc", {})


def test_keys_that_never_worked_are_wrong_not_expired(server, cloud, clock):
    server.on("DescribeVpcs", refusal("InvalidAccessKeyId.NotFound", 404))
    with pytest.raises(DeniedError):
        cloud.call("vpc", "DescribeVpcs", {})
    assert not clock.stopped


def test_what_may_have_had_an_effect_before_the_keys_expired_stays_in_doubt(server, cloud):
    server.on("CreateVpc", Reply(drop=True), EXPIRED)
    with pytest.raises(UnknownOutcomeError):
        cloud.call("vpc", "CreateVpc", {"ClientToken": "t"})


def test_static_keys_have_no_others():
    keys = static_credentials("id", secret="s", token="t")
    keys.keys()
    assert not keys.renew()


# How long


@pytest.mark.parametrize("code", ["Throttling.User", "IdempotentProcessing", "ServiceUnavailable"])
def test_no_call_is_repeated_for_ever(server, cloud, clock, code):
    server.on("CreateVpc", refusal(code, 503 if code == "ServiceUnavailable" else 400))
    with pytest.raises(CloudError):
        cloud.call("vpc", "CreateVpc", {"ClientToken": "t"})
    assert 90 < clock.slept <= 700


@pytest.mark.parametrize("code", ["Throttling.User", "IdempotentProcessing"])
def test_who_calls_may_set_an_earlier_end(server, cloud, clock, code):
    server.on("CreateVpc", refusal(code))
    with pytest.raises(CloudError, match=code), cloud.until(clock.now() + 20):
        cloud.call("vpc", "CreateVpc", {"ClientToken": "t"})
    assert clock.slept <= 20
    with pytest.raises(CloudError):
        cloud.call("vpc", "CreateVpc", {"ClientToken": "t"})
    assert clock.slept > 100


def test_a_turn_that_would_come_too_late_is_not_waited_for(server, cloud, clock):
    server.on("CreateVpc", refusal("Throttling", x_acs_retry_after="30000"))
    with cloud.until(clock.now() + 5):
        for _ in range(2):
            with pytest.raises(CloudError, match="Throttling"):
                cloud.call("vpc", "CreateVpc", {})
    assert (clock.sleeps, len(server.seen)) == ([], 1)


def test_an_address_that_never_answered_is_given_up_soon_and_one_that_did_is_waited_for(server, cloud, clock):
    cloud.call("vpc", "DescribeVpcs", {})
    elsewhere = connect("cn-hangzhou", endpoint="http://127.0.0.1:9", clock=clock)
    with pytest.raises(UnreachableError):
        elsewhere.call("vpc", "DescribeVpcs", {})
    assert clock.slept <= 3
    server.close()
    for pool in cloud._sdk()._transport._pools.values():
        pool.clear()
    with pytest.raises(UnreachableError):
        cloud.call("vpc", "CreateKeyPair", {})
    assert clock.slept > 60


def test_a_gateway_that_turns_away_without_the_clouds_words_is_a_throttle(server, cloud):
    server.on("AttachDisk", Reply(b"<html>Too Many Requests</html>", 429), Reply({"ok": 1}))
    assert cloud.call("ecs", "AttachDisk", {}) == {"ok": 1}


# What is counted


def test_waiting_of_several_at_once_counts_once():
    now = [0.0]
    tally = Tally(lambda: now[0])
    with tally.waiting("throttling ecs.RunInstances", name="ecs.RunInstances", code="Throttling"):
        now[0] = 2.0
        with tally.waiting("throttling ecs.RunInstances", name="ecs.RunInstances", code="Throttling.User"):
            now[0] = 5.0
            assert tally.throttled["ecs.RunInstances"].seconds == 5.0
        now[0] = 6.0
    now[0] = 10.0
    with tally.waiting("lists that lag"):
        now[0] = 11.0
    with tally.waiting(""):
        now[0] = 20.0
    assert tally.waited == {"throttling ecs.RunInstances": 6.0, "lists that lag": 1.0}
    assert tally.waited_in_all == 7.0
    assert tally.throttled_in_all == 6.0
    assert tally.throttled["ecs.RunInstances"].code == "Throttling.User"


def test_each_cause_has_its_words(server, cloud, clock):
    server.on("CreateVpc", refusal("Throttling"), refusal("IdempotentProcessing"), refusal("ServiceUnavailable", 503), Reply())
    cloud.call("vpc", "CreateVpc", {"ClientToken": "t"})
    cloud.pause(5, cause="lists that lag")
    cloud.pause(5)
    assert list(cloud.tally.waited) == [
        "throttling vpc.CreateVpc",
        "an earlier attempt of vpc.CreateVpc",
        "an answer of vpc.CreateVpc",
        "lists that lag",
    ]
    assert cloud.tally.waited["lists that lag"] == 5.0
    assert sum(cloud.tally.waited.values()) == pytest.approx(clock.slept - 5)


def test_another_observer_is_told_of_waits_while_it_watches(server, cloud):
    server.on("CreateVpc", refusal("Throttling"), Reply())
    seen = []
    with cloud.watched(seen.append):
        cloud.call("vpc", "CreateVpc", {})
    cloud.call("vpc", "DescribeVpcs", {})
    assert [type(event) for event in seen][2:4] == [CallDelayed, CallResumed]
    assert {event.action for event in seen} == {"CreateVpc"}


def test_a_wait_that_is_cut_short_is_over_for_the_observers(server, cloud, clock):
    server.on("CreateVpc", refusal("Throttling"))
    clock.at_sleep = clock.stop
    seen = []
    with pytest.raises(Stopped), cloud.watched(seen.append):
        cloud.call("vpc", "CreateVpc", {})
    assert [type(event) for event in seen][-2:] == [CallDelayed, CallResumed]


# The clock


def test_a_stop_ends_every_sleep_at_once_and_those_to_come():
    clock = SystemClock()
    ended = []
    threads = [threading.Thread(target=lambda: ended.append(clock.sleep(600.0))) for _ in range(8)]
    for thread in threads:
        thread.start()
    clock.stop()
    clock.stop()
    for thread in threads:
        thread.join(20)
    assert ended == [False] * 8
    assert not clock.sleep(600.0)
    assert clock.stopped


def test_a_signal_that_comes_while_its_own_thread_sleeps_stops_the_sleep():
    clock = SystemClock()
    before = signal.signal(signal.SIGUSR1, lambda number, frame: clock.stop())
    try:
        began = time.monotonic()
        main = threading.main_thread().ident
        assert main
        threading.Timer(0.05, signal.pthread_kill, args=(main, signal.SIGUSR1)).start()
        assert not clock.sleep(600.0)
        assert time.monotonic() - began < 60.0
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_a_sleep_that_nobody_stops_ends_by_itself():
    clock = SystemClock()
    assert clock.sleep(0.0)
    assert clock.sleep(0.001)


def test_a_stop_is_what_a_pause_raises(cloud, clock):
    clock.stop()
    with pytest.raises(Stopped) as caught:
        cloud.pause(1)
    assert not isinstance(caught.value, Expired)
