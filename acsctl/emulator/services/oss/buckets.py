"""Buckets in the store (sheet data.md 1): their names are unique over all accounts.

A new world has one, `acsctl-local`, so that something can be kept at once. It stands there without being in the store, in
whatever region a client looks from, and becomes a bucket like others with the first change to it.
"""

import re
from typing import Any

from acsctl.emulator.accounts import LOCAL_ACCOUNT, AccessKey
from acsctl.emulator.resource import Record, Resource, Scope, declare
from acsctl.emulator.services.oss.answer import iso_date
from acsctl.emulator.services.oss.call import OssCall
from acsctl.emulator.services.oss.refusals import OssError
from acsctl.emulator.services.vpc.vpc import DEFAULT_RESOURCE_GROUP
from acsctl.emulator.world import World

BUCKET = declare("oss_bucket", arn=("oss", "bucket"))
REMOVED = declare("oss_bucket_removed", shown=False)
"""That the standing bucket was deleted; the id is its name."""
STANDING = "acsctl-local"
SINCE = 1735689600.0  # 2025-01-01, when the standing bucket was made
DEFAULT_REGION = "cn-hangzhou"
PRIVATE, READ, WRITE = "private", "public-read", "public-read-write"
ACLS = (PRIVATE, READ, WRITE)
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")


def check_name(name: str) -> None:
    """Raises InvalidBucketName."""
    if not _NAME.fullmatch(name):
        raise OssError("InvalidBucketName", message="The bucket name is not valid.", details={"BucketName": name})


def find_bucket(world: World, *, name: str, region: str = "") -> Resource | None:
    """The bucket of a name, to look at; not to change. region: from where one looks, which is where the standing one is."""
    kept = next((one for one in world.store.of(BUCKET) if one.id == name), None)
    if kept is not None or name != STANDING:
        return kept
    scope = Scope(LOCAL_ACCOUNT, DEFAULT_REGION)
    if world.store.find(REMOVED, scope=scope, id=STANDING) is not None:
        return None
    record = Record(BUCKET.name, STANDING, LOCAL_ACCOUNT, region or DEFAULT_REGION, 0, SINCE, SINCE, attributes=new(SINCE))
    return Resource(world.store, record=record)


def new(now: float, **changes: Any) -> dict[str, Any]:
    """The attributes of a new bucket. now: wall time."""
    return {
        "CreationDate": iso_date(now),
        "StorageClass": "Standard",
        "DataRedundancyType": "LRS",
        "Acl": PRIVATE,
        "Versioning": "",
        "ResourceGroupId": DEFAULT_RESOURCE_GROUP,
        "Documents": {},
        **changes,
    }


def buckets_of(world: World, *, account: str) -> list[Resource]:
    """All buckets of an account, by name."""
    found = [one for one in world.store.of(BUCKET) if one.account == account]
    standing = find_bucket(world, name=STANDING)
    if standing is not None and standing.account == account and all(one.id != STANDING for one in found):
        found.append(standing)
    return sorted(found, key=lambda one: one.id)


def own_bucket(call: OssCall) -> Resource:
    """The bucket of the call, for what only its owner may. Raises NoSuchBucket, AccessDenied."""
    bucket = there(call)
    if not owns(call.key, bucket=bucket):
        raise denied(f"The bucket is not yours, or this call of {call.api} is not signed.")
    return bucket


def own_bucket_to_change(call: OssCall) -> Resource:
    """The same, to change it: a standing one is put into the store."""
    bucket = own_bucket(call)
    kept = next((one for one in call.world.store.of(BUCKET) if one.id == bucket.id), None)
    if kept is not None:
        return kept
    scope = Scope(bucket.account, bucket.region)
    return call.world.store.create(BUCKET, scope=scope, attributes=bucket.attributes, id=bucket.id)


def there(call: OssCall, *, name: str = "") -> Resource:
    """The bucket of the call, or another one, whosesoever it is. Raises InvalidBucketName, NoSuchBucket, and AccessDenied for
    one that is in another region than the endpoint."""
    name = name or call.address.bucket
    check_name(name)
    bucket = find_bucket(call.world, name=name, region=call.region)
    if bucket is None:
        raise OssError("NoSuchBucket", message="The bucket does not exist.", details={"BucketName": name})
    if call.region not in ("", bucket.region) and call.api != "GetBucketLocation":
        message = "The bucket must be addressed by the endpoint of its own region."
        details = {"Bucket": name, "Endpoint": f"oss-{bucket.region}.aliyuncs.com"}
        raise OssError("AccessDenied", message=message, details=details)
    return bucket


def owns(key: AccessKey | None, *, bucket: Resource) -> bool:
    return key is not None and key.account == bucket.account


def denied(message: str) -> OssError:
    return OssError("AccessDenied", message=message)


def is_versioned(bucket: Resource) -> bool:
    """Whether it is or ever was versioned: there is no way back from Suspended."""
    return bool(bucket["Versioning"])
