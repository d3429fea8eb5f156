"""What is refused of the security contexts of pods and containers."""

import re
from typing import Any

from acsctl.emulator.kubernetes.objects.refusals import Object, Refusals

HIGHEST_ID = 2**31 - 1
IDS = f"must be between 0 and {HIGHEST_ID}, inclusive"
SECCOMP = ("Localhost", "RuntimeDefault", "Unconfined")
SYSCTL = r"([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
STRUCT = (
    "capabilities",
    "privileged",
    "seLinuxOptions",
    "windowsOptions",
    "runAsUser",
    "runAsGroup",
    "runAsNonRoot",
    "readOnlyRootFilesystem",
    "allowPrivilegeEscalation",
    "procMount",
    "seccompProfile",
    "appArmorProfile",
)
"""The fields of a container's context, as messages tell them."""


def _ids(context: Object, *names: str, at: str, into: Refusals) -> None:
    for name in names:
        if name in context and not 0 <= context[name] <= HIGHEST_ID:
            into.invalid(f"{at}.{name}", value=context[name], why=IDS)


def _seccomp(profile: Object, *, at: str, into: Refusals) -> None:
    kind, file = profile.get("type", ""), profile.get("localhostProfile")
    if kind == "Localhost":
        if file is None:
            into.required(f"{at}.localhostProfile", "must be set when seccomp type is Localhost")
        return
    if kind not in SECCOMP:
        into.unsupported(f"{at}.type", value=kind, allowed=SECCOMP)
    if file is not None:
        told = {"Type": kind, "LocalhostProfile": file}
        into.invalid(f"{at}.localhostProfile", value=told, why="can only be set when seccomp type is Localhost")


def container_context(context: Object, *, at: str, into: Refusals) -> None:
    _ids(context, "runAsUser", "runAsGroup", at=at, into=into)
    if context.get("procMount") not in (None, "Default", "Unmasked"):
        into.unsupported(f"{at}.procMount", value=context["procMount"], allowed=("Default", "Unmasked"))
    if "seccompProfile" in context:
        _seccomp(context["seccompProfile"], at=f"{at}.seccompProfile", into=into)
    if context.get("allowPrivilegeEscalation", True):
        return
    start = "cannot set `allowPrivilegeEscalation` to false and"
    if context.get("privileged"):
        into.invalid(at, value=_told(context), why=f"{start} `privileged` to true")
    if "CAP_SYS_ADMIN" in context.get("capabilities", {}).get("add", []):
        into.invalid(at, value=_told(context), why=f"{start} `capabilities.Add` CAP_SYS_ADMIN")


def _told(context: Object) -> dict[str, Any]:
    def go(name: str) -> str:
        return name[:2].upper() + name[2:] if name == "seLinuxOptions" else name[:1].upper() + name[1:]

    told = {go(name): context.get(name) for name in STRUCT}
    if "capabilities" in context:
        told["Capabilities"] = {go(name): context["capabilities"].get(name) for name in ("add", "drop")}
    return told


def pod_context(spec: Object, *, at: str, into: Refusals) -> None:
    """Of the pod itself, and which of the host's namespaces it takes."""
    context, here = spec.get("securityContext", {}), f"{at}.securityContext"
    _ids(context, "fsGroup", "runAsUser", "runAsGroup", at=here, into=into)
    for index, one in enumerate(context.get("supplementalGroups", [])):
        if not 0 <= one <= HIGHEST_ID:
            into.invalid(f"{here}.supplementalGroups[{index}]", value=one, why=IDS)
    if spec.get("hostPID") and spec.get("shareProcessNamespace"):
        why = "ShareProcessNamespace and HostPID cannot both be enabled"
        into.invalid(f"{here}.shareProcessNamespace", value=True, why=why)
    if spec.get("hostUsers") is False:
        for name in ("hostNetwork", "hostPID", "hostIPC"):
            if spec.get(name):
                into.forbidden(f"{at}.{name}", why="when `hostUsers` is false")
    _sysctls(context.get("sysctls", []), at=f"{here}.sysctls", into=into)
    into.one_of(context, "fsGroupChangePolicy", at=here, allowed=("Always", "OnRootMismatch"))
    if "seccompProfile" in context:
        _seccomp(context["seccompProfile"], at=f"{here}.seccompProfile", into=into)


def _sysctls(values: list[Any], *, at: str, into: Refusals) -> None:
    seen = set()
    for index, one in enumerate(values):
        here, name = f"{at}[{index}].name", one.get("name", "")
        if not name:
            into.required(here)
        elif len(name) > 253 or not re.fullmatch(SYSCTL, name):
            into.invalid(here, value=name, why=f"must have at most 253 characters and match regex ^{SYSCTL}$")
        elif name in seen:
            into.duplicate(here, value=name)
        seen.add(name)
