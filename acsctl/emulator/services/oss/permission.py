"""Who may read and write objects: the account of the bucket, and others as the ACLs allow. Policies are kept, not enforced."""

from acsctl.emulator.resource import Resource
from acsctl.emulator.services.oss.buckets import READ, WRITE, denied, owns, there
from acsctl.emulator.services.oss.call import OssCall
from acsctl.emulator.services.oss.keys import Version


def check_list(call: OssCall, *, bucket: Resource) -> None:
    """Raises AccessDenied unless the caller may list."""
    if not owns(call.key, bucket=bucket) and bucket["Acl"] not in (READ, WRITE):
        raise denied("You have no right to list this bucket, by its ACL.")


def check_read(call: OssCall, *, bucket: Resource, version: Version | None) -> None:
    """Raises AccessDenied unless the caller may read the object; for one that is not there the bucket's ACL decides."""
    acl = version["Acl"] if version else "default"
    if not owns(call.key, bucket=bucket) and (bucket["Acl"] if acl == "default" else acl) not in (READ, WRITE):
        raise denied(f"You have no right to read this object, by the ACL of the {'bucket' if acl == 'default' else 'object'}.")


def writable_bucket(call: OssCall) -> Resource:
    """The bucket of the call, to write an object. Raises NoSuchBucket, AccessDenied."""
    bucket = there(call)
    if not owns(call.key, bucket=bucket) and bucket["Acl"] != WRITE:
        raise denied("You have no right to write to this bucket, by its ACL.")
    return bucket
