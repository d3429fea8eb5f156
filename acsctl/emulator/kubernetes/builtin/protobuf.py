"""Bodies in the protobuf form of Kubernetes, which clients in Go send for built-in kinds."""

from typing import Any

from acsctl.emulator.kubernetes.builtin.status import unsupported_media_type


def decode(body: bytes) -> Any:
    """The object in an envelope."""
    raise unsupported_media_type("protobuf is not taken")
