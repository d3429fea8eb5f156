"""User data as cloud-init reads them: every outer form, and the simple commands of scripts."""

import base64
import gzip
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest

from acsctl.emulator.services.ecs.userdata import Boot, Machine, play
from acsctl.emulator.services.ecs.userdata.parts import Problem, unpack

MACHINE = Machine((("private-ipv4", "10.0.0.5"), ("hostname", "web-1")))
INIT = ("kubeadm", "init")


def booted(text: str | bytes) -> Boot:
    return play(base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode(), MACHINE)


def words(text: str | bytes) -> list[tuple[str, ...]]:
    return [one.words for one in booted(text).steps]


CONFIG = "#cloud-config\nruncmd: [[kubeadm, init]]\n"


def multipart(*parts: tuple[str, str]) -> bytes:
    message = MIMEMultipart()
    for text, kind in parts:
        message.attach(MIMEText(text, kind))
    return message.as_bytes()


@pytest.mark.parametrize(
    "form",
    [
        CONFIG,
        "#!/bin/sh\nkubeadm init\n",
        gzip.compress(CONFIG.encode()),
        multipart((CONFIG, "cloud-config")),
        gzip.compress(multipart(("#!/bin/sh\nkubeadm init\n", "x-shellscript"))),
        multipart((CONFIG, "plain")),
        "#cloud-config-archive\n- content: |\n    #!/bin/sh\n    kubeadm init\n",
        "#cloud-boothook\n#!/bin/sh\nkubeadm init\n",
        "#cloud-config\nbootcmd: ['kubeadm init']\n",
    ],
    ids=range(9),
)
def test_every_outer_form_is_taken_apart(form: str | bytes) -> None:
    assert words(form) == [INIT]


@pytest.mark.parametrize(
    "line",
    [
        "kubeadm init",
        "sudo -E kubeadm init",
        "/usr/bin/kubeadm init 2>&1 | tee /var/log/kubeadm.log",
        "swapoff -a && modprobe overlay; kubeadm init",
        "sh -c 'kubeadm init'",
        'bash -ec "set -x; kubeadm init"',
        "if [ ! -f /etc/kubernetes/admin.conf ]; then kubeadm init; fi",
        "timeout 600 kubeadm init >/dev/null",
        "kubeadm \\\n  init",
        "echo 'kubeadm join'; kubeadm init # kubeadm init",
        "kubeadm init || kubeadm init",
        "cat <<EOF >/run/x\nkubeadm join\nEOF\nkubeadm init",
    ],
)
def test_a_command_is_found_in_a_script(line: str) -> None:
    assert [one[:2] for one in words(f"#!/bin/bash\n{line}\n")] == [INIT]


def test_what_only_names_kubeadm_is_none_of_its_commands() -> None:
    assert words("#!/bin/sh\necho kubeadm init\napt-get install -y kubeadm\nkubeadm version\n# kubeadm init\n") == []


def test_files_are_written_before_scripts_run_and_in_every_encoding() -> None:
    compressed = base64.b64encode(gzip.compress(b"two")).decode()
    config = f"""#cloud-config
write_files:
- {{path: /one, content: {base64.b64encode(b"one").decode()}, encoding: b64}}
- {{path: /two, content: {compressed}, encoding: gz+b64}}
- {{path: /three, content: "th"}}
- {{path: /three, content: "ree", append: true}}
- {{path: /four, content: "x", encoding: rot13}}
runcmd: ["kubeadm init"]
"""
    boot = booted(config)
    assert boot.steps[0].files == {"/one": b"one", "/two": b"two", "/three": b"three", "/four": b"x"}
    assert boot.log == ("[WARNING]: Unknown encoding type rot13, assuming text/plain",)


def test_scripts_write_files_with_what_they_know() -> None:
    script = """#!/bin/bash
NAME=cluster
cat > /a <<EOF
$NAME $(hostname -I) ${OTHER:-none}
EOF
cat > /b <<'EOF'
$NAME
EOF
echo "IP=$(curl -s http://100.100.100.200/latest/meta-data/private-ipv4)" >> /c
cp /b /d
sed -i 's/NAME/name/' /d
kubeadm init
"""
    files = booted(script).steps[0].files
    assert files == {"/a": b"cluster 10.0.0.5 none\n", "/b": b"$NAME\n", "/c": b"IP=10.0.0.5\n", "/d": b"$name\n"}


def test_scripts_and_units_that_were_written_are_followed() -> None:
    config = """#cloud-config
write_files:
- path: /usr/local/bin/go
  content: "#!/bin/sh -e\\nkubeadm init --v=5\\n"
- path: /etc/systemd/system/join.service
  content: "[Service]\\nExecStart=/usr/bin/kubeadm join x:6443\\nRestart=on-failure\\n"
runcmd:
- [/usr/local/bin/go]
- systemctl enable --now join
"""
    steps = booted(config).steps
    assert [(one.words[1], one.looped, one.fatal) for one in steps] == [("init", False, True), ("join", True, False)]


@pytest.mark.parametrize(
    ("script", "looped", "fatal"),
    [
        ("kubeadm init", False, False),
        ("set -euo pipefail\nkubeadm init", False, True),
        ("kubeadm init || exit 1", False, True),
        ("until kubeadm init; do sleep 5; done", True, False),
        ("for i in 1 2 3; do kubeadm init && break; done", True, False),
        ("set -e\nretry kubeadm init", True, False),
        ("while true; do x; done; kubeadm init", False, False),
    ],
)
def test_what_a_failure_would_mean(script: str, looped: bool, fatal: bool) -> None:
    (step,) = booted(f"#!/bin/bash\n{script}\n").steps
    assert (step.looped, step.fatal) == (looped, fatal)


def test_packages_and_their_repository_are_told() -> None:
    config = "#cloud-config\npackages: [[kubelet, 1.35.4-1.1], jq, {apt: [kubeadm=1.35.4-1.1]}]\n"
    assert booted(config).packages == ("kubelet=1.35.4-1.1", "jq", "kubeadm=1.35.4-1.1")
    script = "#!/bin/sh\necho 'deb https://pkgs.k8s.io/core:/stable:/v1.34/deb/ /' > /x\nyum install -y kubelet-1.34.2\n"
    assert (booted(script).packages, booted(script).release) == (("kubelet-1.34.2",), "1.34")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"hello", "Unhandled non-multipart"),
        (b"\x1f\x8bnonsense", "Failed decompressing"),
        (b"#include https://example.com", "not fetched"),
        (b"#cloud-config\n- a list", "root types"),
        (b"#cloud-config\nruncmd: true", "is a list"),
        (b"#cloud-config\na: [", "Failed loading yaml"),
        (b"#cloud-config\nwrite_files: [{path: /a, content: x, encoding: gzip}]", "write_files failed"),
    ],
    ids=range(7),
)
def test_what_cloud_init_would_warn_of_is_told(data: bytes, told: str) -> None:
    assert told in "".join(booted(data).log)


def test_what_is_no_base64_is_a_problem() -> None:
    assert all(isinstance(one, Problem) for one in unpack("a"))


def test_later_parts_replace_keys_unless_lists_are_to_be_appended() -> None:
    one, two = "#cloud-config\nruncmd: [kubeadm init]\n", "#cloud-config\nruncmd: [kubeadm join]\n"
    assert words(multipart((one, "cloud-config"), (two, "cloud-config"))) == [("kubeadm", "join")]
    merging = f"{two}merge_how: 'list(append)+dict(recurse_array)+str()'\n"
    assert words(multipart((one, "cloud-config"), (merging, "cloud-config"))) == [INIT, ("kubeadm", "join")]
