import base64

import pytest

from acsctl.kinds.contract import Made, Update, Wait
from acsctl.kinds.key_pair import KeyPair, beside, read, same_name, without_comment
from acsctl.model.unknown import UNKNOWN
from acsctl.plan.compare import same
from tests.kinds.door import Door, page, run, tags, token
from tests.kinds.values import SCOPE, live, want

KEY_PAIR = KeyPair()
BODY = base64.b64encode(b"\x00\x00\x00\x0bssh-ed25519" + bytes(36)).decode()
KEY = f"ssh-ed25519 {BODY}"
LIST = "KeyPairs.KeyPair"
ROW = {
    "KeyPairName": "shop-admin",
    "KeyPairFingerPrint": "89f0ba62ac",
    "PublicKey": f"{KEY} shop-admin\n",
    "CreationTime": "2026-11-20T10:00Z",
    "Tags": tags("key_pair.admin", prefix="Tag", team="a"),
}


def test_a_row_is_read_in_the_shape_of_the_schema():
    item = read(ROW)
    assert (item.id, item.spec) == ("shop-admin", {"name": "shop-admin", "public_key": KEY})
    assert set(item.spec) == set(KEY_PAIR.schema.fields) and set(item.outputs) == set(KEY_PAIR.schema.outputs)
    assert item.tags == {"team": "a"} and item.mark.stack == "shop"


def test_list_asks_for_the_public_keys():
    door = Door({"DescribeKeyPairs": page(LIST, [ROW])})
    assert [item.id for item in KEY_PAIR.list(door, SCOPE)] == ["shop-admin"]
    assert door.sent("DescribeKeyPairs")[0]["IncludePublicKey"] is True


@pytest.mark.parametrize("query", [{"id": "shop-admin"}, {"name": "shop-admin"}])
def test_find_by_name(query):
    door = Door({"DescribeKeyPairs": page(LIST, [ROW])})
    assert [item.id for item in KEY_PAIR.find(door, SCOPE, query)] == ["shop-admin"]
    assert door.sent("DescribeKeyPairs")[0]["KeyPairName"] == "shop-admin"


def test_the_comment_does_not_count():
    assert without_comment(f"{KEY} me@host\n") == without_comment(KEY) == KEY
    assert KEY_PAIR.schema.normalise({"public_key": f"{KEY} me"}) == {"public_key": KEY}
    assert KEY_PAIR.schema.normalise({"public_key": UNKNOWN}) == {"public_key": UNKNOWN}
    assert KEY_PAIR.schema.normalise({"public_key": "nonsense"}) == {"public_key": "nonsense"}


@pytest.mark.parametrize("text", ["", "ssh-ed25519", "ssh-ed25519 AAAA", f"ssh-rsa {BODY}", "ssh-ed25519 not/base64!"])
def test_what_is_no_public_key_is_refused(text):
    with pytest.raises(ValueError, match="not a public key"):
        without_comment(text)


def test_a_private_key_is_refused_by_name():
    with pytest.raises(ValueError, match="private key"):
        without_comment("-----BEGIN OPENSSH PRIVATE KEY-----\nabc")


def test_create_imports():
    door = Door({"ImportKeyPair": {"KeyPairName": "shop-admin", "KeyPairFingerPrint": "89"}})
    seen = run(KEY_PAIR.create(door, want("key_pair.admin", {"public_key": KEY}, name="shop-admin"), token))
    assert seen == [Made(("shop-admin",)), Wait(("shop-admin",))]
    (sent,) = door.sent("ImportKeyPair")
    assert (sent["KeyPairName"], sent["PublicKeyBody"]) == ("shop-admin", KEY) and len(sent["Tag"]) == 3


def test_a_replacement_stands_beside_the_old_one():
    name = beside("shop-admin", public_key=KEY)
    door = Door({"ImportKeyPair": {"KeyPairName": name, "KeyPairFingerPrint": "89"}})
    run(KEY_PAIR.create(door, want("key_pair.admin", {"public_key": KEY}, name="shop-admin", replaces="shop-admin"), token))
    assert door.sent("ImportKeyPair")[0]["KeyPairName"] == name
    assert {"Key": "acsctl:replaces", "Value": "shop-admin"} in door.sent("ImportKeyPair")[0]["Tag"]
    assert KEY_PAIR.schema.create_first(live("key_pair.admin", "shop-admin"), {})


def test_a_replacement_of_a_renamed_one_takes_the_plain_name():
    door = Door({"ImportKeyPair": {"KeyPairName": "shop-admin", "KeyPairFingerPrint": "89"}})
    wanted = want("key_pair.admin", {"public_key": KEY}, name="shop-admin", replaces="shop-admin-0123abcd")
    run(KEY_PAIR.create(door, wanted, token))
    assert door.sent("ImportKeyPair")[0]["KeyPairName"] == "shop-admin"


def test_the_name_of_a_replacement_is_as_wanted():
    assert same(KEY_PAIR.schema.fields["name"], "admin", beside("admin", public_key=KEY))
    assert same_name("admin", "admin")
    assert not same_name("admin", "admin2") and not same_name("a.min", "admin")


def test_only_tags_change():
    door = Door()
    tagged = Update({}, set_tags={"team": "b"}, unset_tags=("old",))
    run(KEY_PAIR.update(door, (live("key_pair.admin", "shop-admin"),), tagged, token))
    assert door.actions == ["UntagResources", "TagResources"]
    assert door.sent("TagResources") == [
        {"ResourceType": "keypair", "ResourceId": ["shop-admin"], "Tag": [{"Key": "team", "Value": "b"}]}
    ]
    assert all(field.meta.immutable for field in KEY_PAIR.schema.fields.values())


def test_delete_is_by_name():
    door = Door()
    assert run(KEY_PAIR.delete(door, (live("key_pair.admin", "shop-admin"),), token)) == [Wait(("shop-admin",), until="gone")]
    assert door.sent("DeleteKeyPairs") == [{"KeyPairNames": '["shop-admin"]'}]


def test_ready():
    door = Door({"DescribeKeyPairs": [page(LIST, [ROW]), page(LIST, [])]})
    found = KEY_PAIR.ready(door, ["shop-admin", "other"])
    assert found["shop-admin"].state == "ready" and found["other"].absent
