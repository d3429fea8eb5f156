"""Indexed Jobs: every pod knows its number (k8s.io/kubernetes pkg/controller/job/indexed_job_utils.go)."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from acsctl.emulator.kubernetes.client import Object

INDEX = "batch.kubernetes.io/job-completion-index"
VARIABLE = "JOB_COMPLETION_INDEX"


def pod_index(pod: Mapping[str, Any]) -> int | None:
    text = (pod["metadata"].get("annotations") or {}).get(INDEX, "")
    return int(text) if text.isdigit() else None


def indexed(pod: Object, *, index: int, job: str) -> Object:
    """The pod with its number in annotation, label, hostname and environment."""
    meta = dict(pod["metadata"])
    meta["annotations"] = {**(meta.get("annotations") or {}), INDEX: str(index)}
    meta["labels"] = {**(meta.get("labels") or {}), INDEX: str(index)}
    meta["generateName"] = f"{job}-{index}-"
    source = {"fieldRef": {"fieldPath": f"metadata.labels['{INDEX}']"}}
    spec = {**pod["spec"], "hostname": f"{job}-{index}"}
    for name in ("containers", "initContainers"):
        if spec.get(name):
            spec[name] = [
                {**one, "env": [*(one.get("env") or ()), {"name": VARIABLE, "valueFrom": source}]} for one in spec[name]
            ]
    return {**pod, "metadata": meta, "spec": spec}


def written(indexes: set[int]) -> str:
    """`0-2,5,6`: a range is three or more."""
    groups = groupby(enumerate(sorted(indexes)), key=lambda one: one[1] - one[0])
    runs = [[number for _, number in run] for _, run in groups]
    return ",".join(f"{run[0]}-{run[-1]}" if len(run) > 2 else ",".join(map(str, run)) for run in runs)


def parsed(text: str) -> set[int]:
    found: set[int] = set()
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return found
