"""What is done about a step that failed, by what may still be unseen."""

from __future__ import annotations

import pytest

from acsctl.cloud import Stopped
from acsctl.errors import AcsctlError, CloudError, DeniedError, UnknownOutcomeError, UnreachableError
from acsctl.plan.steps import Verb
from acsctl.run.verdict import Situation, Verdict, judge


def failed(
    code: str,
    verb: Verb,
    *,
    settled: bool,
    made: bool = False,
    fresh: bool = False,
    late: bool = False,
    random: bool = False,
) -> Verdict:
    situation = Situation(verb, made=made, settled=settled, fresh_parents=fresh, late=late, random=random)
    return judge(CloudError(code, action="vpc.X", status=400), situation)


@pytest.mark.parametrize("verb", [Verb.CREATE, Verb.UPDATE, Verb.DELETE, Verb.LINK, Verb.UNLINK])
def test_a_refusal_is_final_only_when_nothing_can_be_unseen(verb: Verb) -> None:
    assert failed("OperationUnsupported.CidrConflict", verb, settled=True) is Verdict.FAIL
    assert failed("OperationUnsupported.CidrConflict", verb, settled=False) is Verdict.SETTLE


def test_what_follows_a_create_may_have_been_done_by_an_earlier_run() -> None:
    assert failed("OperationUnsupported.CidrConflict", Verb.CREATE, settled=False, made=True) is Verdict.SETTLE
    assert failed("OperationUnsupported.CidrConflict", Verb.CREATE, settled=True, made=True) is Verdict.FAIL
    assert failed("TaskConflict", Verb.CREATE, settled=False, made=True) is Verdict.AGAIN


def test_a_delete_is_tried_again_where_children_vanish_late_and_planned_again_where_some_may_be_unseen() -> None:
    assert failed("DependencyViolation.VSwitch", Verb.DELETE, settled=True) is Verdict.RETRY
    assert failed("DependencyViolation.VSwitch", Verb.DELETE, settled=False) is Verdict.SETTLE
    assert failed("TaskConflict", Verb.DELETE, settled=False) is Verdict.RETRY


@pytest.mark.parametrize("code", ["TaskConflict", "IncorrectVpcStatus"])
def test_a_busy_cloud_is_asked_again_and_looked_at_where_that_does_not_help(code: str) -> None:
    assert failed(code, Verb.CREATE, settled=True, late=True) is Verdict.RETRY
    assert failed(code, Verb.CREATE, settled=False) is Verdict.RETRY
    assert failed(code, Verb.CREATE, settled=False, late=True) is Verdict.SETTLE


@pytest.mark.parametrize("code", ["IdempotentParameterMismatch", "IdempotentFailed"])
def test_a_token_that_is_used_up_is_replaced_once_lists_can_be_trusted(code: str) -> None:
    assert failed(code, Verb.CREATE, settled=False) is Verdict.SETTLE
    assert failed(code, Verb.CREATE, settled=True) is Verdict.RETRY
    assert failed(code, Verb.CREATE, settled=True, random=True) is Verdict.FAIL


def test_a_parent_that_was_just_made_may_not_be_seen_yet() -> None:
    assert failed("InvalidVpcId.NotFound", Verb.CREATE, settled=True, fresh=True) is Verdict.RETRY
    assert failed("InvalidVpcId.NotFound", Verb.CREATE, settled=True) is Verdict.FAIL


def test_a_parent_that_does_not_come_is_another_one_that_has_gone() -> None:
    """Of a step with a fresh parent and an old one, which an earlier run has deleted and lists still showed."""
    assert failed("InvalidVSwitchId.NotFound", Verb.CREATE, settled=False, fresh=True) is Verdict.RETRY
    assert failed("InvalidVSwitchId.NotFound", Verb.CREATE, settled=False, fresh=True, late=True) is Verdict.SETTLE
    assert failed("InvalidVSwitchId.NotFound", Verb.CREATE, settled=True, fresh=True, late=True) is Verdict.AGAIN


@pytest.mark.parametrize("verb", list(Verb))
@pytest.mark.parametrize("settled", [True, False])
def test_an_outcome_that_nobody_knows_is_read_before_anything_is_repeated(verb: Verb, settled: bool) -> None:
    situation = Situation(verb, made=False, settled=settled, fresh_parents=False, late=False, random=False)
    assert judge(UnknownOutcomeError("acsctl.Timeout", action="vpc.X"), situation) is Verdict.SETTLE
    assert judge(UnreachableError("acsctl.Unreachable", action="vpc.X"), situation) is Verdict.FAIL
    assert judge(DeniedError("Forbidden.RAM", action="vpc.X"), situation) is Verdict.FAIL
    assert judge(AcsctlError("a bug"), situation) is Verdict.FAIL
    assert judge(Stopped("stopped"), situation) is Verdict.STOPPED


@pytest.mark.parametrize("settled", [True, False])
def test_a_throttle_that_outlasts_a_call_is_tried_again_within_the_steps_limit(settled: bool) -> None:
    assert failed("Throttling.User", Verb.CREATE, settled=settled) is Verdict.RETRY
    assert failed("Throttling.User", Verb.DELETE, settled=settled) is Verdict.RETRY
    assert failed("Throttling.User", Verb.CREATE, settled=settled, made=True) is Verdict.AGAIN
    assert failed("Throttling.User", Verb.UPDATE, settled=settled) is Verdict.AGAIN
