"""Images that are made here, of the machine's busybox, since no registry of the world is reached: the pause image, and what
stands for the images of addons, whose work the local cloud does itself.
"""

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
BYTES = "application/octet-stream"
APPLETS = ("sh", "sleep", "cp", "cat", "ls", "mkdir", "wget", "nc", "ip", "ping", "httpd", "nslookup", "hostname", "true")
# Ends at once when it is asked to; number one of a container ignores what it does not handle. Its arguments are ignored.
IDLE = b"#!/bin/sh\ntrap 'exit 0' TERM INT\nwhile :; do sleep 3600 & wait; done\n"
TIMEOUT = 30.0  # wall seconds


@dataclass(frozen=True)
class Image:
    """An image of one layer. blobs: digest -> content, of the layer and the configuration."""

    manifest: bytes
    blobs: Mapping[str, bytes]


def idle(busybox: Path, *, architecture: str, paths: Iterable[str] = ()) -> Image:
    """Does nothing until it is asked to end, whichever of these absolute paths it is started by, and has a shell."""
    files = {"bin/busybox": busybox.read_bytes(), "bin/idle": IDLE}
    links = {f"bin/{name}": "busybox" for name in APPLETS}
    links |= {path.strip("/"): "/bin/idle" for path in paths if path.strip("/") not in {*files, *links}}
    return build(files, links=links, command="/bin/idle", architecture=architecture)


def build(files: Mapping[str, bytes], *, links: Mapping[str, str], command: str, architecture: str) -> Image:
    """files: path -> content, all of them programs. links: path -> what it leads to. The same image from the same content."""
    tar = _tar(files, links=links)
    layer = gzip.compress(tar, compresslevel=1, mtime=0)
    config = {
        "architecture": architecture,
        "os": "linux",
        "config": {"Entrypoint": [command], "Env": ["PATH=/bin"]},
        "rootfs": {"type": "layers", "diff_ids": [digest(tar)]},
        "history": [{"created_by": "acsctl"}],
    }
    content = json.dumps(config).encode()
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": _descriptor(CONFIG, content=content),
        "layers": [_descriptor(LAYER, content=layer)],
    }
    return Image(json.dumps(manifest).encode(), {digest(content): content, digest(layer): layer})


def push(image: Image, *, registry: str, repository: str, tag: str) -> None:
    """Puts an image into a registry, by the distribution specification. registry: `http://127.0.0.1:5000`. Raises OSError."""
    address = urlsplit(registry).netloc
    connection = HTTPConnection(address, timeout=TIMEOUT)
    try:
        for name, content in image.blobs.items():
            begun = _send(connection, "POST", target=f"/v2/{repository}/blobs/uploads/")
            place = urlsplit(begun.headers["Location"])
            _send(connection, "PUT", target=f"{place.path}?{place.query}&digest={name}", body=content)
        _send(connection, "PUT", target=f"/v2/{repository}/manifests/{tag}", body=image.manifest, kind=MANIFEST)
    finally:
        connection.close()


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _send(connection: HTTPConnection, method: str, *, target: str, body: bytes = b"", kind: str = BYTES) -> HTTPResponse:
    connection.request(method, target, body=body, headers={"Content-Type": kind})
    answer = connection.getresponse()
    text = answer.read()
    if answer.status not in (201, 202):
        raise OSError(f"the registry answers {method} {target} with {answer.status}: {text[:200]!r}")
    return answer


def _descriptor(kind: str, *, content: bytes) -> dict[str, str | int]:
    return {"mediaType": kind, "size": len(content), "digest": digest(content)}


def _tar(files: Mapping[str, bytes], *, links: Mapping[str, str]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in sorted({str(parent) for path in (*files, *links) for parent in PurePosixPath(path).parents} - {"."}):
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(folder)
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o755
            archive.addfile(member, io.BytesIO(content))
        for name, target in links.items():
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, target
            archive.addfile(member)
    return stream.getvalue()
