"""What is known of images without pulling them: full names, digests, the faults that were asked for."""

import hashlib
import re
from collections.abc import Mapping
from fnmatch import fnmatchcase

RUNS, MISSING, DENIED, CRASH, UNREADY = "", "missing", "denied", "crash", "unready"
UNPULLABLE = (MISSING, DENIED)


def full_name(image: str) -> str:
    """As containerd completes it: `nginx` -> `docker.io/library/nginx:latest`."""
    first, _, rest = image.partition("/")
    if not rest or not ("." in first or ":" in first or first == "localhost"):
        image = f"docker.io/library/{image}" if not rest else f"docker.io/{image}"
    return image if "@" in image or re.search(r":[^/]*$", image) else f"{image}:latest"


def digest(text: str) -> str:
    """A stand-in for a digest, the same for the same text."""
    return hashlib.sha256(text.encode()).hexdigest()


def image_id(image: str) -> str:
    """`docker.io/library/nginx@sha256:...`, derived from the name."""
    repository = re.sub(r"(:[^/:@]*)?(@.*)?$", "", full_name(image))
    return f"{repository}@sha256:{digest(full_name(image))}"


def fault(image: str, faults: Mapping[str, str]) -> str:
    """The first fault whose glob matches the image as written or completed; RUNS when none does."""
    names = (image, full_name(image))
    return next((what for glob, what in faults.items() if any(fnmatchcase(name, glob) for name in names)), RUNS)


def pull_error(image: str, what: str) -> str:
    """What containerd says of an image that is missing, or that one may not pull."""
    name = full_name(image)
    failed = f'failed to pull and unpack image "{name}": failed to resolve reference "{name}"'
    if what == MISSING:
        return f"rpc error: code = NotFound desc = {failed}: {name}: not found"
    return (
        f"{failed}: pull access denied, repository does not exist or may require authorization: "
        "server message: insufficient_scope: authorization failed"
    )
