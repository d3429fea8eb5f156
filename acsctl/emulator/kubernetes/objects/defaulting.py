"""Defaults that depend on other fields. Plain ones are data, metadata/kubernetes-defaults.json.

Each rule takes a value's fields, plain defaults among them, and gives the fields to set; None takes one away.
"""

from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any

Fields = Mapping[str, Any]
Rule = Callable[[Fields], dict[str, Any]]

EXTERNAL = ("LoadBalancer", "NodePort")
MOST = 2**31 - 1
SCALE_UP = {
    "stabilizationWindowSeconds": 0,
    "selectPolicy": "Max",
    "policies": [
        {"type": "Pods", "value": 4, "periodSeconds": 15},
        {"type": "Percent", "value": 100, "periodSeconds": 15},
    ],
}
SCALE_DOWN = {"selectPolicy": "Max", "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}]}


def pull_policy(image: str) -> str:
    """`Always` for the tag latest, which is what no tag means."""
    name = image.split("@")[0].rsplit("/", 1)[-1]
    tag = name.partition(":")[2] or ("" if "@" in image else "latest")
    return "Always" if tag == "latest" else "IfNotPresent"


def _container(made: Fields) -> dict[str, Any]:
    return {} if "imagePullPolicy" in made else {"imagePullPolicy": pull_policy(made.get("image", ""))}


def _volume(made: Fields) -> dict[str, Any]:
    return {} if set(made) - {"name"} else {"emptyDir": {}}


def _image_volume(made: Fields) -> dict[str, Any]:
    return {} if "pullPolicy" in made else {"pullPolicy": pull_policy(made.get("reference", ""))}


def _deployment_strategy(made: Fields) -> dict[str, Any]:
    if made["type"] != "RollingUpdate":
        return {}
    return {"rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%", **made.get("rollingUpdate", {})}}


