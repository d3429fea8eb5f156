"""What to do about a refusal, as data: a code of the cloud -> one sentence for the user."""

from __future__ import annotations

import re

_ADVICE = (
    (r"InvalidPrivateIpAddress.*|QuotaExceeded\.PrivateIpAddress", "The vSwitch has no free addresses left: add another one."),
    (r".*NoStock|RecommendEmpty\..*", "Add another type to instance_types, or a vSwitch in another zone."),
    (
        r"Quota\w*Exceed\w*.*|.*QuotaFull|.*LimitExceed\w*",
        "Ask for a higher quota in the Quota Center, or take something away.",
    ),
    (
        r"Err\w+RoleNotAttach|MissingAuth\.\w+",
        "This account lacks a service role of Container Service: grant it once in the console of Container Service.",
    ),
    (r"Account\.Arrearage|Insufficient\w*Balance.*|.*NotEnoughBalance", "Top up the account."),
    (r"DependencyViolation.*", "Something that this stack does not know still stands on it: look at it in the console."),
    (r"InvalidRegion(Id)?\..*", "Check `region` in the stack file."),
    (r".*AlreadyExist.*", "If it is yours, take it over with  adopt: ID  in its block."),
    (r"InvalidOperation\.DeletionProtection.*", "Switch its deletion protection off first."),
)
_PATTERNS = tuple((re.compile(pattern), advice) for pattern, advice in _ADVICE)


def advice(code: str) -> str:
    """One sentence that tells what to do next, or empty."""
    return next((text for pattern, text in _PATTERNS if pattern.fullmatch(code)), "")
