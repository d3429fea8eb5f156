"""The kind `instance`, field by field: one machine, and a fleet of three."""

from __future__ import annotations

from dataclasses import replace

from tests.e2e.network_cases import KEY, NETWORK, OTHER_KEY, OTHER_ZONE, SUBNETS
from tests.e2e.scene import Case, Drift, Edit

AROUND = {
    **NETWORK,
    **SUBNETS,
    "c": {"kind": "vswitch", "vpc": "net", "zone": OTHER_ZONE, "cidr": "10.0.3.0/24"},
    "web": {"kind": "security_group", "vpc": "net"},
    "db": {"kind": "security_group", "vpc": "net"},
    "key": {"kind": "key_pair", "public_key": KEY},
    "other_key": {"kind": "key_pair", "public_key": OTHER_KEY},
}
IMAGE, OTHER_IMAGE = "aliyun_3_x64_20G_alibase", "ubuntu_24_04_x64_20G_alibase"
SPOT = {"charge": "spot", "spot_price_limit": 0.5}

INSTANCE = Case(
    kind="instance",
    around=AROUND,
    block={
        "vswitch": "a",
        "security_groups": ["web"],
        "instance_types": ["ecs.g7.large"],
        "image": IMAGE,
        "system_disk": {"category": "cloud_essd", "size": 40, "performance_level": "PL0"},
        "data_disks": [{"category": "cloud_essd", "size": 40, "performance_level": "PL1"}],
        "key_pair": "key",
        "user_data": "#!/bin/sh\necho first\n",
        "ram_role": "first",
        "name": "first",
        "description": "the first",
        "charge": "postpaid",
        "running": True,
    },
    edits={
        "vswitch": Edit({"vswitch": "b"}),
        "security_groups": Edit({"security_groups": ["db", "web"]}),
        "instance_types": Edit({"instance_types": ["ecs.g6.large", "ecs.c7.large"]}),
        "image": Edit({"image": OTHER_IMAGE}),
        "system_disk.size": Edit({"system_disk": {"size": 60}}),
        "system_disk.performance_level": Edit({"system_disk": {"performance_level": "PL1"}}),
        "key_pair": Edit({"key_pair": "other_key"}),
        "user_data": Edit({"user_data": "#!/bin/sh\necho second\n"}),
        "ram_role": Edit({"ram_role": "second"}),
        "name": Edit({"name": "second"}),
        "description": Edit({"description": "the second"}),
        "running": Edit({"running": False}),
    },
    replacements={
        "system_disk.category": Edit({"system_disk": {"category": "cloud_auto", "performance_level": None}}),
        "data_disks": Edit({"data_disks": [{"category": "cloud_essd", "size": 80}]}),
        "charge": Edit({"charge": "spot"}),
        "spot_price_limit": Edit({"spot_price_limit": 0.7}, base=SPOT),
    },
    drifts={
        "vswitch": Drift(lambda it: it.stopped("ModifyInstanceVpcAttribute", VSwitchId=it.of("vswitch.b"))),
        "security_groups": Drift(
            lambda it: it.ecs("ModifyInstanceAttribute", InstanceId=it.id, **{"SecurityGroupIds.1": it.of("security_group.db")})
        ),
        "instance_types": Drift(lambda it: it.stopped("ModifyInstanceSpec", InstanceType="ecs.c7.large")),
        "image": Drift(lambda it: it.stopped("ReplaceSystemDisk", ImageId="ubuntu_22_04_x64_20G_alibase_20260522.vhd")),
        "system_disk.category": Drift(
            lambda it: it.ecs("ModifyDiskSpec", DiskId=it.disk("system"), DiskCategory="cloud_auto"),
            paths=frozenset({"system_disk.category", "system_disk.performance_level"}),
            replaces=True,
        ),
        "system_disk.size": Drift(lambda it: it.ecs("ResizeDisk", DiskId=it.disk("system"), NewSize=50), replaces=True),
        "system_disk.performance_level": Drift(
            lambda it: it.ecs("ModifyDiskSpec", DiskId=it.disk("system"), PerformanceLevel="PL1")
        ),
        "data_disks": Drift(lambda it: it.ecs("ResizeDisk", DiskId=it.disk("data"), NewSize=50), replaces=True),
        "key_pair": Drift(
            lambda it: it.ecs("AttachKeyPair", KeyPairName=it.of("key_pair.other_key"), InstanceIds=f'["{it.id}"]')
        ),
        "user_data": Drift(lambda it: it.stopped("ModifyInstanceAttribute", UserData="dGhlaXJz")),
        "ram_role": Drift(lambda it: it.ecs("DetachInstanceRamRole", InstanceIds=f'["{it.id}"]')),
        "name": Drift(lambda it: it.ecs("ModifyInstanceAttribute", InstanceId=it.id, InstanceName="theirs")),
        "description": Drift(lambda it: it.ecs("ModifyInstanceAttribute", InstanceId=it.id, Description="theirs")),
        "running": Drift(lambda it: it.ecs("StopInstance", InstanceId=it.id)),
    },
    fixed={
        "charge": "sheet compute.md 1.4: a spot instance stays one, and prepaid is none of ours",
        "spot_price_limit": "sheet compute.md 1.4: no call changes it",
    },
    tagged=("ecs", "instance"),
    delete=lambda it: it.ecs("DeleteInstance", InstanceId=it.id, Force=True),
)

FLEET = replace(INSTANCE, count=3)
