"""The services: what each product of the local cloud does. One folder per product, one file per kind of thing.

How to write one (services/vpc/vpc.py is the pattern to copy):

Handler. `@action("ecs.CreateDisk") def create_disk(call: Call) -> dict[str, Any]:` in services/ecs/disk.py, and the module
    named in services/ecs/__init__.py, whose import binds it. It returns the answer without RequestId, in the shape of the
    metadata's response tree (`Disks: {"Disk": [...]}`, integers as int, text as str). Unbound published actions answer
    NotImplemented.LocalCloud by themselves. Actions of ECS 2014-05-26 that a VPC handler serves need nothing.
Parameters. The metadata has checked presence and types: call.text("Name"), .number("Size"), .flag("Force"), .items("Tag") for
    lists (dicts inside keep the published spelling), .commas("VpcId") for comma lists, .given("Name") for "was it sent at
    all"; JSON text in a string parameter (InstanceIds) is the handler's own business. `doc_required` parameters, and rules
    between parameters, are the handler's to check. Published enum, minimum and maximum are enforced already; where a
    sheet knows better, write the limit into metadata/choices.json ("limits").
ROA style. The body is call.parameters["body"] (or the published name), its types checked by documents.py; the answer may also
    be a bare list or text, and request ids are added where the action publishes one. services/cs/wiring.py is the pattern.
Resources. Declare a type once at the top: `DISK = declare("disk", prefix="d-", arn=("ecs", "disk"))`; shown=False for
    bookkeeping that GET /_emulator/world leaves out. Make: call.create(DISK, attributes={...}, tags=tags, id="" or a chosen
    id such as a key pair's name). Read: disk["Size"], disk.get("X", default=...), disk.id, .created, .region, .account,
    .pick("A", "B"). Write: disk.set(Size=40). Never change a list or dict that was read from a resource in place: build a
    new one and set it, else it is neither undone by an error nor written to disk. Values must be JSON.
    Name attributes as the wire does, so that answers are picked from them.
Timed transitions. disk.set(Status="Creating"); disk.later(2.0, Status="Available"): cloud seconds, applied when the time has
    come, several may be pending. disk.remove() or disk.remove(after=5.0) ends its life. No threads, no timers, no sleep.
    Write the seconds as a constant with its sheet.
Truth and lag. Operations on an id see the truth: call.find(DISK, id=...) (None when it does not live, or not in the region
    that the request names) and call.all(DISK). Describe and list calls, by id too, use call.listed(DISK), which is late by
    the list lag; show and filter tags by resource.seen_tags (key_value, tag_key_value, tag_filter do), which is late by the
    tag lag; copy and count by resource.tags.
Errors. raise ApiError("InvalidDiskId.NotFound", message="..."): the code literally as the cloud spells it, the message in your
    own words. The status comes from metadata/choices.json, else from the published error table of the action, else 400;
    give status=403 only where a sheet says so against the table. call.published("A", "B") picks the code that the action
    publishes. Check everything before the first write is tidy, but not needed: a handler that raises is undone.
    What no source tells is chosen and marked "U" in metadata/choices.json.
Dry run. call.end_dry_run() after the last check and before the first write.
Tags. tags = read_tags(call) for Tag.N of a create, `matches = tag_filter(call)` for describes, tag_resources(call, types=TYPES)
    and its two sisters for the tag actions (services/tagging.py).
Paging. page, counts = by_number(call, rows=rows) or page, token = by_token(call, rows=rows, size=..., mark=id_mark)
    (services/paging.py), on resources, before the rows of the answer are made.
Quotas. call.within_quota("ecs.key-pairs", used=len(call.all(KEY_PAIR)), code="QuotaExceed.KeyPair"), and the number in
    metadata/choices.json ("quotas"). Stock: call.settings.stock, zone -> instance type -> how many are left.
Dependencies. What you put into another's resource: `@blocks(VPC) def groups_block_vpc(call, *, resource)` raises the
    DependencyViolation (services/dependencies.py); before you delete your own: check_deletable(call, resource=disk).
Networks. services/network_use.py: require_vswitch, take_address, release_addresses (also late), free_addresses,
    take_public_address, @eip_target, eips_of, unbind_eips, @next_hop, routes_to. The types that both
    products know are in services/network.py.
ClientToken, throttling, region, RequestId, XML, persistence: nothing to do.
Tests. tests/emulator/<product>/test_<file>.py with the fixture `cloud` of tests/emulator/conftest.py: the real SDK over
    loopback, an injected clock that is moved by cloud.pass_time(seconds), and no unexplained findings at the end.
"""

from acsctl.emulator.actions import HANDLERS
from acsctl.emulator.services import (
    bss,
    cr,
    cs,
    dependencies,
    ecs,
    kubeadm,
    location,
    network,
    network_use,
    oss,
    quotas,
    ram,
    resource_manager,
    slb,
    sts,
    tag,
    vpc,
)

__all__ = [
    "HANDLERS",
    "bss",
    "cr",
    "cs",
    "dependencies",
    "ecs",
    "kubeadm",
    "location",
    "network",
    "network_use",
    "oss",
    "quotas",
    "ram",
    "resource_manager",
    "slb",
    "sts",
    "tag",
    "vpc",
]
