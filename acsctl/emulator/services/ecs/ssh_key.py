"""SSH keys: making one, reading a public one, and the fingerprint by which the cloud tells them."""

import base64
import hashlib

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

KEY_BITS = 2048


def make_key() -> tuple[str, str]:
    """A new RSA key: private (PEM) and public (OpenSSH)."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return private.decode(), public.decode()


def fingerprint(public: str) -> str:
    """MD5 over the key's bytes, hex without colons. Raises ValueError when it is not an OpenSSH public key."""
    key = serialization.load_ssh_public_key(public.strip().encode())
    plain = key.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return hashlib.md5(base64.b64decode(plain.split()[1]), usedforsecurity=False).hexdigest()
