"""Runs all controllers until nothing changes any more."""

import logging
from collections.abc import Callable
from typing import Protocol

from acsctl.emulator.kubernetes.builtin.controllers.autoscalers import Autoscalers
from acsctl.emulator.kubernetes.builtin.controllers.budgets import Budgets
from acsctl.emulator.kubernetes.builtin.controllers.claims import Claims
from acsctl.emulator.kubernetes.builtin.controllers.cronjobs import CronJobs
from acsctl.emulator.kubernetes.builtin.controllers.daemonsets import DaemonSets
from acsctl.emulator.kubernetes.builtin.controllers.deployments import Deployments
from acsctl.emulator.kubernetes.builtin.controllers.discovery import Discovery
from acsctl.emulator.kubernetes.builtin.controllers.endpoints import Endpoints
from acsctl.emulator.kubernetes.builtin.controllers.events import Events
from acsctl.emulator.kubernetes.builtin.controllers.garbage import Garbage
from acsctl.emulator.kubernetes.builtin.controllers.jobs import Jobs
from acsctl.emulator.kubernetes.builtin.controllers.namespaces import Namespaces
from acsctl.emulator.kubernetes.builtin.controllers.nodes import Nodes
from acsctl.emulator.kubernetes.builtin.controllers.replicasets import ReplicaSets
from acsctl.emulator.kubernetes.builtin.controllers.scheduler import Scheduler
from acsctl.emulator.kubernetes.builtin.controllers.statefulsets import StatefulSets
from acsctl.emulator.kubernetes.builtin.controllers.work import Controller, Work
from acsctl.emulator.kubernetes.client import Client, Lists, Refused
from acsctl.emulator.kubernetes.plane import Api, Face

LOG = logging.getLogger(__name__)
ROUNDS = 40  # in one tick; what is left goes on in the next
SPEAKERS = {
    "Deployment": "deployment-controller",
    "ReplicaSet": "replicaset-controller",
    "StatefulSet": "statefulset-controller",
    "DaemonSet": "daemonset-controller",
    "Job": "job-controller",
    "CronJob": "cronjob-controller",
    "HorizontalPodAutoscaler": "horizontal-pod-autoscaler",
    "PersistentVolumeClaim": "persistentvolume-controller",
    "PodDisruptionBudget": "controllermanager",
    "Node": "node-controller",
    "Pod": "taint-eviction-controller",
}


class Watched(Api, Protocol):
    """An API server that counts its changes."""

    @property
    def revision(self) -> int: ...


class Controllers:
    """now: cloud time, unix seconds; what the server stamps with, too. authority: PEM, for the ConfigMap kube-root-ca.crt."""

    def __init__(self, api: Watched, *, now: Callable[[], float], face: Face, authority: str = "") -> None:
        self._api = api
        lists = Lists(api)
        client = Client(api, manager="kube-controller-manager", now=now, speakers=SPEAKERS, lists=lists)
        scheduling = Client(api, manager="kube-scheduler", now=now, speakers={"Pod": "default-scheduler"}, lists=lists)
        self._work = Work(client, face=face)
        discovery = Discovery(client)
        self._controllers: tuple[Controller, ...] = (
            Nodes(self._work),
            Garbage(self._work, discovery=discovery),
            Namespaces(self._work, discovery=discovery, authority=authority),
            Claims(self._work),
            Autoscalers(self._work),
            CronJobs(self._work),
            Jobs(self._work),
            Deployments(self._work),
            StatefulSets(self._work),
            DaemonSets(self._work),
            ReplicaSets(self._work),
            Endpoints(self._work),
            Budgets(self._work),
            Scheduler(scheduling),
            Events(self._work),
        )
        self._clients = (client, scheduling)
        self._settled = -1
        self._told = False

    def notify(self) -> None:
        """Something has changed. From any thread, and never needed: the revision tells as well."""
        self._told = True

    def tick(self) -> None:
        """Costs nothing while neither objects nor timers ask for anything. Raises OSError when the server does not answer."""
        if not self._told and self._api.revision == self._settled and self._work.now < self._work.wake:
            return
        self._told = False
        for _ in range(ROUNDS):
            before = self._api.revision
            self._work.wake = float("inf")
            stale = self._round()
            if self._api.revision == before:
                self._settled = -1 if stale else before
                return
        LOG.warning("the controllers of %s have not come to rest in %s rounds", self._work.face.id, ROUNDS)

    def _round(self) -> bool:
        """Whether a write met a newer object, so that one has to look again."""
        for client in self._clients:
            client.forget()
        for controller in self._controllers:
            try:
                controller.reconcile()
            except Refused as refused:
                LOG.warning("%s: %s", type(controller).__name__, refused)
        return any(client.stale for client in self._clients)
