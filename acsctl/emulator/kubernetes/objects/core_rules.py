"""What is refused of the kinds of the core group beside pods."""

import json
from base64 import b64decode
from typing import Any

from acsctl.emulator.kubernetes.objects import naming
from acsctl.emulator.kubernetes.objects.app_rules import replica_set
from acsctl.emulator.kubernetes.objects.quantity import amount
from acsctl.emulator.kubernetes.objects.refusals import NOT_NEGATIVE, Object, Refusals
from acsctl.emulator.kubernetes.objects.validate import Problem

TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
PROTOCOLS = ("SCTP", "TCP", "UDP")
EXTERNAL = ("NodePort", "LoadBalancer")
FAMILIES = ("IPv4", "IPv6")
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
COUNTED = ("configmaps", "persistentvolumeclaims", "pods", "replicationcontrollers", "resourcequotas", "secrets", "services")
WHOLE = (*COUNTED, "services.nodeports", "services.loadbalancers")
QUOTA = ("cpu", "memory", "storage", "ephemeral-storage", *COUNTED)
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


def service(obj: Object, *, into: Refusals) -> None:
    spec, kind = obj["spec"], obj["spec"]["type"]
    if not spec.get("ports") and kind != "ExternalName" and spec.get("clusterIP") != "None":
        into.required("spec.ports")
    if kind in EXTERNAL and spec.get("clusterIP") == "None":
        into.invalid("spec.clusterIPs[0]", value="None", why=f"may not be set to 'None' for {kind} services")
    if kind == "ExternalName":
        _external_name(spec, into=into)
    _service_ports(spec, into=into)
    naming.labels(spec.get("selector", {}), at="spec.selector", into=into)
    into.one_of(spec, "sessionAffinity", at="spec", allowed=("ClientIP", "None"))
    if kind != "ExternalName":
        _addresses(spec, into=into)
    for index, one in enumerate(spec.get("externalIPs", [])):
        into.texts(f"spec.externalIPs[{index}]", value=one, whys=naming.ip(one))
    into.one_of(spec, "type", at="spec", allowed=TYPES)
    for index, one in enumerate(spec.get("loadBalancerSourceRanges", [])):
        into.texts(f"spec.LoadBalancerSourceRanges[{index}]", value=one, whys=naming.cidr(one.strip()))
    policy = spec.get("externalTrafficPolicy")
    if policy and kind not in EXTERNAL and not spec.get("externalIPs"):
        into.invalid("spec.externalTrafficPolicy", value=policy, why="may only be set for externally-accessible services")
    elif policy and policy not in ("Cluster", "Local"):
        into.unsupported("spec.externalTrafficPolicy", value=policy, allowed=("Cluster", "Local"))
    into.one_of(spec, "internalTrafficPolicy", at="spec", allowed=("Cluster", "Local"))


def _addresses(spec: Object, *, into: Refusals) -> None:
    for index, one in enumerate(spec.get("ipFamilies", [])):
        if one not in FAMILIES:
            into.unsupported(f"spec.ipFamilies[{index}]", value=one, allowed=FAMILIES)
    into.one_of(spec, "ipFamilyPolicy", at="spec", allowed=("PreferDualStack", "RequireDualStack", "SingleStack"))
    for index, one in enumerate(spec.get("clusterIPs", [])):
        if (index, one) != (0, "None"):
            into.texts(f"spec.clusterIPs[{index}]", value=one, whys=naming.ip(one))


def _external_name(spec: Object, *, into: Refusals) -> None:
    name = spec.get("externalName", "")
    if not name:
        into.required("spec.externalName")
    else:
        into.texts("spec.externalName", value=name, whys=naming.subdomain(name.rstrip(".")))
    if spec.get("clusterIP"):
        into.forbidden("spec.clusterIPs[0]", why="may not be set when `type` is 'ExternalName'")


def _service_ports(spec: Object, *, into: Refusals) -> None:
    ports, names, taken = spec.get("ports", []), set[str](), set[tuple[Any, ...]]()
    for index, one in enumerate(ports):
        here, name = f"spec.ports[{index}]", one.get("name", "")
        if not name and len(ports) > 1:
            into.required(f"{here}.name")
        elif name:
            into.texts(f"{here}.name", value=name, whys=naming.label(name))
            if name in names:
                into.duplicate(f"{here}.name", value=name)
            names.add(name)
        into.texts(f"{here}.port", value=one.get("port", 0), whys=naming.port(one.get("port", 0)))
        into.one_of(one, "protocol", at=here, allowed=PROTOCOLS)
        target = one.get("targetPort", 0)
        into.texts(f"{here}.targetPort", value=target, whys=naming.number_or_name(target))
        if one.get("nodePort") and spec["type"] not in EXTERNAL:
            into.forbidden(f"{here}.nodePort", why=f"may not be used when `type` is '{spec['type']}'")
    for index, one in enumerate(ports):
        key = (one.get("protocol"), one.get("port", 0))
        if key in taken:
            told = {"Name": "", "Protocol": key[0], "AppProtocol": None, "Port": key[1], "TargetPort": 0, "NodePort": 0}
            into.duplicate(f"spec.ports[{index}]", value=told)
        taken.add(key)


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
    spec = obj["spec"]
    if not spec.get("accessModes"):
        into.required("spec.accessModes", "at least 1 access mode is required")
    _access_modes(spec, into=into)
    storage = spec.get("resources", {}).get("requests", {}).get("storage")
    if storage is None:
        into.required("spec.resources[storage]")
    elif amount(storage) <= 0:
        into.invalid("spec.resources[storage]", value=storage, why="must be greater than zero")
    _storage_class(spec, into=into)
    into.one_of(spec, "volumeMode", at="spec", allowed=VOLUME_MODES)


def _access_modes(spec: Object, *, into: Refusals) -> None:
    for one in spec.get("accessModes") or []:
        if one not in ACCESS_MODES:
            into.unsupported("spec.accessModes", value=one, allowed=ACCESS_MODES)


def _storage_class(spec: Object, *, into: Refusals) -> None:
    if spec.get("storageClassName"):
        into.texts("spec.storageClassName", value=spec["storageClassName"], whys=naming.subdomain(spec["storageClassName"]))


def volume(obj: Object, *, into: Refusals) -> None:
    spec = obj["spec"]
    if not spec.get("accessModes"):
        into.required("spec.accessModes")
    _access_modes(spec, into=into)
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
    _storage_class(spec, into=into)
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


def replication_controller(obj: Object, *, into: Refusals) -> None:
    spec = obj["spec"]
    replica_set({"spec": {**spec, "selector": {"matchLabels": spec.get("selector", {})}}}, into=into)
