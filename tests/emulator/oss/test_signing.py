"""Any key, header and parameter that the clients can sign is one that the local cloud verifies, and means the same."""

import alibabacloud_oss_v2 as oss
import oss2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acsctl.emulator import Options, Server, run
from tests.emulator.conftest import REGION
from tests.emulator.oss.conftest import AUTHS, BUCKET

LETTERS = st.characters(exclude_categories=["Cs", "Cc"])
KEYS = st.text(LETTERS, min_size=1, max_size=20).filter(lambda key: key[0] not in "/\\")
KEYS = KEYS.filter(lambda key: not {".", ".."} & set(key.split("/")))  # HTTP clients fold these
META = st.dictionaries(st.from_regex("[a-z][a-z0-9-]{0,5}", fullmatch=True), st.from_regex("[!-~]{1,8}", fullmatch=True))


@pytest.fixture(scope="module")
def server() -> Server:
    with run(Options(speed=1.0)) as running:
        yield running


@settings(max_examples=60)
@given(KEYS, META, st.sampled_from(sorted(AUTHS)))
def test_any_key_by_oss2(server: Server, key: str, meta: dict[str, str], auth: str) -> None:
    bucket = oss2.Bucket(AUTHS[auth]("local", "local"), server.address, BUCKET, region=REGION)
    bucket.put_object(key, key.encode(), headers={f"x-oss-meta-{name}": value for name, value in meta.items()})
    got = bucket.get_object(key)
    assert got.read() == key.encode()
    assert {name: got.headers[f"x-oss-meta-{name}"] for name in meta} == meta
    assert [one.key for one in bucket.list_objects_v2(prefix=key, max_keys=1).object_list] == [key]
    assert bucket.batch_delete_objects([key]).deleted_keys == [key]
    assert not bucket.object_exists(key)


@settings(max_examples=40)
@given(KEYS)
def test_any_key_by_the_second_client(server: Server, key: str) -> None:
    config = oss.config.load_default()
    config.credentials_provider = oss.credentials.StaticCredentialsProvider("local", "local")
    config.region, config.endpoint, config.retry_max_attempts = REGION, server.address, 1
    client = oss.Client(config)
    client.put_object(oss.PutObjectRequest(BUCKET, key, body=key.encode()))
    assert client.get_object(oss.GetObjectRequest(BUCKET, key)).body.content == key.encode()
    listed = client.list_objects_v2(oss.ListObjectsV2Request(BUCKET, prefix=key, max_keys=1))
    assert [one.key for one in listed.contents] == [key]
    client.delete_object(oss.DeleteObjectRequest(BUCKET, key))
    assert not client.is_object_exist(BUCKET, key)
