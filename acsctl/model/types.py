"""The leaf types that schemas share: pydantic types that normalise and refuse in words a user understands."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Any

from pydantic import AfterValidator, WithJsonSchema


def canonical_cidr(text: str) -> str:
    """An IPv4 range in canonical form. Raises ValueError for host bits, with the range that was probably meant."""
    try:
        return str(ipaddress.IPv4Network(text))
    except ValueError:
        pass
    try:
        meant = ipaddress.IPv4Network(text, strict=False)
    except ValueError as error:
        raise ValueError(f"{text!r} is not an IPv4 range such as 10.0.0.0/16") from error
    raise ValueError(f"{text!r} has host bits set; the range is {meant}")


def is_cidr(text: str) -> bool:
    """Whether `text` has the form of an IPv4 range or address."""
    try:
        ipaddress.IPv4Network(text, strict=False)
    except ValueError:
        return False
    return True


def _cidr(text: str) -> str:
    if "/" not in text:
        raise ValueError(f"{text!r} has no prefix length; write {text}/32 or a range such as 10.0.0.0/16")
    return canonical_cidr(text)


def _vpc_name(text: str) -> str:
    if not 1 <= len(text) <= 128 or text.startswith(("http://", "https://")):
        raise ValueError("a name has 1 to 128 characters and does not begin with http:// or https://")
    return text


def _ecs_name(text: str) -> str:
    if not 2 <= len(text) <= 128 or not text[0].isalpha():
        raise ValueError("a name has 2 to 128 characters and begins with a letter")
    return text


def _ecs_description(text: str) -> str:
    if text and (len(text) < 2 or text.startswith(("http://", "https://"))):
        raise ValueError("a description has 2 to 256 characters and does not begin with http:// or https://")
    return text


Cidr = Annotated[str, AfterValidator(_cidr), WithJsonSchema({"type": "string", "format": "cidr", "examples": ["10.0.0.0/16"]})]
"""An IPv4 range in canonical form, without host bits."""

VpcName = Annotated[str, AfterValidator(_vpc_name)]
"""A name in the VPC family (sheet behaviour.md 9)."""

EcsName = Annotated[str, AfterValidator(_ecs_name)]
"""A name in the ECS family (sheet behaviour.md 9)."""

EcsDescription = Annotated[str, AfterValidator(_ecs_description)]
"""A description in the ECS family, or none (sheet network.md 4: 2-256, else Malformed)."""

Target = Annotated[Any, WithJsonSchema({"type": "string"})]
"""What a reference field holds: a `Ref` to a resource of the stack, or the cloud's own id."""
