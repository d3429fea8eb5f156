"""The columns of core, networking, storage, RBAC and the rest."""

from typing import Any

from acsctl.emulator.kubernetes.builtin.cells import (
    AGE,
    NAME,
    NONE,
    UNKNOWN,
    UNSET,
    Column,
    access_modes,
    at,
    condition,
    labels_text,
    more,
    selector_text,
    since,
)
from acsctl.emulator.kubernetes.builtin.storage import Object

_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
_ROLE, _OLD_ROLE = "node-role.kubernetes.io/", "kubernetes.io/role"


def _external_address(service: Object, now: float) -> str:
    spec = service["spec"]
    own = spec.get("externalIPs") or []
    if spec.get("type") == "ExternalName":
        return str(spec.get("externalName", ""))
    if spec.get("type") == "LoadBalancer":
        own = [*_points(service), *own]
        return ",".join(own) or "<pending>"
    return ",".join(own) or NONE


def _points(obj: Object) -> list[str]:
    """Addresses of a load balancer, of a Service or an Ingress."""
    points = (obj.get("status", {}).get("loadBalancer") or {}).get("ingress") or []
    return [str(one.get("ip") or one.get("hostname")) for one in points if one.get("ip") or one.get("hostname")]


def _service_ports(service: Object, now: float) -> str:
    shown = []
    for one in service["spec"].get("ports") or []:
        node = f":{one['nodePort']}" if one.get("nodePort") else ""
        shown.append(f"{one['port']}{node}/{one.get('protocol', 'TCP')}")
    return ",".join(shown) or NONE


def _cluster_address(service: Object, now: float) -> str:
    return next(iter(service["spec"].get("clusterIPs") or []), NONE)


def _node_status(node: Object, now: float) -> str:
    ready = condition(node, "Ready").get("status")
    words = ["Unknown" if ready is None else "Ready" if ready == "True" else "NotReady"]
    return ",".join([*words, *(["SchedulingDisabled"] if node.get("spec", {}).get("unschedulable") else [])])


def _roles(node: Object, now: float) -> str:
    labels = node["metadata"].get("labels") or {}
    found = {key.removeprefix(_ROLE) for key in labels if key.startswith(_ROLE) and key != _ROLE}
    return ",".join(sorted(found | ({labels[_OLD_ROLE]} if labels.get(_OLD_ROLE) else set()))) or NONE


def _node_address(kind: str) -> Any:
    def cell(node: Object, now: float) -> str:
        addresses = node.get("status", {}).get("addresses") or []
        return next((one["address"] for one in addresses if one["type"] == kind), NONE)

    return cell


def _phase(obj: Object, now: float) -> str:
    return "Terminating" if "deletionTimestamp" in obj["metadata"] else str(obj.get("status", {}).get("phase", ""))


def _count(*names: str) -> Any:
    return lambda obj, now: sum(len(obj.get(name) or {}) for name in names)


def _claim_of(volume: Object, now: float) -> str:
    claim = volume["spec"].get("claimRef")
    return f"{claim.get('namespace', '')}/{claim.get('name', '')}" if claim else ""


def _class_name(obj: Object, now: float) -> str:
    name = obj["metadata"]["name"]
    marked = (obj["metadata"].get("annotations") or {}).get(_DEFAULT_CLASS) == "true"
    return f"{name} (default)" if marked else name


def _endpoints(obj: Object, now: float) -> str:
    found = []
    for subset in obj.get("subsets") or []:
        for port in subset.get("ports") or [None]:
            found += [one["ip"] + (f":{port['port']}" if port else "") for one in subset.get("addresses") or []]
    return more(found, most=3)


def _slice_ports(obj: Object, now: float) -> str:
    ports = [str(one.get("port") or one.get("name") or "*") for one in obj.get("ports") or []]
    return more(ports, most=3) if ports else UNSET


def _slice_endpoints(obj: Object, now: float) -> str:
    found = [address for one in obj.get("endpoints") or [] for address in one["addresses"]]
    return more(found, most=3) if found else UNSET


def _hosts(ingress: Object, now: float) -> str:
    hosts = [one["host"] for one in ingress["spec"].get("rules") or [] if one.get("host")]
    return more(hosts, most=3) if hosts else "*"


