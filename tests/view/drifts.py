"""Drift to draw: things that were changed, that are gone and that somebody added, and differences of unknown cause."""

from __future__ import annotations

from acsctl.model.change import Action, Change, FieldChange, Reason
from acsctl.model.drift import Drift, Drifted
from acsctl.model.plan import Finding
from acsctl.model.unknown import Secret
from tests.view import samples
from tests.view.samples import at, live, wanted

CHANGED = (
    samples.UPDATES[1],
    Change(
        samples.FIREWALL.address,
        Action.UPDATE,
        desired=samples.FIREWALL,
        live=(live("security_group.firewall", "sg-bp1fakefakefakefake1", ingress=list(samples.RULES[1:])),),
        spec=samples.FIREWALL.spec,
        reason=Reason.BOTH,
        fields=(
            FieldChange("ingress", added=samples.RULES[:1], removed=samples.RULES[1:], reason=Reason.DRIFT),
            FieldChange("tags.owner", before="you", after="me", reason=Reason.BOTH),
        ),
    ),
    Change(
        samples.NODE.address,
        Action.REPLACE,
        desired=samples.NODE,
        live=(live("instance.node", "i-bp1fakefakefakefak12", password="hunter2"),),
        numbers=(2,),
        spec={"image": "aliyun_3_x64_20G_alibase", "password": Secret("hunter2")},
        reason=Reason.DRIFT,
        fields=(
            FieldChange("image", before="m-1", after="aliyun_3_x64_20G_alibase", reason=Reason.DRIFT, forces=True),
            FieldChange("password", before="hunter3", after=Secret("hunter2"), reason=Reason.DRIFT),
        ),
    ),
)
GONE = Change(
    at("vpc.network"), Action.CREATE, desired=wanted("vpc.network"), reason=Reason.DRIFT, spec={"cidr": "10.0.0.0/16"}
)
ADDED = Change(
    samples.NODE.address,
    Action.DELETE,
    desired=samples.NODE,
    live=(live("instance.node", "i-bp1fakefakefakefak13", name="shop-node-004"),),
    numbers=(4,),
    reason=Reason.DRIFT,
    note="the fleet has 3 now",
)
UNSURE = (
    Change(
        at("vpc.old"),
        Action.UPDATE,
        desired=wanted("vpc.old"),
        live=(live("vpc.old", "vpc-bp1fakefakefakefa14"),),
        reason=Reason.UNKNOWN,
        fields=(FieldChange("description", before="theirs", after="ours", reason=Reason.UNKNOWN),),
    ),
    Change(at("eip.exit"), Action.CREATE, desired=wanted("eip.exit"), reason=Reason.UNFINISHED),
)
DRIFT = Drift(
    samples.STACK,
    rows=(*map(Drifted, CHANGED), Drifted(GONE, gone=("vpc-bp1fakefakefakefak6",)), Drifted(ADDED)),
    unsure=tuple(map(Drifted, UNSURE)),
    left_standing=samples.PLAN.left_standing,
    checked=12,
    edits=2,
)
NONE = Drift(samples.STACK, checked=23)
UNTOLD = Drift(samples.STACK, unsure=tuple(map(Drifted, UNSURE)), checked=23)
MISSING = Drift(samples.STACK, findings=(Finding("error", "vpc.net: `existing` finds nothing", remedy="name it by its id"),))
