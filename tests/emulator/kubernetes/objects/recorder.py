"""Asks a real API server (1.35.4) for the answers that the cases are judged by. Run by hand:

    python -m tests.emulator.kubernetes.objects.recorder https://127.0.0.1:6443 TOKEN

The token is of group system:masters; the server has no controllers, no nodes, and the admission plugin ServiceAccount is off.
Times, uids and resource versions of the answers are left out, since every server has its own.
"""

import json
import ssl
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import yaml

from acsctl.emulator.kubernetes.objects.catalogue import find

CASES = Path(__file__).parent / "cases"
APPLY = "application/apply-patch+yaml"
PATCHES = {"merge": "application/merge-patch+json", "json": "application/json-patch+json", "apply": APPLY}
PATCHES["strategic"] = "application/strategic-merge-patch+json"
NAMESPACE = "default"
UNSTEADY = ("creationTimestamp", "resourceVersion", "lastPhaseTransitionTime")
STANDINGS = {"time": "T", "controller-uid": "U", "batch.kubernetes.io/controller-uid": "U"}
VERBS = ("create", "apply", "merge", "json", "strategic")


class Server:
    def __init__(self, address: str, token: str) -> None:
        self.address, self.token = address, token
        self.context = ssl.create_default_context()
        self.context.check_hostname = False
        self.context.verify_mode = ssl.CERT_NONE

    def ask(self, method: str, path: str, body: Any = None, *, kind: str = "application/json", **query: str) -> Any:
        url = f"{self.address}{path}" + (f"?{urllib.parse.urlencode(query)}" if query else "")
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind, "User-Agent": "recorder/1"}
        request = urllib.request.Request(url, data=data, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, context=self.context) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            return json.loads(error.read())


def folder(obj: dict[str, Any]) -> str:
    resource = find(obj["apiVersion"], kind=obj["kind"])
    if resource is None:
        group, version = obj["apiVersion"].split("/")
        return f"/apis/{group}/{version}/namespaces/{NAMESPACE}/{obj['kind'].lower()}s"
    root = f"/apis/{resource.group}/{resource.version}" if resource.group else f"/api/{resource.version}"
    return f"{root}/namespaces/{NAMESPACE}/{resource.plural}" if resource.namespaced else f"{root}/{resource.plural}"


def url(obj: dict[str, Any], subresource: str = "") -> str:
    return f"{folder(obj)}/{obj['metadata']['name']}" + (f"/{subresource}" if subresource else "")


def steady(answer: Any) -> Any:
    """Without what differs from server to server; for times of managers and uids of Jobs stand `T` and `U`."""
    if isinstance(answer, list):
        return [steady(one) for one in answer]
    if not isinstance(answer, dict):
        return answer
    own_uid = "uid" in answer and "kind" not in answer
    made = {key: STANDINGS.get(key, steady(value)) for key, value in answer.items() if key not in UNSTEADY}
    return made | {"uid": "U"} if own_uid else made


def documents(name: str) -> list[Any]:
    return [one for one in yaml.safe_load_all((CASES / name).read_text(encoding="utf-8")) if one]


def write(name: str, answers: dict[str, Any]) -> None:
    rows = [f"{json.dumps(key)}: {json.dumps(value, sort_keys=True)}" for key, value in answers.items()]
    (CASES / name).write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")


def record_objects(server: Server) -> None:
    answers = {}
    for obj in documents("objects.yaml"):
        answer = server.ask("POST", folder(obj), obj, dryRun="All", fieldManager="tester")
        if answer["kind"] == "Status":
            print(obj["metadata"]["name"], answer["message"])
        answers[obj["metadata"]["name"]] = steady(answer)
    write("objects.json", answers)


def refused(answer: Any) -> Any:
    """What a refusal says; an object that was not refused stays whole, so that it is seen."""
    if answer.get("kind") != "Status" or answer.get("status") == "Success":
        return {"accepted": steady(answer)}
    causes = answer.get("details", {}).get("causes", [])
    return {"code": answer["code"], "reason": answer.get("reason"), "message": answer["message"], "causes": causes}


def record_refusals(server: Server) -> None:
    answers = {}
    for name, case in documents("refusals.yaml")[0].items():
        if "new" in case:
            path = folder(case["new"])
            answer = server.ask("POST", path, case["new"], dryRun="All", fieldValidation="Strict")
        else:
            obj = case["old"]
            old = server.ask("POST", folder(obj), obj)
            answer = server.ask("PATCH", url(obj), case["patch"], kind=PATCHES["merge"])
            remove(server, obj)
            assert old.get("kind") == obj["kind"], old
        answers[name] = refused(answer)
        if "accepted" in answers[name]:
            print("accepted:", name)
    write("refusals.json", answers)


def record_ownership(server: Server) -> None:
    answers = {}
    for name, steps in documents("ownership.yaml")[0].items():
        obj = next(step[verb] for step in steps for verb in ("create", "apply") if verb in step)
        answers[name] = [take(server, step, obj=obj) for step in steps]
        remove(server, obj)
    write("ownership.json", answers)


def take(server: Server, step: dict[str, Any], *, obj: dict[str, Any]) -> Any:
    verb = next(one for one in VERBS if one in step)
    query = {"fieldManager": step["as"], **({"force": "true"} if step.get("force") else {})}
    if verb == "create":
        answer = server.ask("POST", folder(obj), step[verb], **query)
    else:
        answer = server.ask("PATCH", url(obj, step.get("subresource", "")), step[verb], kind=PATCHES[verb], **query)
    return steady(answer) if answer["kind"] != "Status" else {"refused": refused(answer)}


def remove(server: Server, obj: dict[str, Any]) -> None:
    server.ask("DELETE", url(obj), {"gracePeriodSeconds": 0})
    server.ask("PATCH", url(obj), {"metadata": {"finalizers": []}}, kind=PATCHES["merge"])


def define(server: Server) -> None:
    definition = documents("gadgets.yaml")[0]
    server.ask("POST", folder(definition), definition)
    for _ in range(50):
        if server.ask("GET", "/apis/example.com/v1/namespaces/default/gadgets").get("kind") == "GadgetList":
            return
        time.sleep(0.2)
    raise TimeoutError("the definition is not served")


if __name__ == "__main__":
    here = Server(*sys.argv[1:3])
    define(here)
    record_objects(here)
    record_refusals(here)
    record_ownership(here)
