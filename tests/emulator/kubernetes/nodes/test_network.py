from acsctl.emulator.kubernetes.nodes.network import VpcWish, changes, gateway


def test_the_gateway_is_the_third_address_from_the_end() -> None:
    assert gateway("10.0.1.0/24") == "10.0.1.253/24"
    assert gateway("192.168.8.0/29") == "192.168.8.5/29"


def test_a_new_vpc_has_a_bridge_with_all_gateways_before_its_routes() -> None:
    lines = changes(None, VpcWish(("10.0.1.0/24", "10.0.2.0/24"), {"172.20.0.0/25": "10.0.1.5"}))
    assert lines == [
        "link set lo up",
        "link add vpc type bridge",
        "link set vpc up",
        "address add 10.0.1.253/24 dev vpc",
        "address add 10.0.2.253/24 dev vpc",
        "address add 192.0.2.1/32 dev vpc",
        "address add 192.0.2.2/32 dev vpc",
        "route replace 172.20.0.0/25 via 10.0.1.5",
    ]


def test_only_what_differs_is_changed() -> None:
    old = VpcWish(("10.0.1.0/24", "10.0.2.0/24"), {"172.20.0.0/25": "10.0.1.5", "172.20.1.0/25": "10.0.2.6"}, ("10.0.1.9",))
    new = VpcWish(("10.0.1.0/24",), {"172.20.0.0/25": "10.0.1.7"}, ("10.0.1.10",))
    assert changes(old, new) == [
        "address add 10.0.1.10/32 dev vpc",
        "route del 172.20.1.0/25",
        "route replace 172.20.0.0/25 via 10.0.1.7",
        "address del 10.0.2.253/24 dev vpc",
        "address del 10.0.1.9/32 dev vpc",
    ]
    assert changes(new, new) == []
