"""OSS: a wire of its own, REST with XML, beside RPC and ROA (sheets wire.md 2, data.md 1).

address, signature, names     which bucket and key a request means, who signed it, and which API it calls
exchange                      the way of a request, as application.py has it for the other wires
call, answer, refusals        what a handler gets, gives and raises
buckets, keys, uploads        the store behind: buckets and objects are resources of the world like all others
one file per kind of call     its handlers

The store is not moto's: that needs a python-dateutil which excludes the current Kubernetes client, keeps one table of buckets
per process, and has neither disk nor undo; the world's own store has both.

Times are those of the wall, not of the cloud's fast clock: leases on objects of a bucket are wall time, and are measured as the
difference of an answer's Date and an object's Last-Modified. Reads after writes and lists are strongly consistent, so the lag
of lists and tags does not touch OSS.
"""

from acsctl.emulator.services.oss import (
    append,
    batch_delete,
    bucket,
    bucket_documents,
    bucket_read,
    bucket_tags,
    copy,
    listing,
    multipart,
    multipart_complete,
    multipart_list,
    object_delete,
    object_meta,
    object_read,
    object_write,
    symlink,
    versions_list,
)

__all__ = [
    "append",
    "batch_delete",
    "bucket",
    "bucket_documents",
    "bucket_read",
    "bucket_tags",
    "copy",
    "listing",
    "multipart",
    "multipart_complete",
    "multipart_list",
    "object_delete",
    "object_meta",
    "object_read",
    "object_write",
    "symlink",
    "versions_list",
]
