"""`render`: the stack with everything evaluated that is known."""

from __future__ import annotations

from pathlib import Path

from acsctl.stack import Inputs, dump, render
from tests.stack.helpers import head
from tests.stack.kinds import SCHEMAS

TEXT = """
tags: {team: core}
variables: {on: {type: boolean, default: false}}
resources:
  network: {kind: vpc, cidr: 10.0.0.0/16, protect: true}
  subnet:
    kind: vswitch
    for_each: {h: 1, i: 2}
    vpc: network
    zone: "cn-{{ each.key }}"
    cidr: "10.0.{{ each.value }}.0/24"
  node: {kind: node, count: 0, vswitch: subnet, labels: {vpc: "{{ network.id }}"}}
  store: {kind: store, name: s, password: hunter2hunter2, version: 1.30, options: {url: "{{ secret(network.id) }}"}}
  gone: {kind: vpc, when: "{{ on }}", cidr: 10.0.0.0/16}
  old: {kind: vpc, existing: vpc-1}
moved: [{from: vpc.net, to: vpc.network}]
outputs: {id: "{{ network.id }}", all: "{{ subnet }}", pw: {value: abc, secret: true}}
"""

EXPECTED = """\
stack: shop
region: cn-hangzhou
resources:
  vpc.network:
    cidr: 10.0.0.0/16
    protect: true
    tags:
      team: core
  vswitch.subnet.h:
    vpc: vpc.network
    zone: cn-h
    cidr: 10.0.1.0/24
    tags:
      team: core
  vswitch.subnet.i:
    vpc: vpc.network
    zone: cn-i
    cidr: 10.0.2.0/24
    tags:
      team: core
  node.node:
    vswitch:
      - vswitch.subnet.h
      - vswitch.subnet.i
    image: linux
    labels:
      vpc: (known after apply)
    count: 0
    tags:
      team: core
  store.store:
    name: s
    version: "1.30"
    password: (secret)
    options:
      url: (secret)
    tags:
      team: core
  vpc.gone:
    when: false
  vpc.old:
    existing:
      id: vpc-1
moved:
  - from: vpc.net
    to: vpc.network
outputs:
  id: (known after apply)
  all:
    h: (known after apply)
    i: (known after apply)
  pw: (secret)
"""


def test_what_is_known_is_evaluated(tmp_path: Path) -> None:
    path = tmp_path / "stack.yaml"
    path.write_text(head(TEXT))
    text = render(path, Inputs(), SCHEMAS)
    assert text == EXPECTED
    assert "hunter2" not in text
    assert isinstance(dump.load(text), dict)