def _daemon_set_strategy(made: Fields) -> dict[str, Any]:
    if made["type"] != "RollingUpdate":
        return {}
    return {"rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0, **made.get("rollingUpdate", {})}}


def _stateful_set_strategy(made: Fields) -> dict[str, Any]:
    if "type" not in made:
        return {"type": "RollingUpdate", "rollingUpdate": {"partition": 0, **made.get("rollingUpdate", {})}}
    if made["type"] == "RollingUpdate" and "rollingUpdate" in made:
        return {"rollingUpdate": {"partition": 0, **made["rollingUpdate"]}}
    return {}


def _job(made: Fields) -> dict[str, Any]:
    spec = made["spec"]
    defaults = {
        "parallelism": 1,
        "backoffLimit": MOST if "backoffLimitPerIndex" in spec else 6,
        "completionMode": "NonIndexed",
        "suspend": False,
        "podReplacementPolicy": "Failed" if "podFailurePolicy" in spec else "TerminatingOrFailed",
        "manualSelector": False,
    }
    if "completions" not in spec and "parallelism" not in spec:
        defaults["completions"] = 1
    return {"spec": {**defaults, **spec}, **_labels_of_template(made)}


def _labels_of_template(made: Fields) -> dict[str, Any]:
    labels = made["spec"].get("template", {}).get("metadata", {}).get("labels")
    return {"metadata": {**made["metadata"], "labels": labels}} if labels and not made["metadata"].get("labels") else {}


def _replication_controller(made: Fields) -> dict[str, Any]:
    labels = made["spec"].get("template", {}).get("metadata", {}).get("labels")
    spec = {"spec": {**made["spec"], "selector": labels}} if labels and not made["spec"].get("selector") else {}
    return {**_labels_of_template(made), **spec}


def _service_spec(made: Fields) -> dict[str, Any]:
    kind, found = made["type"], dict[str, Any]()
    if made["sessionAffinity"] == "None" and "sessionAffinityConfig" in made:
        found["sessionAffinityConfig"] = None
    if made["sessionAffinity"] == "ClientIP" and "timeoutSeconds" not in made.get("sessionAffinityConfig", {}).get(
        "clientIP", {}
    ):
        found["sessionAffinityConfig"] = {"clientIP": {"timeoutSeconds": 10800}}
    if "externalTrafficPolicy" not in made and (kind in EXTERNAL or (kind == "ClusterIP" and made.get("externalIPs"))):
        found["externalTrafficPolicy"] = "Cluster"
    if "internalTrafficPolicy" not in made and kind in (*EXTERNAL, "ClusterIP"):
        found["internalTrafficPolicy"] = "Cluster"
    if "allocateLoadBalancerNodePorts" not in made and kind == "LoadBalancer":
        found["allocateLoadBalancerNodePorts"] = True
    return found


def _service_port(made: Fields) -> dict[str, Any]:
    return {"targetPort": made.get("port", 0)} if made.get("targetPort") in (None, 0, "") else {}


def _ingress(made: Fields) -> dict[str, Any]:
    return {"ipMode": "VIP"} if made.get("ip") and "ipMode" not in made else {}


def _pod_spec(made: Fields) -> dict[str, Any]:
    """The account has two names, of which one is old."""
    name = made.get("serviceAccountName") or made.get("serviceAccount")
    return {"serviceAccountName": name, "serviceAccount": name} if name else {}


def _pod(made: Fields) -> dict[str, Any]:
    spec = dict(made["spec"])
    spec.setdefault("enableServiceLinks", True)
    for kind in ("containers", "initContainers"):
        if spec.get(kind):
            spec[kind] = [_pod_container(one, host_network=spec.get("hostNetwork", False)) for one in spec[kind]]
    return {"spec": spec}


def _pod_container(container: Fields, *, host_network: bool) -> dict[str, Any]:
    made = dict(container)
    resources = container.get("resources", {})
    if resources.get("limits"):
        made["resources"] = {**resources, "requests": {**resources["limits"], **resources.get("requests", {})}}
    if host_network and container.get("ports"):
        made["ports"] = [{"hostPort": port.get("containerPort", 0), **port} for port in container["ports"]]
    return made


def _namespace(made: Fields) -> dict[str, Any]:
    metadata = made["metadata"]
    if not metadata.get("name"):
        return {}
    return {"metadata": {**metadata, "labels": {**metadata.get("labels", {}), "kubernetes.io/metadata.name": metadata["name"]}}}


def _node_status(made: Fields) -> dict[str, Any]:
    return {"allocatable": made["capacity"]} if "capacity" in made and "allocatable" not in made else {}


def _node_spec(made: Fields) -> dict[str, Any]:
    return {"podCIDRs": [made["podCIDR"]]} if made.get("podCIDR") and not made.get("podCIDRs") else {}


def _secret(made: Fields) -> dict[str, Any]:
    """What is written as text is kept as base64."""
    texts = made.get("stringData")
    if not texts:
        return {}
    data = {key: b64encode(value.encode()).decode() for key, value in texts.items()}
    return {"data": {**made.get("data", {}), **data}, "stringData": {}}


def _stateful_set_spec(made: Fields) -> dict[str, Any]:
    claims = [{"apiVersion": "v1", "kind": "PersistentVolumeClaim", **one} for one in made.get("volumeClaimTemplates") or ()]
    return {"volumeClaimTemplates": claims} if claims else {}


def _limit_range_item(made: Fields) -> dict[str, Any]:
    if made.get("type") != "Container":
        return {}
    default = {**made.get("max", {}), **made.get("default", {})}
    return {"default": default, "defaultRequest": {**made.get("min", {}), **default, **made.get("defaultRequest", {})}}


def _network_policy_spec(made: Fields) -> dict[str, Any]:
    return {} if made.get("policyTypes") else {"policyTypes": ["Ingress", *(["Egress"] if made.get("egress") else [])]}


def _subject(made: Fields) -> dict[str, Any]:
    return {"apiGroup": "rbac.authorization.k8s.io"} if made.get("kind") in ("User", "Group") and "apiGroup" not in made else {}


def _scaling_behavior(made: Fields) -> dict[str, Any]:
    return {
        "scaleUp": {**SCALE_UP, **made.get("scaleUp", {})},
        "scaleDown": {**SCALE_DOWN, **made.get("scaleDown", {})},
    }


def _definition_names(made: Fields) -> dict[str, Any]:
    kind = made.get("kind", "")
    found = {"singular": kind.lower(), "listKind": f"{kind}List" if kind else ""}
    return {key: value for key, value in found.items() if key not in made and value}


def _definition(made: Fields) -> dict[str, Any]:
    stored = [one["name"] for one in made["spec"].get("versions") or () if one.get("storage")][:1]
    return (
        {} if made["status"].get("storedVersions") or not stored else {"status": {**made["status"], "storedVersions": stored}}
    )


RULES: Mapping[str, Rule] = {
    "apiextensions.v1.CustomResourceDefinition": _definition,
    "apiextensions.v1.CustomResourceDefinitionNames": _definition_names,
    "apps.v1.DaemonSetUpdateStrategy": _daemon_set_strategy,
    "apps.v1.DeploymentStrategy": _deployment_strategy,
    "apps.v1.StatefulSetSpec": _stateful_set_spec,
    "apps.v1.StatefulSetUpdateStrategy": _stateful_set_strategy,
    "autoscaling.v2.HorizontalPodAutoscalerBehavior": _scaling_behavior,
    "batch.v1.Job": _job,
    "core.v1.Container": _container,
    "core.v1.EphemeralContainer": _container,
    "core.v1.ImageVolumeSource": _image_volume,
    "core.v1.LimitRangeItem": _limit_range_item,
    "core.v1.LoadBalancerIngress": _ingress,
    "core.v1.Namespace": _namespace,
    "core.v1.NodeStatus": _node_status,
    "core.v1.NodeSpec": _node_spec,
    "core.v1.Pod": _pod,
    "core.v1.PodSpec": _pod_spec,
    "core.v1.ReplicationController": _replication_controller,
    "core.v1.Secret": _secret,
    "core.v1.ServicePort": _service_port,
    "core.v1.ServiceSpec": _service_spec,
    "core.v1.Volume": _volume,
    "networking.v1.NetworkPolicySpec": _network_policy_spec,
    "rbac.v1.Subject": _subject,
}
