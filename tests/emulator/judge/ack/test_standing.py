"""Claims about a city that stands still: reads, refusals, the Kubernetes side. None of them changes anything."""

import base64
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from alibabacloud_cs20151215 import models
from cryptography import x509

from tests.emulator.judge.ack.city import City, check, cluster_body, document_of, found_at, pool_body

FOLDER = Path(__file__).parent / "claims"
Row = dict[str, Any]


def rows(name: str) -> list[Any]:
    loaded: list[Row] = yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
    return [pytest.param(row, id=f"{row['claim']}: {row['call']}") for row in loaded]


@pytest.mark.parametrize("row", rows("reads.yaml"))
def test_a_read_tells_what_is_there(city: City, row: Row) -> None:
    answer = city.ask(row["call"], query=row.get("query"), body=row.get("body"))
    assert answer.status == 200, answer.text
    for path, expected in row["fields"].items():
        check(found_at(document_of(answer), path=path, city=city), expected=city.filled(expected), where=path)
    if "model" in row:
        _check_model(answer.json, name=row["model"])


def _check_model(document: Any, *, name: str) -> None:
    """The typed client must read everything that it is told."""
    model = vars(models)[f"{name}ResponseBody"]
    for one in document if isinstance(document, list) else [document]:
        _check_kept(one, read=model().from_map(one).to_map(), where=name)


def _check_kept(told: Any, *, read: Any, where: str) -> None:
    """Typed clients leave out what is null, and add empty lists."""
    if isinstance(told, dict):
        for key, one in told.items():
            _check_kept(one, read=read.get(key), where=f"{where}.{key}")
    elif isinstance(told, list):
        assert len(told) == len(read), where
        for number, one in enumerate(told):
            _check_kept(one, read=read[number], where=f"{where}.{number}")
    else:
        assert told == read, where


@pytest.mark.parametrize("row", rows("refusals.yaml"))
def test_a_refused_call_says_why_and_changes_nothing(city: City, row: Row) -> None:
    before = city.town.world()
    answer = city.ask(row["call"], query=row.get("query"), body=_body(row))
    document = answer.json
    check(answer.status, expected=row["status"], where=answer.text)
    check(document.get("code", document.get("Code")), expected=row["code"], where=answer.text)
    assert document.get("message", document.get("Message")) and document.get("requestId", document.get("RequestId"))
    assert city.town.world() == before


def _body(row: Row) -> Any:
    """As it stands, or one that would succeed but for the changes of `cluster`, or of `pool` and its `group`."""
    if "cluster" in row:
        fresh = {"name": "x", "container_cidr": "172.28.0.0/16", "service_cidr": "172.29.0.0/20"}
        return _given(cluster_body(**{**fresh, **row["cluster"]}))
    if "group" in row:
        return _given({**pool_body("x", group=row["group"]), **row.get("pool", {})})
    return row.get("body")


def _given(body: dict[str, Any]) -> dict[str, Any]:
    return {key: one for key, one in body.items() if one is not None}


@pytest.mark.parametrize("row", rows("kubernetes.yaml"))
def test_the_cluster_itself(city: City, row: Row) -> None:
    answer = city.ask(f"kube {row['call']}", body=row.get("body"))
    assert answer.status == row.get("status", 200), answer.text
    for path, expected in row.get("fields", {}).items():
        check(found_at(answer.json, path=path, city=city), expected=city.filled(expected), where=path)


@pytest.mark.parametrize(
    ("query", "days"), [({}, 3 * 365), ({"TemporaryDurationMinutes": 15}, 15 / 1440), ({"PrivateIpAddress": True}, 3 * 365)]
)
def test_a_kubeconfig(city: City, query: dict[str, Any], days: float) -> None:
    """Sheets ack-facts.md 8, containers.md 1.7."""
    config = city.take_kubeconfig(city.names["cluster"], **query)
    (cluster,), (context,), (user,) = config["clusters"], config["contexts"], config["users"]
    assert (cluster["name"], config["current-context"], config["kind"]) == ("kubernetes", context["name"], "Config")
    assert context["name"] == f"{user['name']}-{city.names['cluster']}"
    assert context["context"] == {"cluster": "kubernetes", "user": user["name"]}
    assert cluster["cluster"]["server"].startswith("https://")
    authority = _certificate(cluster["cluster"]["certificate-authority-data"])
    assert authority.subject.rfc4514_string() == "CN=kubernetes"
    assert (authority.not_valid_after_utc - authority.not_valid_before_utc).days >= 30 * 365
    own = _certificate(user["user"]["client-certificate-data"])
    names = {one.rfc4514_attribute_name: str(one.value) for one in own.subject}
    assert names["O"] == "system:users"
    assert re.fullmatch(rf"{user['name']}-\d{{9,11}}", names["CN"])
    left = own.not_valid_after_utc - datetime.now(tz=UTC)
    assert abs(left - timedelta(days=days)) < timedelta(minutes=2)


def test_each_kubeconfig_is_a_new_pair_of_the_same_authority(city: City) -> None:
    first, second = (city.take_kubeconfig(city.names["cluster"]) for _ in range(2))
    assert first["clusters"] == second["clusters"]
    for name in ("client-certificate-data", "client-key-data"):
        assert first["users"][0]["user"][name] != second["users"][0]["user"][name]


def test_a_kubeconfig_tells_its_end(city: City) -> None:
    told = city.made(f"GET /k8s/{city.names['cluster']}/user_config", TemporaryDurationMinutes=60)["expiration"]
    left = datetime.strptime(told, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC) - datetime.now(tz=UTC)
    assert abs(left - timedelta(hours=1)) < timedelta(minutes=2)


def _certificate(text: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(base64.b64decode(text))


def test_the_answers_fit_the_published_trees(city: City) -> None:
    assert [one for one in city.cloud.findings() if one["kind"] != "unknown-parameter"] == []
