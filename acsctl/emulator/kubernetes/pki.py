"""The certificates of one cluster: its authority, the API server's certificate, clients' certificates.

Both kinds of control plane use it. Needs cryptography (the extra acsctl[local]).
"""

import os
import ssl
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from acsctl.emulator.kubernetes.plane import Pair

LIFETIME = timedelta(days=30 * 365)  # of an authority and of servers; sheet ack-facts.md 8
BACKDATED = timedelta(hours=1)
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class Authority:
    """Signs for one cluster. folder: keeps ca.pem and ca.key from run to run, made when absent; None keeps nothing.

    given: an authority that was made elsewhere, instead of a new one. Raises ValueError when it is none.
    """

    _key: Key

    def __init__(self, folder: Path | None, *, given: Pair | None = None) -> None:
        if folder is not None and (folder / "ca.key").exists():
            self._key = _load_key((folder / "ca.key").read_bytes())
            self._certificate = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
            return
        if given is None:
            made = ec.generate_private_key(ec.SECP256R1())
            self._key = made
            self._certificate = _self_signed(made)
        else:
            self._key = _load_key(given.key.encode())
            self._certificate = x509.load_pem_x509_certificate(given.certificate.encode())
            if self._certificate.public_key() != self._key.public_key():
                raise ValueError("the private key does not belong to the certificate of the authority")
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            # The key last: a folder with a key is complete.
            write_private(folder / "ca.pem", text=self.pem)
            write_private(folder / "ca.key", text=_key_pem(self._key))

    @cached_property
    def pem(self) -> str:
        """The authority's own certificate."""
        return self._certificate.public_bytes(Encoding.PEM).decode()

    def issue_client(self, user: str, *, groups: Sequence[str] = (), seconds: float) -> Pair:
        """A certificate for a user (common name) of groups (organizations), valid for so many wall seconds from now."""
        organizations = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, one) for one in groups]
        name = x509.Name([*organizations, x509.NameAttribute(NameOID.COMMON_NAME, user)])
        return self._sign(name, usage=ExtendedKeyUsageOID.CLIENT_AUTH, lifetime=timedelta(seconds=seconds), names=())

    def sign_request(self, request: str, *, seconds: float) -> str:
        """The certificate, PEM, for a client's signing request, valid for so many wall seconds. Raises ValueError for none."""
        asked = x509.load_pem_x509_csr(request.encode())
        public = asked.public_key()
        if not asked.is_signature_valid or not isinstance(public, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
            raise ValueError("the request is not signed by its key")
        builder = _dated(asked.subject, issuer=self._certificate.subject, key=public, lifetime=timedelta(seconds=seconds))
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        return builder.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()

    def issue_server(self, names: Sequence[str]) -> Pair:
        """A certificate of an API server that is reached by these DNS names and addresses."""
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kube-apiserver")])
        return self._sign(name, usage=ExtendedKeyUsageOID.SERVER_AUTH, lifetime=LIFETIME, names=names)

    def server_context(self, names: Sequence[str]) -> ssl.SSLContext:
        """For a server that asks its clients for a certificate of this authority and also takes clients without one."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.verify_mode = ssl.CERT_OPTIONAL
        context.load_verify_locations(cadata=self.pem)
        context.set_alpn_protocols(["http/1.1"])
        pair = self.issue_server(names)
        with tempfile.TemporaryDirectory() as folder:  # the ssl module loads chains from files only
            chain = Path(folder) / "server.pem"
            write_private(chain, text=pair.key + pair.certificate)
            context.load_cert_chain(chain)
        return context

    def _sign(self, name: x509.Name, *, usage: x509.ObjectIdentifier, lifetime: timedelta, names: Sequence[str]) -> Pair:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(name, issuer=self._certificate.subject, key=key, lifetime=lifetime)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName([_alternative(one) for one in names]), critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        return Pair(certificate.public_bytes(Encoding.PEM).decode(), _key_pem(key))


def write_private(path: Path, *, text: str) -> None:
    """Writes a file that only its owner may read, from its first moment."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def _self_signed(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kubernetes")])
    builder = _builder(name, issuer=name, key=key, lifetime=LIFETIME)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    flags = dict.fromkeys(
        ("content_commitment", "data_encipherment", "key_agreement", "crl_sign", "encipher_only", "decipher_only"), False
    )
    usage = x509.KeyUsage(digital_signature=True, key_encipherment=True, key_cert_sign=True, **flags)
    return builder.add_extension(usage, critical=True).sign(key, hashes.SHA256())


def _builder(
    name: x509.Name, *, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, lifetime: timedelta
) -> x509.CertificateBuilder:
    return _dated(name, issuer=issuer, key=key.public_key(), lifetime=lifetime)


def _dated(
    name: x509.Name, *, issuer: x509.Name, key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey, lifetime: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(tz=UTC)
    builder = x509.CertificateBuilder(issuer, name, key, x509.random_serial_number())
    return builder.not_valid_before(now - BACKDATED).not_valid_after(now + lifetime)


def _load_key(pem: bytes) -> Key:
    key = load_pem_private_key(pem, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise ValueError("the authority's key is neither an elliptic curve key nor one of RSA")
    return key


def _key_pem(key: Key) -> str:
    # The traditional form: every client reads it, also those that know no PKCS #8 for elliptic curves.
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
