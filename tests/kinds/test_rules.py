import pytest
from hypothesis import given
from hypothesis import strategies as st

from acsctl.kinds import rules
from acsctl.model.unknown import UNKNOWN
from tests.kinds.values import ref


def rule(**rest):
    return {"protocol": "tcp", "port": "22", "from": "10.0.0.0/8", "policy": "accept", "priority": 1, "description": "", **rest}


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (22, "22"),
        ("22", "22"),
        ("022", "22"),
        ("22/22", "22"),
        ("80-90", "80-90"),
        ("80/90", "80-90"),
        ("-1/-1", "all"),
        (-1, "all"),
        ("1/65535", "all"),
        (None, "all"),
        ("80-", "80-"),
        (UNKNOWN, UNKNOWN),
    ],
)
def test_ports_have_one_form(written, text):
    assert rules.port_text(written) == text


@pytest.mark.parametrize("text", ["0", "65536", "90-80", "80-", "-80", "1-2-3", "ssh", ""])
def test_what_is_no_port(text):
    assert rules.port_range(text) is None


def test_port_ranges():
    assert rules.port_range("all") == (1, 65535) and rules.port_range("22") == (22, 22)


def test_lists_are_multiplied_out():
    written = {"protocol": "tcp", "port": [80, "443"], "from": ["10.0.0.0/8", "1.2.3.4"], "description": "web"}
    found = rules.expand([written], peer="from")
    assert [(item["port"], item["from"]) for item in found] == [
        ("80", "10.0.0.0/8"),
        ("80", "1.2.3.4/32"),
        ("443", "10.0.0.0/8"),
        ("443", "1.2.3.4/32"),
    ]
    assert found[0] == rule(port="80", description="web")


def test_equal_rules_are_one_and_unknown_ones_stay():
    group = ref("security_group.web")
    found = rules.expand([rule(**{"from": [group, "10.0.0.0/8"]}), rule(), UNKNOWN], peer="from")
    assert found == [rule(**{"from": group}), rule(), UNKNOWN]


def test_no_peers_are_no_rules():
    assert rules.expand([rule(**{"from": []})], peer="from") == []


PEER_VALUES = st.sampled_from(["10.0.0.0/8", "1.2.3.4/32", "sg-1", "pl-1", "2001:db8::/32"])
RULES = st.fixed_dictionaries(
    {
        "protocol": st.sampled_from(["tcp", "udp"]),
        "port": st.sampled_from(["22", "80-90", "all"]),
        "peer": PEER_VALUES,
        "policy": st.sampled_from(["accept", "drop"]),
        "priority": st.integers(1, 100),
        "description": st.text("ab ", max_size=4),
    }
) | st.fixed_dictionaries(
    {
        "protocol": st.sampled_from(["icmp", "gre", "all", "icmpv6"]),
        "port": st.just("all"),
        "peer": PEER_VALUES,
        "policy": st.just("accept"),
        "priority": st.just(1),
        "description": st.just(""),
    }
)


@given(RULES, st.sampled_from(["ingress", "egress"]))
def test_what_is_sent_reads_back_the_same(found, direction):
    peer = found.pop("peer")
    single = {**found, rules.PEERS[direction]: peer}
    (canonical,) = rules.expand([single], peer=rules.PEERS[direction])
    assert canonical == single
    row = {key: value for key, value in rules.permission(single).items() if value is not None}
    row |= {"Direction": direction, "Policy": row["Policy"].capitalize()}
    assert rules.read(row) == (direction, single)


def test_the_wire_of_a_rule():
    assert rules.permission(rule(description="ssh")) == {
        "IpProtocol": "TCP",
        "PortRange": "22/22",
        "PortRangeListId": None,
        "SourceCidrIp": "10.0.0.0/8",
        "SourcePortRange": None,
        "Policy": "accept",
        "Priority": "1",
        "NicType": "intranet",
        "Description": "ssh",
    }
    assert rules.permission(rule(port="all"))["PortRange"] == "1/65535"
    assert rules.permission(rule(protocol="all", port="all"))["PortRange"] == "-1/-1"
    assert rules.permission(rule(**{"from": "sg-1"}))["SourceGroupId"] == "sg-1"


def test_rows_of_others_are_kept_apart_from_ours():
    row = {"IpProtocol": "TCP", "PortRange": "80/80", "SourceCidrIp": "10.1.2.3/8", "Policy": "Accept", "Priority": "1"}
    assert rules.read({**row, "Direction": "ingress"})[1] == rule(port="80")
    odd = rules.read({**row, "Direction": "ingress", "SourcePortRange": "1024/2048"})[1]
    assert odd["source_port"] == "1024-2048" and rules.permission(odd)["SourcePortRange"] == "1024/2048"
    assert "source_port" not in rules.read({**row, "SourcePortRange": "-1/-1"})[1]
    listed = rules.read({**row, "PortRangeListId": "prl-1"})[1]
    assert rules.permission(listed)["PortRangeListId"] == "prl-1"


def test_the_description_is_no_part_of_the_identity():
    assert rules.identity(rule(description="a")) == rules.identity(rule(description="b"))
    assert rules.identity(rule(priority=2)) != rules.identity(rule())
