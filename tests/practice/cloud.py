"""The local cloud with real nodes, as a process of its own, and the command line in front of it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path
from typing import Any

from tests.practice.shell import Failure, run
from tests.support.client import Client

SPEED = "20"
REGION = "cn-hangzhou"
ENDING = 120.0


class LocalCloud:
    """folder: for its world, its log and the stack."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.start()

    def start(self) -> None:
        """With the world that is in the folder. Returns when it serves."""
        folder = self.folder
        line = ["emulator", "serve", "--port", "0", "--kubernetes", "real", "--nodes", "real", "--speed", SPEED]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "acsctl", *line, "--folder", str(folder / "world")],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout and self._process.stderr
        self.address = self._process.stdout.readline().strip()
        self.errors: list[str] = []
        if not self.address:
            raise Failure(f"the local cloud does not start: {self._process.stderr.read()}")
        threading.Thread(target=self._listen, daemon=True).start()
        self.client = Client(self.address, REGION)

    @property
    def pid(self) -> int:
        return self._process.pid

    def told(self) -> dict[str, Any]:
        """GET /_emulator/nodes."""
        with urllib.request.urlopen(f"{self.address}/_emulator/nodes", timeout=10) as answer:
            document: dict[str, Any] = json.load(answer)
            return document

    def acsctl(self, *arguments: str, codes: tuple[int, ...] = (0,)) -> str:
        """A command in the folder of the stack."""
        line = [sys.executable, "-m", "acsctl", *arguments, "--cloud", self.address]
        return run(*line, folder=self.folder / "stack", environment={**os.environ, "NO_COLOR": "1"}, codes=codes)

    def release(self, instance: str) -> None:
        """Deletes an instance that the cluster has not released."""
        ids = json.dumps([instance])
        if self.client.ecs("DescribeInstances", InstanceIds=ids)["TotalCount"]:
            self.client.ecs("DeleteInstance", InstanceId=instance, Force="true")

    def kubectl(self, cluster: str, *arguments: str) -> Any:
        """Its answer as JSON."""
        program = Path(os.environ.get("KUBEBUILDER_ASSETS") or "build/kube-assets/bin").absolute() / "kubectl"
        return json.loads(run(str(program), "--kubeconfig", self._kubeconfig(cluster), *arguments, "-o", "json"))

    def clusters(self) -> list[str]:
        """Ids, in the order in which they began to serve."""
        return [match[1] for line in self.errors if (match := re.match(r"kubectl --kubeconfig \S*/([^/]+)/kubeconfig ", line))]

    def _kubeconfig(self, cluster: str) -> str:
        return next(
            match[1] for line in self.errors if (match := re.match(rf"kubectl --kubeconfig (\S*/{cluster}/\S+) ", line))
        )

    def stop(self, number: int = signal.SIGTERM) -> None:
        """Returns when it has ended."""
        self._process.send_signal(number)
        self._process.wait(ENDING)

    def _listen(self) -> None:
        assert self._process.stderr
        with (self.folder / "cloud.log").open("w", encoding="utf-8") as log:
            for line in self._process.stderr:
                self.errors.append(line.rstrip())
                log.write(line)
                log.flush()
