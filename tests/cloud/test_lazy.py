"""What is loaded when: nothing before the first call, and of the SDKs only what signs."""

from __future__ import annotations

import re
import subprocess
import sys


def run(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_importing_the_door_loads_no_sdk():
    loaded = run("import sys, acsctl.cloud; print(*sys.modules)")
    assert not {name.partition(".")[0] for name in loaded} & {
        "alibabacloud_tea_openapi",
        "darabonba",
        "urllib3",
        "requests",
        "ssl",
    }


CALLS = """
import sys
from acsctl.cloud import connect
cloud = connect("cn-hangzhou", endpoint={url!r})
calls = ("ecs", "DescribeInstances"), ("vpc", "DescribeVpcs"), ("cs", "DescribeUserQuota"), ("cr", "ListInstance")
for product, action in (*calls, ("sts", "GetCallerIdentity")):
    cloud.call(product, action, {{}})
"""


def test_calls_load_neither_models_nor_aiohttp(server):
    loaded = run(CALLS.format(url=server.url) + "print(*sys.modules)")
    assert "alibabacloud_ecs20140526.client" in loaded
    assert "aiohttp" not in loaded
    assert "alibabacloud_cs20151215.client" in loaded
    assert [name for name in loaded if re.match(r"alibabacloud_\w+\d{8}\.models\.", name)] == []
    assert len(loaded) < 1000


def test_what_was_put_off_is_there_for_whoever_looks(server):
    code = """
import aiohttp, darabonba.core
from alibabacloud_ecs20140526 import models
print(models.RunInstancesRequest.__name__, aiohttp.TCPConnector.__module__, darabonba.core.aiohttp.TCPConnector.__module__)
"""
    name, *modules = run(CALLS.format(url=server.url) + code)
    assert name == "RunInstancesRequest"
    assert modules == ["aiohttp.connector"] * 2


def test_a_missing_package_says_what_to_install(server):
    code = """
sys.modules["alibabacloud_sts20150401"] = None
from acsctl.errors import AcsctlError
try:
    connect("cn-hangzhou", endpoint=cloud.endpoint).call("sts", "GetCallerIdentity", {})
except AcsctlError as error:
    print(type(error).__name__, error.remedy)
"""
    start = CALLS.format(url=server.url).replace('(*calls, ("sts", "GetCallerIdentity"))', "calls")
    assert run(start + code) == ["AcsctlError", "pip", "install", "alibabacloud-sts20150401"]
