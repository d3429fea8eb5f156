"""What is refused of the kinds of the core group beside pods."""

import json
from base64 import b64decode
from typing import Any

from acsctl.emulator.kubernetes.objects import naming
from acsctl.emulator.kubernetes.objects.quantity import amount
from acsctl.emulator.kubernetes.objects.refusals import NOT_NEGATIVE, Object, Refusals
from acsctl.emulator.kubernetes.objects.validate import Problem

ACCESS_MODES = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
VOLUME_MODES = ("Block", "Filesystem")
KEYS_OF_SECRETS = {
    "kubernetes.io/basic-auth": ("username", "password"),
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
}
MOST_BYTES = 1024 * 1024
WHOLE = (*naming.COUNTED, "services.nodeports", "services.loadbalancers")
QUOTA = ("cpu", "memory", "storage", "ephemeral-storage", *naming.COUNTED)
NOT_A_VOLUME = {
    "accessModes",
    "capacity",
    "claimRef",
    "mountOptions",
    "nodeAffinity",
    "persistentVolumeReclaimPolicy",
    "storageClassName",
    "volumeAttributesClassName",
    "volumeMode",
}


def config_map(obj: Object, *, into: Refusals) -> None:
    data, binary = obj.get("data", {}), obj.get("binaryData", {})
    for name in data:
        into.texts(f"data[{name}]", value=name, whys=naming.config_key(name))
        if name in binary:
            into.invalid(f"data[{name}]", value=name, why="duplicate of key present in binaryData")
    for name in binary:
        into.texts(f"binaryData[{name}]", value=name, whys=naming.config_key(name))
    size = sum(len(value.encode()) for value in data.values()) + sum(len(b64decode(value)) for value in binary.values())
    _check_size(size, field="", into=into)


def _check_size(size: int, *, field: str, into: Refusals) -> None:
    if size > MOST_BYTES:
        into.append(naming.too_long(field, most=MOST_BYTES))


def secret(obj: Object, *, into: Refusals) -> None:
    data, kind = obj.get("data", {}), obj.get("type", "")
    for name in data:
        into.texts(f"data[{name}]", value=name, whys=naming.config_key(name))
    _check_size(sum(len(b64decode(value)) for value in data.values()), field="data", into=into)
    if kind == "kubernetes.io/basic-auth" and set(KEYS_OF_SECRETS[kind]) & set(data):
        return
    for name in KEYS_OF_SECRETS.get(kind, ()):
        if name not in data:
            into.required(f"data[{name}]")
        elif name.startswith(".docker"):
            _check_json(b64decode(data[name]), field=f"data[{name}]", into=into)
    account = "kubernetes.io/service-account.name"
    if kind == "kubernetes.io/service-account-token" and not obj["metadata"].get("annotations", {}).get(account):
        into.required(f"metadata.annotations[{account}]")


def _check_json(text: bytes, *, field: str, into: Refusals) -> None:
    try:
        json.loads(text)
    except ValueError:
        if text:
            why = f"invalid character '{text.decode(errors='replace').strip()[:1]}' looking for beginning of value"
        else:
            why = "unexpected end of JSON input"
        told = "<secret contents redacted>"
        into.append(Problem(field, "FieldValueInvalid", f'Invalid value: "{told}": {why}', told))


def claim(obj: Object, *, into: Refusals) -> None:
    claim_spec(obj["spec"], at="spec", into=into)


def claim_spec(spec: Object, *, at: str, into: Refusals) -> None:
    """Of a claim or of the template of one."""
    if not spec.get("accessModes"):
        into.required(f"{at}.accessModes", "at least 1 access mode is required")
    naming.selector(spec.get("selector", {}), at=f"{at}.selector", into=into)
    _access_modes(spec, at=at, into=into)
    storage = spec.get("resources", {}).get("requests", {}).get("storage")
    if storage is None:
        into.required(f"{at}.resources[storage]")
    elif amount(storage) <= 0:
        into.invalid(f"{at}.resources[storage]", value=storage, why="must be greater than zero")
    _storage_class(spec, at=at, into=into)
    into.one_of(spec, "volumeMode", at=at, allowed=VOLUME_MODES)


def _access_modes(spec: Object, *, at: str, into: Refusals) -> None:
    modes = spec.get("accessModes") or []
    for one in modes:
        if one not in ACCESS_MODES:
            into.unsupported(f"{at}.accessModes", value=one, allowed=ACCESS_MODES)
    if "ReadWriteOncePod" in modes and len(modes) > 1:
        into.forbidden(f"{at}.accessModes", why="may not use ReadWriteOncePod with other access modes")


