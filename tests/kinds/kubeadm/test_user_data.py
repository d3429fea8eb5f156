"""The user data of a node: as a whole, against cloud-init's schema, shellcheck and kubeadm itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft4Validator

from acsctl.errors import AcsctlError
from acsctl.kinds.kubeadm import config, user_data
from acsctl.kinds.kubeadm.settings import Entry, Network, Node, Release

HERE = Path(__file__).parent
SCHEMA = Draft4Validator(json.loads((HERE / "data" / "schema-cloud-config-v1.json").read_text()))
KUBEADM = HERE.parents[2] / "build" / "kube-assets" / "bin" / "kubeadm"
SHELLCHECK = Path(sys.executable).with_name("shellcheck")

RELEASE = Release("1.35.4")
NETWORK = Network("172.20.0.0/16", "172.21.0.0/20", 25)
PLANE = Node("cn-hangzhou", "i-plane", "10.0.1.5")
TAINTS = [{"key": "gpu", "value": "", "effect": "NoSchedule"}, {"key": "team", "value": "a", "effect": "NoExecute"}]
WORKER = Node("cn-hangzhou", "i-worker", "10.0.2.6", {"tier": "web", "acsctl.dev/pool": "workers"}, TAINTS)
ENTRY = Entry("10.0.1.5:6443", "abcdef.0123456789abcdef", f"sha256:{'0a' * 32}")


def init():
    return user_data.render("init", config.init(PLANE, NETWORK, RELEASE, names=["47.1.2.3"]), RELEASE)


def join():
    return user_data.render("join", config.join(WORKER, ENTRY), RELEASE)


BOTH = pytest.mark.parametrize("render", [init, join], ids=lambda each: each.__name__)


def files(text):
    return {row["path"]: row for row in yaml.safe_load(text)["write_files"]}


@BOTH
def test_as_a_whole(render):
    golden = HERE / "golden" / f"{render.__name__}.yaml"
    if os.environ.get("GOLDEN"):
        golden.write_text(render())
    assert render() == golden.read_text()


@BOTH
def test_cloud_init_takes_them(render):
    text = render()
    assert text.startswith("#cloud-config\n")
    assert [error.message for error in SCHEMA.iter_errors(yaml.safe_load(text))] == []
    # The schema does refuse what cloud-init does not know.
    assert list(SCHEMA.iter_errors({**yaml.safe_load(text), "runcmd": {"a": 1}})) != []


@BOTH
def test_shellcheck_finds_nothing(render, tmp_path):
    scripts = [row["content"] for row in files(render()).values() if row["content"].startswith("#!")]
    assert len(scripts) == 1
    script = tmp_path / "script"
    script.write_text(scripts[0])
    done = subprocess.run([SHELLCHECK, "--severity=style", script], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@BOTH
@pytest.mark.skipif(not KUBEADM.exists() and "CI" not in os.environ, reason="no kubeadm; `make kube-assets` builds it")
def test_kubeadm_takes_its_configuration(render, tmp_path):
    path = tmp_path / "kubeadm.yaml"

    def validated(text):
        path.write_text(text)
        done = subprocess.run([KUBEADM, "config", "validate", "--config", path], capture_output=True, text=True)
        return done.returncode, done.stdout.strip(), done.stderr.strip()

    content = files(render())[user_data.CONFIG]["content"]
    assert validated(content) == (0, "ok", "")
    # It looks at the fields, too.
    assert validated(content.replace("criSocket", "criSockets"))[0] != 0


def test_each_command_has_its_files():
    for text, verb in ((init(), "init"), (join(), "join")):
        written = files(text)
        prepare, kubeadm = yaml.safe_load(text)["runcmd"]
        assert set(prepare) <= set(written)
        assert written[prepare[0]]["permissions"] == "0755"
        assert kubeadm == ["kubeadm", verb, "--config", user_data.CONFIG]
        # With a token in it, it is for root alone.
        assert written[user_data.CONFIG]["permissions"] == "0600"


def test_a_control_plane_holds_no_secret_at_all():
    assert "PRIVATE KEY" not in init()
    documents = {row["kind"]: row for row in yaml.safe_load_all(files(init())[user_data.CONFIG]["content"])}
    assert [sorted(row) for row in documents["InitConfiguration"]["bootstrapTokens"]] == [["groups", "ttl", "usages"]]


def test_mirrors_are_those_that_are_asked_for():
    release = Release("1.36.1", mirror="https://mirrors.example/x", images="registry.example/k8s")
    text = user_data.render("init", config.init(PLANE, NETWORK, release, names=[]), release)
    assert files(text)[user_data.RELEASE]["content"] == (
        "VERSION=1.36.1\nMINOR=1.36\nMIRROR=https://mirrors.example/x\nIMAGES=registry.example/k8s\n"
    )
    (cluster,) = (
        row for row in yaml.safe_load_all(files(text)[user_data.CONFIG]["content"]) if row["kind"] == "ClusterConfiguration"
    )
    assert (cluster["imageRepository"], cluster["kubernetesVersion"]) == ("registry.example/k8s", "v1.36.1")


def test_more_than_32_kb_is_refused():
    labels = {f"example.com/label-{number}": "x" * 63 for number in range(350)}
    node = Node("cn-hangzhou", "i-worker", "10.0.2.6", labels)
    with pytest.raises(AcsctlError, match=r"the user data of a node have \d+ bytes, and 32768 is the most"):
        user_data.render("join", config.join(node, ENTRY), RELEASE)
    assert len(join().encode()) < 8 * 1024