def _subjects(kind: str) -> Any:
    def cell(binding: Object, now: float) -> str:
        found = [one for one in binding.get("subjects") or [] if one["kind"] == kind]
        account = kind == "ServiceAccount"
        return ", ".join(f"{one.get('namespace', '')}/{one['name']}" if account else one["name"] for one in found)

    return cell


def _role(binding: Object, now: float) -> str:
    return f"{binding['roleRef']['kind']}/{binding['roleRef']['name']}"


def _event_time(path: str) -> Any:
    def cell(event: Object, now: float) -> str:
        first = event.get("firstTimestamp") or event.get("eventTime")
        series = (event.get("series") or {}).get("lastObservedTime") if path == "lastTimestamp" else None
        return since(series or event.get(path) or first, now=now)

    return cell


def _event_object(event: Object, now: float) -> str:
    target = event.get("involvedObject") or {}
    return "/".join(filter(None, (str(target.get("kind", "")).lower(), target.get("name", ""))))


def _event_source(event: Object, now: float) -> str:
    source = event.get("source") or {}
    where = (source.get("component") or event.get("reportingComponent"), source.get("host") or event.get("reportingInstance"))
    return ", ".join(str(one) for one in where if one)


def _quota(limits: bool) -> Any:
    def cell(quota: Object, now: float) -> str:
        status = quota.get("status", {})
        names = sorted(one for one in status.get("hard") or {} if one.startswith("limits.") is limits)
        return ", ".join(f"{one}: {(status.get('used') or {}).get(one, '0')}/{status['hard'][one]}" for one in names)

    return cell


def _service_of_api(obj: Object, now: float) -> str:
    service = obj["spec"].get("service")
    return f"{service.get('namespace')}/{service.get('name')}" if service else "Local"


_BINDING = (
    NAME,
    Column("Role", _role),
    AGE,
    Column("Users", _subjects("User"), wide=True),
    Column("Groups", _subjects("Group"), wide=True),
    Column("ServiceAccounts", _subjects("ServiceAccount"), wide=True),
)
_CREATED = (NAME, Column("Created At", at("metadata.creationTimestamp"), type="date"))
_HOOKS = (NAME, Column("Webhooks", _count("webhooks"), type="integer"), AGE)

