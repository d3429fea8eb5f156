"""Paths to what they name."""

from __future__ import annotations

import pytest

from acsctl.emulator.kubernetes.paths import Target, parse


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/api/v1", Target("", "v1")),
        ("/api/v1/nodes", Target("", "v1", "nodes")),
        ("/api/v1/namespaces", Target("", "v1", "namespaces")),
        ("/api/v1/namespaces/a", Target("", "v1", "namespaces", "", "a")),
        ("/api/v1/namespaces/a/finalize", Target("", "v1", "namespaces", "", "a", "finalize")),
        ("/api/v1/namespaces/a/status", Target("", "v1", "namespaces", "", "a", "status")),
        ("/api/v1/namespaces/a/pods", Target("", "v1", "pods", "a")),
        ("/api/v1/namespaces/a/pods/p/log", Target("", "v1", "pods", "a", "p", "log")),
        ("/api/v1/namespaces/a/services/s/proxy/x/y", Target("", "v1", "services", "a", "s", "proxy/x/y")),
        ("/apis/apps/v1/deployments", Target("apps", "v1", "deployments")),
        ("/apis/apps/v1/namespaces/a/deployments/d%2De", Target("apps", "v1", "deployments", "a", "d-e")),
        ("/api/v1/watch/namespaces/a/pods", Target("", "v1", "pods", "a", watch=True)),
        ("/api", None),
        ("/apis/apps", None),
        ("/version", None),
    ],
)
def test_paths(path: str, expected: Target | None) -> None:
    assert parse(path) == expected
