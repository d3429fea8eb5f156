"""Key pairs through the real SDK."""

import base64
import hashlib

import pytest
from alibabacloud_ecs20140526 import models as m
from cryptography.hazmat.primitives import serialization
from darabonba.exceptions import DaraException

from tests.emulator.conftest import REGION, LocalCloud, code_of
from tests.emulator.ecs.conftest import Net, instance, running

BLOB = "AAAAC3NzaC1lZDI1NTE5AAAAIIlnA8r7l0hkc5YkSaAgNVkoT0oe4Et3n3jSzJXtE1wV"
PUBLIC = f"ssh-ed25519 {BLOB} someone@example.com"


def import_pair(cloud: LocalCloud, name: str, public: str = PUBLIC, **parameters: object) -> str:
    request = m.ImportKeyPairRequest(region_id=REGION, key_pair_name=name, public_key_body=public, **parameters)
    return cloud.ecs.import_key_pair(request).body.key_pair_finger_print


def describe(cloud: LocalCloud, **parameters: object) -> list[m.DescribeKeyPairsResponseBodyKeyPairsKeyPair]:
    request = m.DescribeKeyPairsRequest(**{"region_id": REGION, **parameters})
    return cloud.ecs.describe_key_pairs(request).body.key_pairs.key_pair


def delete(cloud: LocalCloud, names: str) -> None:
    cloud.ecs.delete_key_pairs(m.DeleteKeyPairsRequest(region_id=REGION, key_pair_names=names))


def test_an_imported_key_has_the_fingerprint_of_its_bytes(cloud: LocalCloud) -> None:
    found = import_pair(cloud, "ops", tag=[m.ImportKeyPairRequestTag(key="k", value="v")])
    assert found == hashlib.md5(base64.b64decode(BLOB)).hexdigest()
    (pair,) = describe(cloud, include_public_key=True)
    assert (pair.key_pair_name, pair.key_pair_finger_print, pair.public_key) == ("ops", found, PUBLIC)
    assert [(one.tag_key, one.tag_value) for one in pair.tags.tag] == [("k", "v")]
    assert describe(cloud)[0].public_key is None


def test_a_created_key_fits_its_private_half(cloud: LocalCloud) -> None:
    made = cloud.ecs.create_key_pair(m.CreateKeyPairRequest(region_id=REGION, key_pair_name="ops")).body
    private = serialization.load_pem_private_key(made.private_key_body.encode(), None)
    encoding, form = serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    public = private.public_key().public_bytes(encoding, form)
    assert describe(cloud, include_public_key=True)[0].public_key == public.decode()
    assert made.key_pair_finger_print == hashlib.md5(base64.b64decode(public.split()[1])).hexdigest()


def test_names_are_unique_in_a_region_only(cloud: LocalCloud) -> None:
    import_pair(cloud, "ops")
    with pytest.raises(DaraException) as failure:
        import_pair(cloud, "ops")
    assert (code_of(failure), failure.value.status_code) == ("KeyPair.AlreadyExist", 400)
    request = m.ImportKeyPairRequest(region_id="cn-beijing", key_pair_name="ops", public_key_body=PUBLIC)
    cloud.ecs.import_key_pair(request)
    delete(cloud, '["ops"]')
    assert describe(cloud) == []
    assert [one.key_pair_name for one in describe(cloud, region_id="cn-beijing")] == ["ops"]


@pytest.mark.parametrize(
    ("name", "public", "code"),
    [
        ("9lives", PUBLIC, "InvalidKeyPairName.Malformed"),
        ("a", PUBLIC, "InvalidKeyPairName.Malformed"),
        ("ops", "ssh-rsa nothing", "InvalidPublicKeyBody.Malformed"),
    ],
)
def test_what_cannot_be_imported(cloud: LocalCloud, name: str, public: str, code: str) -> None:
    with pytest.raises(DaraException) as failure:
        import_pair(cloud, name, public)
    assert code_of(failure) == code


def test_wildcards_and_pages(cloud: LocalCloud) -> None:
    for name in ("web-1", "web-2", "db-1"):
        import_pair(cloud, name)
    assert [one.key_pair_name for one in describe(cloud, key_pair_name="web-*")] == ["web-1", "web-2"]
    assert [one.key_pair_name for one in describe(cloud, key_pair_name="*-1")] == ["web-1", "db-1"]
    assert describe(cloud, key_pair_name="web") == []
    assert [one.key_pair_name for one in describe(cloud, page_size=2, page_number=2)] == ["db-1"]


def test_a_key_in_use_cannot_be_deleted(cloud: LocalCloud, net: Net) -> None:
    import_pair(cloud, "ops")
    id_ = running(cloud, net, key_pair_name="ops")
    assert instance(cloud, id_).key_pair_name == "ops"
    with pytest.raises(DaraException) as failure:
        delete(cloud, '["ops"]')
    assert code_of(failure) == "InvalidParameter.KeypairAlreadyAttachedInstance"
    request = m.DetachKeyPairRequest(region_id=REGION, key_pair_name="ops", instance_ids=f'["{id_}"]')
    assert cloud.ecs.detach_key_pair(request).body.fail_count == "0"
    delete(cloud, '["ops", "never-was"]')
    assert describe(cloud) == []


def test_attaching_tells_each_result(cloud: LocalCloud, net: Net) -> None:
    import_pair(cloud, "old")
    import_pair(cloud, "new")
    id_ = running(cloud, net, key_pair_name="old")
    request = m.AttachKeyPairRequest(region_id=REGION, key_pair_name="new", instance_ids=f'["{id_}", "i-none"]')
    body = cloud.ecs.attach_key_pair(request).body
    assert (body.total_count, body.fail_count) == ("2", "1")
    assert [(one.success, one.code) for one in body.results.result] == [
        ("true", "200"),
        ("false", "InvalidInstanceId.NotFound"),
    ]
    assert instance(cloud, id_).key_pair_name == "new"
