"""OSS of the local cloud, with the real oss2 as its client."""

from collections.abc import Callable, Iterator

import oss2
import pytest

from tests.emulator.conftest import REGION, LocalCloud

BUCKET = "acsctl-local"
AUTHS = {"v1": oss2.Auth, "v4": oss2.AuthV4}
Opener = Callable[..., oss2.Bucket]


def opened(
    address: str, name: str = BUCKET, *, auth: str = "v4", key: str = "local", secret: str = "local", region: str = REGION
) -> oss2.Bucket:
    return oss2.Bucket(AUTHS[auth](key, secret), address, name, region=region, connect_timeout=5)


@pytest.fixture(params=["v1", "v4"])
def bucket(cloud: LocalCloud, request: pytest.FixtureRequest) -> Iterator[oss2.Bucket]:
    """The bucket that is there from the start, once with each signature; no parameter is sent that is not known."""
    yield opened(cloud.address, auth=request.param)
    assert cloud.findings() == []


@pytest.fixture
def made(cloud: LocalCloud) -> oss2.Bucket:
    """A bucket of one's own, empty."""
    found = opened(cloud.address, "my-bucket")
    found.create_bucket()
    return found


def code_of(failure: pytest.ExceptionInfo[oss2.exceptions.ServerError]) -> tuple[int, str]:
    return failure.value.status, failure.value.code


def versioned(bucket: oss2.Bucket, status: str) -> None:
    bucket.put_bucket_versioning(oss2.models.BucketVersioningConfig(status))
