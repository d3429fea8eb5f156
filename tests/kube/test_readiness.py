import pytest

from acsctl.kube.readiness import addresses, status

AVAILABLE = {"type": "Available", "status": "True"}
ROLLED = {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}
COUNTS = {"replicas": 3, "updatedReplicas": 3, "availableReplicas": 3, "readyReplicas": 3}


def made(kind, *, api="apps/v1", spec=None, state=None, **meta):
    return {"apiVersion": api, "kind": kind, "metadata": {"name": "x", **meta}, "spec": spec or {}, "status": state or {}}


def deployment(*, conditions=(AVAILABLE, ROLLED), spec=None, observed=2, **counts):
    state = {"observedGeneration": observed, "conditions": list(conditions), **COUNTS, **counts}
    return made("Deployment", spec={"replicas": 3, "progressDeadlineSeconds": 600} | (spec or {}), state=state, generation=2)


def stateful(**state):
    full = {
        "observedGeneration": 1,
        "replicas": 2,
        "readyReplicas": 2,
        "updatedReplicas": 2,
        "currentReplicas": 2,
        "currentRevision": "b",
        "updateRevision": "b",
    }
    return made("StatefulSet", spec={"replicas": 2, **state.pop("spec", {})}, state={**full, **state}, generation=1)


def daemon(**state):
    full = dict.fromkeys(
        ("desiredNumberScheduled", "currentNumberScheduled", "updatedNumberScheduled", "numberAvailable", "numberReady"), 2
    )
    spec = state.pop("spec", {})
    return made("DaemonSet", spec=spec, state={"observedGeneration": 1, **full, **state}, generation=1)


def crd(**condition):
    return made(
        "CustomResourceDefinition", api="apiextensions.k8s.io/v1", state={"conditions": [condition] if condition else []}
    )


def job(*conditions, **spec):
    return made("Job", api="batch/v1", spec=spec, state={"conditions": list(conditions), "startTime": "now", "succeeded": 0})


def service(kind, *ingress):
    return made("Service", api="v1", spec={"type": kind, "clusterIP": "1"}, state={"loadBalancer": {"ingress": list(ingress)}})


DEADLINE = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "too slow"}
COMPLETE = {"type": "Complete", "status": "True"}
FAILED = {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "failed too often"}
CASES = [
    (deployment(), "ready", ""),
    (deployment(observed=1), "pending", "not looked at yet"),
    (deployment(readyReplicas=2, availableReplicas=2), "pending", "2 of 3 ready"),
    (deployment(updatedReplicas=1), "pending", "3 of 3 ready, 1 up to date"),
    (deployment(replicas=4), "pending", "3 of 3 ready"),
    (
        deployment(conditions=[AVAILABLE, {"type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated"}]),
        "pending",
        "3 of 3 ready",
    ),
    (deployment(conditions=[DEADLINE], readyReplicas=0), "failed", "0 of 3 ready: too slow"),
    (made("Deployment", spec={"replicas": 1}), "pending", "not looked at yet"),
    (deployment(spec={"replicas": 0}, conditions=[ROLLED], **dict.fromkeys(COUNTS, 0)), "ready", ""),
    (deployment(spec={"paused": True}, updatedReplicas=0), "ready", "paused"),
    (stateful(), "ready", ""),
    (stateful(currentReplicas=1), "pending", "2 of 2 ready"),
    (stateful(spec={"minReadySeconds": 9}, availableReplicas=1), "pending", "1 of 2 available"),
    (stateful(spec={"minReadySeconds": 9}, availableReplicas=2), "ready", ""),
    (
        stateful(spec={"updateStrategy": {"rollingUpdate": {"partition": 1}}}, updateRevision="c", updatedReplicas=0),
        "pending",
        "0 up to date, 1 to be",
    ),
    (stateful(readyReplicas=1), "pending", "1 of 2 ready"),
    (stateful(updateRevision="c", updatedReplicas=1), "pending", "1 of 2 up to date"),
    (stateful(spec={"updateStrategy": {"type": "OnDelete"}}, readyReplicas=0), "ready", ""),
    (
        stateful(spec={"updateStrategy": {"rollingUpdate": {"partition": 1}}}, updateRevision="c", updatedReplicas=1),
        "ready",
        "",
    ),
    (daemon(), "ready", ""),
    (daemon(numberReady=1), "pending", "1 of 2 ready"),
    (daemon(updatedNumberScheduled=1), "pending", "2 of 2 ready, 1 up to date"),
    (daemon(updatedNumberScheduled=1, spec={"updateStrategy": {"type": "OnDelete"}}), "ready", ""),
    (daemon(desiredNumberScheduled=0), "pending", "no node takes it yet"),
    (job(), "pending", "0 of 1 complete"),
    (job(COMPLETE), "ready", ""),
    (job(FAILED), "failed", "failed too often"),
    (job(suspend=True), "ready", ""),
    (service("ClusterIP"), "ready", ""),
    (service("LoadBalancer"), "pending", "waits for an address"),
    (service("LoadBalancer", {"hostname": "lb"}), "ready", ""),
    (made("Ingress", api="networking.k8s.io/v1"), "pending", "waits for an address"),
    (made("PersistentVolumeClaim", api="v1", state={"phase": "Pending"}), "ready", ""),
    (made("PersistentVolumeClaim", api="v1", state={"phase": "Lost"}), "failed", "its volume is lost"),
    (crd(), "pending", "not established yet"),
    (crd(type="Established", status="True"), "ready", ""),
    (crd(type="Established", status="False", reason="Installing"), "pending", "Installing"),
    (crd(type="NamesAccepted", status="False", message="taken"), "failed", "taken"),
    (made("Pod", api="v1", state={"phase": "Failed", "reason": "Evicted"}), "failed", "Evicted"),
    (made("Pod", api="v1", state={"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}), "ready", ""),
    (made("Pod", api="v1", state={"phase": "Pending"}), "pending", "pending"),
    (made("ConfigMap", api="v1"), "ready", ""),
    (made("HorizontalPodAutoscaler", api="autoscaling/v2", state={"currentReplicas": 1}), "ready", ""),
    (made("PodDisruptionBudget", api="policy/v1", state={"disruptionsAllowed": 0}), "ready", ""),
    (made("APIService", api="apiregistration.k8s.io/v1"), "pending", "not available yet"),
    (made("CronJob", api="batch/v1"), "ready", ""),
    (
        made("Gate", api="x.dev/v1", state={"conditions": [{"type": "Ready", "status": "False", "message": "shut"}]}),
        "pending",
        "shut",
    ),
    (
        made("Gate", api="x.dev/v1", state={"conditions": [{"type": "Stalled", "status": "True", "message": "stuck"}]}),
        "failed",
        "stuck",
    ),
    (made("Gate", api="x.dev/v1", state={"conditions": [{"type": "Reconciling", "status": "True"}]}), "pending", "reconciling"),
    (made("ConfigMap", api="v1", deletionTimestamp="now"), "pending", "is being deleted"),
]


@pytest.mark.parametrize(("item", "state", "said"), CASES)
def test_how_far_an_object_is(item, state, said):
    found = status(item)
    assert (found.state, found.said) == (state, said)


def test_addresses_are_those_that_were_given():
    assert addresses(service("LoadBalancer", {"ip": "1.2.3.4"}, {"hostname": "b"}, {})) == ["1.2.3.4", "b"]
