"""Multipart uploads in the store: what has been begun and not completed."""

from acsctl.emulator.resource import Resource, declare
from acsctl.emulator.world import World

UPLOAD = declare("oss_upload", shown=False)


def uploads_of(world: World, *, bucket: Resource) -> list[Resource]:
    """Those of a bucket, by key, then by time of their beginning."""
    found = (one for one in world.store.of(UPLOAD) if one["Bucket"] == bucket.id)
    return sorted(found, key=lambda one: (str(one["Key"]).encode(), one["Time"], one.id))
