import gzip
import io
import json
import tarfile
from pathlib import Path

import pytest

from acsctl.emulator.kubernetes.nodes import images
from acsctl.emulator.kubernetes.nodes.clusters import place


def made(tmp_path: Path, *paths: str) -> tuple[dict[str, object], tarfile.TarFile]:
    program = tmp_path / "busybox"
    program.write_bytes(b"program")
    image = images.idle(program, architecture="amd64", paths=paths)
    manifest = json.loads(image.manifest)
    (layer,) = manifest["layers"]
    tar = gzip.decompress(image.blobs[layer["digest"]])
    config = json.loads(image.blobs[manifest["config"]["digest"]])
    assert config["rootfs"]["diff_ids"] == [images.digest(tar)]
    assert {images.digest(content) for content in image.blobs.values()} == image.blobs.keys()
    return config, tarfile.open(fileobj=io.BytesIO(tar))


def test_an_image_names_its_parts_by_their_digests_and_starts_its_program(tmp_path: Path) -> None:
    config, tar = made(tmp_path)
    assert config["config"]["Entrypoint"] == ["/bin/idle"]
    assert tar.getmember("bin/idle").mode & 0o111
    assert tar.getmember("bin/sh").linkname == "busybox"


def test_it_idles_by_whichever_path_it_is_started(tmp_path: Path) -> None:
    _, tar = made(tmp_path, "/opt/bin/flanneld", "/bin/sh")
    assert tar.getmember("opt/bin/flanneld").linkname == "/bin/idle"
    assert tar.getmember("opt/bin").isdir()
    assert tar.getmember("bin/sh").linkname == "busybox"


@pytest.mark.parametrize(
    ("image", "found"),
    [
        ("registry-cn-hangzhou-vpc.ack.aliyuncs.com/acs/flannel:v0.28", ("acs/flannel", "v0.28")),
        ("localhost:5000/web", ("web", "latest")),
        ("nginx", ("library/nginx", "latest")),
        ("bitnami/nginx:1", ("bitnami/nginx", "1")),
        ("registry.k8s.io/pause@sha256:0", None),
    ],
)
def test_an_image_is_asked_for_by_repository_and_tag(image: str, found: object) -> None:
    assert place(image) == found