COLUMNS: dict[tuple[str, str], tuple[Column, ...]] = {
    ("", "services"): (
        NAME,
        Column("Type", at("spec.type")),
        Column("Cluster-IP", _cluster_address),
        Column("External-IP", _external_address),
        Column("Port(s)", _service_ports),
        AGE,
        Column("Selector", lambda obj, now: labels_text(obj["spec"].get("selector")), wide=True),
    ),
    ("", "nodes"): (
        NAME,
        Column("Status", _node_status),
        Column("Roles", _roles),
        AGE,
        Column("Version", at("status.nodeInfo.kubeletVersion")),
        Column("Internal-IP", _node_address("InternalIP"), wide=True),
        Column("External-IP", _node_address("ExternalIP"), wide=True),
        Column("OS-Image", at("status.nodeInfo.osImage", otherwise=UNKNOWN), wide=True),
        Column("Kernel-Version", at("status.nodeInfo.kernelVersion", otherwise=UNKNOWN), wide=True),
        Column("Container-Runtime", at("status.nodeInfo.containerRuntimeVersion", otherwise=UNKNOWN), wide=True),
    ),
    ("", "namespaces"): (NAME, Column("Status", at("status.phase")), AGE),
    ("", "configmaps"): (NAME, Column("Data", _count("data", "binaryData")), AGE),
    ("", "secrets"): (NAME, Column("Type", at("type")), Column("Data", _count("data")), AGE),
    ("", "endpoints"): (NAME, Column("Endpoints", _endpoints), AGE),
    ("", "limitranges"): (NAME, Column("Created At", at("metadata.creationTimestamp"))),
    ("", "resourcequotas"): (NAME, Column("Request", _quota(limits=False)), Column("Limit", _quota(limits=True)), AGE),
    ("", "events"): (
        Column("Last Seen", _event_time("lastTimestamp")),
        Column("Type", at("type")),
        Column("Reason", at("reason")),
        Column("Object", _event_object),
        Column("Subobject", at("involvedObject.fieldPath"), wide=True),
        Column("Source", _event_source, wide=True),
        Column("Message", lambda obj, now: str(obj.get("message", "")).strip()),
        Column("First Seen", _event_time("firstTimestamp"), wide=True),
        Column("Count", lambda obj, now: (obj.get("series") or {}).get("count") or obj.get("count") or 1, wide=True),
        Column("Name", at("metadata.name"), wide=True, format="name"),
    ),
    ("", "persistentvolumes"): (
        NAME,
        Column("Capacity", at("spec.capacity.storage")),
        Column("Access Modes", lambda obj, now: access_modes(obj["spec"].get("accessModes"))),
        Column("Reclaim Policy", at("spec.persistentVolumeReclaimPolicy")),
        Column("Status", _phase),
        Column("Claim", _claim_of),
        Column("StorageClass", at("spec.storageClassName")),
        Column("VolumeAttributesClass", at("spec.volumeAttributesClassName", otherwise=UNSET)),
        Column("Reason", at("status.reason")),
        AGE,
        Column("VolumeMode", at("spec.volumeMode", otherwise=UNSET), wide=True),
    ),
    ("", "persistentvolumeclaims"): (
        NAME,
        Column("Status", _phase),
        Column("Volume", at("spec.volumeName")),
        Column("Capacity", at("status.capacity.storage")),
        Column("Access Modes", lambda obj, now: access_modes(obj.get("status", {}).get("accessModes"))),
        Column("StorageClass", at("spec.storageClassName")),
        Column("VolumeAttributesClass", at("spec.volumeAttributesClassName", otherwise=UNSET)),
        AGE,
        Column("VolumeMode", at("spec.volumeMode", otherwise=UNSET), wide=True),
    ),
    ("networking.k8s.io", "ingresses"): (
        NAME,
        Column("Class", at("spec.ingressClassName", otherwise=NONE)),
        Column("Hosts", _hosts),
        Column("Address", lambda obj, now: ",".join(_points(obj))),
        Column("Ports", lambda obj, now: "80, 443" if obj["spec"].get("tls") else "80"),
        AGE,
    ),
    ("networking.k8s.io", "ingressclasses"): (
        NAME,
        Column("Controller", at("spec.controller")),
        Column("Parameters", at("spec.parameters.name", otherwise=NONE)),
        AGE,
    ),
    ("networking.k8s.io", "networkpolicies"): (
        NAME,
        Column("Pod-Selector", lambda obj, now: selector_text(obj["spec"].get("podSelector") or {})),
        AGE,
    ),
    ("storage.k8s.io", "storageclasses"): (
        Column("Name", _class_name, format="name"),
        Column("Provisioner", at("provisioner")),
        Column("ReclaimPolicy", at("reclaimPolicy", otherwise="Delete")),
        Column("VolumeBindingMode", at("volumeBindingMode", otherwise="Immediate")),
        Column("AllowVolumeExpansion", at("allowVolumeExpansion", otherwise=False)),
        AGE,
    ),
    ("storage.k8s.io", "csinodes"): (
        NAME,
        Column("Drivers", lambda obj, now: len(obj["spec"].get("drivers") or []), type="integer"),
        AGE,
    ),
    ("rbac.authorization.k8s.io", "roles"): _CREATED,
    ("rbac.authorization.k8s.io", "clusterroles"): _CREATED,
    ("rbac.authorization.k8s.io", "rolebindings"): _BINDING,
    ("rbac.authorization.k8s.io", "clusterrolebindings"): _BINDING,
    ("coordination.k8s.io", "leases"): (NAME, Column("Holder", at("spec.holderIdentity")), AGE),
    ("scheduling.k8s.io", "priorityclasses"): (
        NAME,
        Column("Value", at("value", otherwise=0), type="integer"),
        Column("Global-Default", at("globalDefault", otherwise=False), type="boolean"),
        AGE,
        Column("PreemptionPolicy", at("preemptionPolicy")),
    ),
    ("discovery.k8s.io", "endpointslices"): (
        NAME,
        Column("AddressType", at("addressType")),
        Column("Ports", _slice_ports),
        Column("Endpoints", _slice_endpoints),
        AGE,
    ),
    ("admissionregistration.k8s.io", "mutatingwebhookconfigurations"): _HOOKS,
    ("admissionregistration.k8s.io", "validatingwebhookconfigurations"): _HOOKS,
    ("apiextensions.k8s.io", "customresourcedefinitions"): _CREATED,
    ("apiregistration.k8s.io", "apiservices"): (
        NAME,
        Column("Service", _service_of_api),
        Column("Available", lambda obj, now: condition(obj, "Available").get("status", "Unknown")),
        AGE,
    ),
}
