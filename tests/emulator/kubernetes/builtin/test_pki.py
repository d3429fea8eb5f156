"""The certificates of a cluster: who signed what, for whom, and what stays on disk."""

import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import NameOID

from acsctl.emulator.kubernetes.pki import Authority


def values(name: x509.Name, oid: x509.ObjectIdentifier) -> list[str]:
    return [str(one.value) for one in name.get_attributes_for_oid(oid)]


def test_client_certificate_names_user_and_groups() -> None:
    authority = Authority(None)
    pair = authority.issue_client("ann", groups=["system:masters", "team"], seconds=3600)
    certificate = x509.load_pem_x509_certificate(pair.certificate.encode())
    assert values(certificate.subject, NameOID.COMMON_NAME) == ["ann"]
    assert values(certificate.subject, NameOID.ORGANIZATION_NAME) == ["system:masters", "team"]
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.pem.encode()))
    left = certificate.not_valid_after_utc - datetime.now(tz=UTC)
    assert 3500 < left.total_seconds() <= 3600


def test_server_certificate_carries_all_names() -> None:
    pair = Authority(None).issue_server(["localhost", "127.0.0.1"])
    extension = x509.load_pem_x509_certificate(pair.certificate.encode()).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    assert extension.value.get_values_for_type(x509.DNSName) == ["localhost"]
    assert [str(one) for one in extension.value.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]


def test_authority_outlives_the_process_in_its_folder(tmp_path: Path) -> None:
    first = Authority(tmp_path / "pki")
    again = Authority(tmp_path / "pki")
    assert again.pem == first.pem
    pair = again.issue_client("ann", seconds=60)
    certificate = x509.load_pem_x509_certificate(pair.certificate.encode())
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(first.pem.encode()))


def test_files_are_for_the_owner_only(tmp_path: Path) -> None:
    Authority(tmp_path)
    assert {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {"ca.pem": 0o600, "ca.key": 0o600}


def test_another_authority_did_not_sign() -> None:
    pair = Authority(None).issue_client("ann", seconds=60)
    certificate = x509.load_pem_x509_certificate(pair.certificate.encode())
    with pytest.raises(InvalidSignature):
        certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(Authority(None).pem.encode()))


def test_context_asks_for_a_client_certificate_but_does_not_insist() -> None:
    assert Authority(None).server_context(["localhost"]).verify_mode is ssl.CERT_OPTIONAL