def _storage_class(spec: Object, *, at: str, into: Refusals) -> None:
    if spec.get("storageClassName"):
        into.texts(f"{at}.storageClassName", value=spec["storageClassName"], whys=naming.subdomain(spec["storageClassName"]))


def volume(obj: Object, *, into: Refusals) -> None:
    spec = obj["spec"]
    if not spec.get("accessModes"):
        into.required("spec.accessModes")
    _access_modes(spec, at="spec", into=into)
    capacity = spec.get("capacity")
    if not capacity:
        into.required("spec.capacity")
    if not capacity or set(capacity) != {"storage"}:
        into.unsupported("spec.capacity", value=capacity, allowed=("storage",))
    elif amount(capacity["storage"]) <= 0:
        into.invalid("spec.capacity[storage]", value=capacity["storage"], why="must be greater than zero")
    sources = sorted(set(spec) - NOT_A_VOLUME)
    if not sources:
        into.required("spec", "must specify a volume type")
    for kind in sources[1:]:
        into.forbidden(f"spec.{kind}", why="may not specify more than 1 volume type")
    into.one_of(spec, "persistentVolumeReclaimPolicy", at="spec", allowed=("Delete", "Recycle", "Retain"))
    _storage_class(spec, at="spec", into=into)
    into.one_of(spec, "volumeMode", at="spec", allowed=VOLUME_MODES)


def limit_range(obj: Object, *, into: Refusals) -> None:
    for index, one in enumerate(obj["spec"].get("limits") or []):
        least, most = one.get("min", {}), one.get("max", {})
        request, default = one.get("defaultRequest", {}), one.get("default", {})
        for name in {**most, **least, **default, **request}:
            values = [table.get(name) for table in (least, request, default, most)]
            _ordered_limits(values, at=f"spec.limits[{index}]", name=name, into=into)


def _ordered_limits(values: list[Any], *, at: str, name: str, into: Refusals) -> None:
    """Whether the least is no more than the default request, that no more than the default, and that no more than the most."""
    least, request, default, most = values
    pairs = (
        ("min", least, least, f"min value {least} is greater than max value {most}", most),
        ("defaultRequest", request, least, f"min value {least} is greater than default request value {request}", request),
        ("defaultRequest", request, request, f"default request value {request} is greater than max value {most}", most),
        (
            "defaultRequest",
            request,
            request,
            f"default request value {request} is greater than default limit value {default}",
            default,
        ),
        ("default", least, least, f"min value {least} is greater than default value {default}", default),
        ("default", most, default, f"default value {default} is greater than max value {most}", most),
    )
    for field, value, low, why, high in pairs:
        if low is not None and high is not None and amount(low) > amount(high):
            into.invalid(f"{at}.{field}[{name}]", value=value, why=why)


def quota(obj: Object, *, into: Refusals) -> None:
    for name, value in obj["spec"].get("hard", {}).items():
        here = f"spec.hard[{name}]"
        into.texts(here, value=name, whys=naming.qualified(name))
        if "/" not in name and "." not in name and name not in QUOTA:
            into.invalid(here, value=name, why="must be a standard resource type or fully qualified")
            into.invalid(here, value=name, why="must be a standard resource for quota")
        if amount(value) < 0:
            into.invalid(here, value=value, why=NOT_NEGATIVE)
        if name in WHOLE and amount(value) % 1:
            into.invalid(here, value=value, why="must be an integer")


def event(obj: Object, *, into: Refusals) -> None:
    """Where an event is and what it is about have to agree, save for what has no namespace."""
    about, own = obj.get("involvedObject", {}).get("namespace", ""), obj["metadata"].get("namespace", "")
    if obj.get("eventTime") is None:
        agrees = about == own if about else own in ("", "default")
    else:
        agrees = bool(about) or own in ("default", "kube-system")
    if not agrees:
        into.invalid("involvedObject.namespace", value=about, why="does not match event.namespace")


def node(obj: Object, *, into: Refusals) -> None:
    spec = obj["spec"]
    for index, one in enumerate(spec.get("taints", [])):
        here = f"metadata.taints[{index}]"
        into.texts(f"{here}.key", value=one.get("key", ""), whys=naming.qualified(one.get("key", "")))
        if not one.get("effect"):
            into.required(f"{here}.effect")
        else:
            into.one_of(one, "effect", at=here, allowed=("NoSchedule", "PreferNoSchedule", "NoExecute"))
    for index, cidr in enumerate(spec.get("podCIDRs", [])):
        into.texts(f"spec.podCIDRs[{index}]", value=cidr, whys=naming.cidr(cidr))
