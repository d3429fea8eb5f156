"""`make practice`: acts the practice out, tells each step, and ends with one line of JSON: {requests, failed, nodes, pods}.

Exit code 0 when all went as it has to, 1 when a part is missing or something did not.
"""

from __future__ import annotations

import json
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import Any

from acsctl import emulator
from acsctl.emulator.kubernetes import nodes
from tests.practice import inside, leftovers, page
from tests.practice.cloud import LocalCloud
from tests.practice.shell import Failure, say, until

STACK = Path(__file__).with_name("stack")
REPLICAS, NODES = 3, 2
SLOW = 300.0  # seconds for what takes seconds on a machine at rest


def missing() -> list[str]:
    """A line for each part that is not there, with the command that installs it."""
    lines = ["buildah not found: apt-get install --no-install-recommends buildah"] if shutil.which("buildah") is None else []
    try:
        nodes.find()
    except emulator.MissingPartsError as error:
        lines += error.missing
    return lines


class Practice:
    """cloud: a local cloud with nothing in it. folder: for the stack and the images."""

    def __init__(self, cloud: LocalCloud, *, folder: Path) -> None:
        self.cloud, self.folder = cloud, folder
        self.visitor: page.Visitor | None = None
        self._outputs: dict[str, str] = {}

    def run(self) -> dict[str, int]:
        shutil.copytree(STACK, self.folder / "stack")
        self.push()
        say("apply: two VPCs, five machines, a managed and a self-managed cluster, Flannel and the page")
        self.cloud.acsctl("apply", "--yes")
        self.check_page("version 1")
        self.check_network()
        found = self.pods("web")
        say(f"{len(self.cloud.told()['nodes'])} nodes, {len(found)} pods behind the page")
        self.roll()
        self.lose_a_node()
        assert self.visitor is not None
        counts = {"requests": self.visitor.requests, "failed": len(self.visitor.failures)}
        counts |= {"nodes": len(self.cloud.told()["nodes"]), "pods": len(self.pods("web"))}
        self.kill()
        self.destroy()
        return counts

    def push(self) -> None:
        """Both versions of the image, into the registry that the stack makes."""
        say("build: two versions of the image, with buildah")
        built = [page.build(self.folder, version=version) for version in ("1", "2")]
        say("apply --target registry.images")
        self.cloud.acsctl("apply", "--yes", "--target", "registry.images")
        until("the registry serves", lambda: self.cloud.told()["registries"], seconds=SLOW)
        (registry,) = self.cloud.told()["registries"].values()
        for image in built:
            page.push(self.folder, image=image, registry=f"{registry}/shop")
        say(f"push: both, to {registry}/shop")

    def address(self) -> str:
        """Where the address of the load balancer answers on this machine."""
        address = self.output("address")
        for one in self.cloud.told()["listeners"]:
            if (one["address"], one["port"]) == (address, 80):
                return str(one["at"])
        raise Failure(f"nothing answers for {address}:80; {self.cloud.told()}")

    def check_page(self, text: str) -> None:
        at = self.address()
        found = page.fetch(at)
        say(f"the page, through the load balancer at {at}: {found}")
        if found != text:
            raise Failure(f"the page is {found!r} and not {text!r}")

    def pods(self, prefix: str, *, cluster: int = 0) -> list[dict[str, Any]]:
        """The running pods of a workload."""
        listed = self.cloud.kubectl(self.clusters()[cluster], "get", "pods", "-n", "default")["items"]
        return [
            one
            for one in listed
            if one["metadata"]["labels"].get("app") == prefix
            and one["status"]["phase"] == "Running"
            and not one["metadata"].get("deletionTimestamp")
        ]

    def clusters(self) -> list[str]:
        """Ids: that of the page, and the other one."""
        return [self.output("cluster"), self.output("other_cluster")]

    def output(self, name: str) -> str:
        """Asked for once: none of them changes while the stack is there."""
        if name not in self._outputs:
            self._outputs[name] = self.cloud.acsctl("output", "--raw", name).strip()
        return self._outputs[name]

    def check_network(self) -> None:
        """Pods reach one another from node to node, and none of another VPC."""
        own, other = self.pods("web"), self.pods("web", cluster=1)
        for what, pods in (("over the routes of the VPC", own), ("over vxlan", other)):
            self.check_neighbours(pods)
            say(f"pods on different nodes reach each other {what}")
        self.check_vxlan()
        for one, peer in ((own[0], other[0]), (other[0], own[0])):
            if self.reaches(one, peer):
                raise Failure(f"{one['metadata']['name']} reaches {peer['metadata']['name']} of another VPC")
        say("pods of another VPC do not, from either side")

    def check_neighbours(self, pods: list[dict[str, Any]]) -> None:
        if len({one["spec"]["nodeName"] for one in pods}) != NODES:
            raise Failure(f"pods are not on {NODES} nodes: {[one['spec']['nodeName'] for one in pods]}")
        for one in pods:
            for peer in pods:
                if one["spec"]["nodeName"] != peer["spec"]["nodeName"] and not self.reaches(one, peer):
                    raise Failure(f"{one['metadata']['name']} does not reach {peer['metadata']['name']}")

    def check_vxlan(self) -> None:
        """That it is vxlan what the second cluster uses, and that it has carried something."""
        cluster = self.clusters()[1]
        counts = [inside.received(one, device="flannel.1") for one in self.cloud.told()["nodes"] if one["cluster"] == cluster]
        if sum(count > 0 for count in counts) < NODES:
            raise Failure(f"nothing went over vxlan: {counts} bytes")

    def reaches(self, pod: Mapping[str, Any], peer: Mapping[str, Any]) -> bool:
        node = next(one for one in self.cloud.told()["nodes"] if one["node"] == pod["spec"]["nodeName"])
        return inside.reaches(node, pod=pod["metadata"]["name"], url=f"http://{peer['status']['podIP']}:8080/")

    def roll(self) -> None:
        """A new version of the image, while a visitor asks ten times a second."""
        visitor = self.visitor = page.Visitor(self.address())
        until("the visitor sees the page", lambda: visitor.seen.get("version 1", 0) > 20, seconds=SLOW)
        say("apply --var version=2, while a visitor asks ten times a second")
        self.cloud.acsctl("apply", "--yes", "--var", "version=2")
        before = visitor.requests
        until("the visitor goes on", lambda: visitor.requests > before + 100, seconds=SLOW)
        visitor.leave()
        say(f"{visitor.requests} requests, {len(visitor.failures)} failed, {visitor.seen}")
        if visitor.failures:
            raise Failure("requests failed:\n" + "\n".join(visitor.failures[:20]))
        if not visitor.seen.get("version 2"):
            raise Failure("the visitor did not see version 2")
        self.check_page("version 2")

    def lose_a_node(self) -> None:
        """A machine is deleted behind the back of acsctl: the next plan shows it, the next apply repairs it."""
        pods = self.pods("web")
        victim = next(one for one in self.cloud.told()["nodes"] if one["node"] == pods[0]["spec"]["nodeName"])
        say(f"the machine {victim['id']} is deleted behind our back")
        wanted = {"nodes": [victim["node"]], "drain_node": True, "release_node": True}
        self.cloud.client.roa("cs", "POST", f"/clusters/{victim['cluster']}/nodes", wanted)
        until("the node is gone", lambda: victim not in self.cloud.told()["nodes"], seconds=SLOW)
        self.cloud.release(victim["id"])
        self.cloud.acsctl("plan", "--detailed-exitcode", "--var", "version=2", codes=(2,))
        say("the plan shows it; apply repairs it")
        self.cloud.acsctl("apply", "--yes", "--var", "version=2", "--allow", "all")
        until("the pods are back", lambda: len(self.pods("web")) == REPLICAS, seconds=SLOW)
        self.cloud.acsctl("plan", "--detailed-exitcode", "--var", "version=2")
        self.check_page("version 2")

    def kill(self) -> None:
        """The local cloud is killed: nothing goes on without it, and the next one has the nodes again."""
        count = len(self.cloud.told()["nodes"])
        say("kill -9 of the local cloud")
        self.cloud.stop(signal.SIGKILL)
        until("all of its processes end", lambda: not leftovers.processes(), seconds=SLOW)
        left = leftovers.look().marked
        self.cloud.start()
        until("what it left is taken away", lambda: not left & leftovers.look().marked, seconds=SLOW)
        until("the nodes are back", lambda: len(self.cloud.told()["nodes"]) == count, seconds=SLOW)
        until("the page is back", self.is_back, seconds=SLOW)
        say("the next start took away what was left, and the page is back")

    def is_back(self) -> bool:
        try:
            return page.fetch(self.address()) == "version 2"
        except (OSError, HTTPException, Failure):
            return False

    def destroy(self) -> None:
        say("destroy")
        self.cloud.acsctl("destroy", "--yes")
        until("the nodes are gone", lambda: not self.cloud.told()["nodes"], seconds=SLOW)


@contextmanager
def served(folder: Path) -> Iterator[LocalCloud]:
    cloud = LocalCloud(folder)
    try:
        yield cloud
    finally:
        cloud.stop()


def main() -> None:
    if lines := missing():
        sys.exit("\n".join(lines))
    before = leftovers.look()
    folder = Path(tempfile.mkdtemp(prefix="acsctl-practice-"))
    try:
        with served(folder) as cloud:
            counts = Practice(cloud, folder=folder).run()
        if left := leftovers.look().beyond(before):
            raise Failure("left behind:\n" + "\n".join(left))
        say("nothing is left behind: no process, namespace, bridge, mount or control group")
    except Failure as failure:
        sys.exit(f"{failure}\nThe stack and the logs are in {folder}")
    shutil.rmtree(folder)
    print(json.dumps(counts))


if __name__ == "__main__":
    main()
