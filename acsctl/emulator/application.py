"""From a request to an answer: the steps of a call, in their order, each a named function.

unwrap (wire.py)            which wire form, version, action; flat parameters
find_action                 unknown ones end here, as they do at the gateway
authenticate                key, date, signature, nonce
read_parameters             typed by the metadata; missing and wrong ones end here
locate                      account and region
throttle                    per account, region, action
strike (faults/)            faults on request, before the effect and after it
once or perform             (perform.py) ClientToken first, then the handler, undone when it fails
check                       the answer against the response tree, when asked to
commit (store.py)           on disk before the answer is sent
render (render.py)          JSON or XML; every error of the steps above is rendered in the same place

OSS has a wire of its own, and these steps in its own words: services/oss/exchange.py.
"""

import time
import traceback
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

from acsctl.emulator import answers, api, catalogue, parameters, signature, wire
from acsctl.emulator.accounts import AccessKey, admit
from acsctl.emulator.api import Action
from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.faults import Hit, Occasion
from acsctl.emulator.faults.oddities import EmptyList
from acsctl.emulator.ledger import Finding, Logged
from acsctl.emulator.message import Request, Response
from acsctl.emulator.perform import fitted, once, perform, token_of
from acsctl.emulator.render import JSON_TYPE, XML_TYPE, as_body, as_json, as_xml, error_body, roa_error_body
from acsctl.emulator.resource import Scope
from acsctl.emulator.services.cr.instance import region_of_standing
from acsctl.emulator.services.oss.exchange import OssExchange, is_for_oss
from acsctl.emulator.wire import Envelope, Form
from acsctl.emulator.world import World

DEFAULT_REGION = "cn-hangzhou"


class Application:
    """The cloud behind the server. Safe to call from many threads; calls run one after another."""

    def __init__(self, world: World) -> None:
        self._world = world

    def respond(self, request: Request) -> Response:
        """The answer to any request that is not for /_emulator/.

        Raises ConnectionAbortedError once the world is closed.
        """
        with self._turn():
            for_oss = is_for_oss(request, world=self._world)
            exchange = (OssExchange if for_oss else Exchange)(request, world=self._world)
            exchange.enter()
            if not exchange.held:
                exchange.act()
        if exchange.held:
            time.sleep(exchange.held)
            with self._turn():
                exchange.act()
        return exchange.render()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        with self._world.lock:
            if self._world.closed:
                raise ConnectionAbortedError("the local cloud is closing")
            self._world.begin()
            yield
            self._world.store.commit()


class Exchange:
    """One request on its way through the steps; what is known of it so far is what an error answer can tell.

    held: wall seconds that a fault holds it between `enter` and `act`.
    """

    def __init__(self, request: Request, *, world: World) -> None:
        self._request = request
        self._world = world
        self._request_id = str(uuid.uuid4()).upper()
        self._envelope: Envelope | None = None
        self._action: Action | None = None
        self._call: Call | None = None
        self._retry_after: int | None = None
        self._hit: Hit | None = None
        self._outcome: tuple[int, Any] | None = None
        self._late = 0.0
        self._token = ""  # held while a fault holds the request
        self.held = 0.0

    def enter(self) -> None:
        """The steps before the effect."""
        self._guard(self._enter)

    def act(self) -> None:
        """The effect and what follows, unless the request has ended already; it is counted in any case."""
        self._world.tokens.release(self._token)
        if self._outcome is None and self._hit is None:
            self._guard(self._act)
            self._guard(self._strike_after)
        self._count()

    def _guard(self, step: Callable[[], None]) -> None:
        try:
            step()
        except ApiError as error:
            self._outcome = self._failed(error)
        except Hit as hit:
            self._hit = hit
        except Exception as error:  # a bug of ours must look to clients as one of the cloud does, and be found
            self._world.store.rollback()
            self._outcome = self._crashed(error)

    def _enter(self) -> None:
        envelope = self._envelope = wire.unwrap(self._request)
        action, path_fields = find_action(envelope)
        self._action = action
        key = authenticate(envelope, world=self._world)
        values = self._read_parameters(envelope, path_fields=path_fields, action=action)
        values = _with_token(values, action=action)
        call = self._call = locate(values, envelope=envelope, world=self._world, key=key, action=action)
        limit = call.settings.throttle.get(action.key) or call.settings.throttle.get("*")
        bucket = f"{call.scope.account}/{call.scope.region}/{action.key}"
        self._world.throttle.pass_one(bucket, limit=limit, now=self._world.clock.wall())
        self.held = self._world.faults.strike(_occasion(call), when="before")
        if self.held and call.text("ClientToken"):
            self._token = self._world.tokens.hold(token_of(call))

    def _act(self) -> None:
        call = self._call
        assert call is not None  # as _enter leaves it
        action = call.action
        with self._world.faults.performing(_occasion(call)):
            answer = fitted(self._perform(call), call=call)
        if call.settings.check_answers:
            for text in answers.faults(answer, tree=action.response):
                self._world.ledger.find(Finding("answer", action.key, text))
        self._outcome = 200, answers.signed(answer, action=action, request_id=self._request_id)

    def _strike_after(self) -> None:
        """Whatever the service has answered."""
        if self._call is not None:
            self._late = self._world.faults.strike(_occasion(self._call), when="after")

    def _perform(self, call: Call) -> Any:
        """The answer of the service, empty for a user without the permission to list."""
        empty = self._world.faults.odd(EmptyList)
        if empty is not None and call.flag("DryRun"):
            raise ApiError("Forbidden.RAM", message=f"User not authorized to do {call.action.key}.", status=403)
        answer = once(call) if call.text("ClientToken") else perform(call)
        return answer if empty is None else empty.empty(answer)

    def _read_parameters(self, envelope: Envelope, *, path_fields: Mapping[str, str], action: Action) -> dict[str, Any]:
        parsed = parameters.parse({**envelope.fields, **path_fields}, action=action, body=envelope.body)
        for name in parsed.unknown:
            self._world.ledger.find(Finding("unknown-parameter", action.key, name))
        return parsed.values

    def _failed(self, error: ApiError) -> tuple[int, dict[str, Any]]:
        """Status and document of an error."""
        self._retry_after = error.retry_after
        status = error.status or api.status_of(error.code, action=self._action)
        product = self._action.product if self._action else ""
        host = self._request.header("host")
        body = error_body(error.code, message=error.message, request_id=self._request_id, host=host, product=product)
        return status, body

    def _crashed(self, error: Exception) -> tuple[int, dict[str, Any]]:
        """Status and document of a bug in the local cloud; the traceback is a finding."""
        self._world.ledger.find(Finding("crash", self._named_action(), "".join(traceback.format_exception(error))))
        return self._failed(ApiError("InternalError", message=f"{type(error).__name__} in the local cloud.", status=500))

    def _count(self) -> None:
        status, document = (502, {"Code": f"Fault.{self._hit.harm.KIND}"}) if self._hit else self._ended
        values = dict(self._call.parameters) if self._call else {}
        region = self._call.scope.region if self._call else ""
        code = "" if status < 400 else str(document["Code"])
        logged = Logged(self._world.store.now, self._named_action(), region, status, code, self._request_id, values)
        self._world.ledger.count(logged)

    def _named_action(self) -> str:
        envelope = self._envelope
        if self._action is not None:
            return self._action.key
        return f"{envelope.version}.{envelope.action}" if envelope else "unreadable"

    @property
    def _ended(self) -> tuple[int, Any]:
        assert self._outcome is not None  # as act leaves it
        return self._outcome

    def render(self) -> Response:
        """What is sent. A fault spoils the answer that there would have been."""
        answer = Response(200, b"{}") if self._outcome is None else self._answer(*self._outcome)
        return answer if self._hit is None else self._hit.spoil(answer)

    def _answer(self, status: int, document: Any) -> Response:
        headers = {"x-acs-request-id": self._request_id, "x-acsctl-speed": str(self._world.clock.speed)}
        if self._retry_after is not None:
            headers["x-acs-retry-after"] = str(self._retry_after)
        if wire.wants_xml(self._request):
            root = "Error" if status >= 400 else f"{self._action.name if self._action else ''}Response"
            return Response(status, as_xml(document, root=root), XML_TYPE, headers, self._late)
        if status >= 400 and self._request.path != "/":
            document = roa_error_body(document, status=status)
        if status < 400 and self._action is not None:
            body, kind = as_body(document, action=self._action)
            return Response(self._action.status, body, kind, headers, self._late)
        return Response(status, as_json(document), JSON_TYPE, headers, self._late)


def _occasion(call: Call) -> Occasion:
    return Occasion(call.action.key, call.key.id, call.parameters, lambda: api.published_codes(call.action))


def _with_token(values: dict[str, Any], *, action: Action) -> dict[str, Any]:
    """ROA bodies carry the client token as client_token; from here on it is ClientToken, as anywhere else."""
    body = values.get("body")
    token = cast("dict[str, Any]", body).get("client_token") if action.has_path and isinstance(body, dict) else None
    return {**values, "ClientToken": token} if token else values


def find_action(envelope: Envelope) -> tuple[Action, dict[str, str]]:
    """The published action that a request names, and the parameters in its path."""
    product = api.product(envelope.version)
    if product is None:
        raise ApiError("InvalidVersion", message=f"The local cloud knows no product of version {envelope.version}.")
    if product.style == "ROA":
        found = product.by_path(method=envelope.request.method, path=envelope.request.path)
        if found is not None:
            return found
    elif envelope.request.path == "/" and envelope.action in product.actions:
        return product.actions[envelope.action], {}
    raise ApiError("InvalidApi.NotFound", message="The API is not found: check its name, version and path.")


def authenticate(envelope: Envelope, *, world: World) -> AccessKey:
    """Who sends it. Raises ApiError for an unknown key, a date that is off, a wrong signature or a replayed nonce."""
    claim = signature.claim(envelope)
    now = time.time()
    key = admit(claim, keys=world.keys(), now=now)
    signature.check_date(claim.date, now=now)
    signature.check(envelope, secret=key.secret)
    if claim.nonce or envelope.form is not Form.ROA1:
        world.nonces.use(claim.nonce, key_id=claim.key_id)
    return key


def locate(values: Mapping[str, Any], *, envelope: Envelope, world: World, key: AccessKey, action: Action) -> Call:
    """The region: named, or in the host's name, or that of the first known id, or the default one."""
    region = _named_region(values, action=action) or catalogue.region_in(envelope.request.header("host")) or ""
    if region and region not in catalogue.regions():
        raise ApiError("InvalidRegionId.NotFound", message=f"The region {region} does not exist.")
    ids = [*_texts(values)]
    found = region or world.store.region_of(key.account, ids=ids) or region_of_standing(ids) or DEFAULT_REGION
    return Call(world, action, key, Scope(key.account, found), bool(region), values, envelope.request.header("host"))


def _named_region(values: Mapping[str, Any], *, action: Action) -> str:
    """RegionId; in the ROA style region_id or Region, in the path, the query or the body."""
    if not action.has_path:
        return str(values.get("RegionId") or "")
    body = values.get("body")
    found = [values.get(name) for name in ("RegionId", "region_id", "Region", "region")]
    inside = cast("dict[str, Any]", body).get("region_id") if isinstance(body, dict) else None
    return next((one for one in (*found, inside) if isinstance(one, str) and one), "")


def _texts(values: Mapping[str, Any]) -> Iterator[str]:
    """Single words of the top-level parameters: candidates for ids, also in JSON lists and comma lists."""
    for value in values.values():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str):
                yield from one.strip('[]"').replace('"', "").replace(" ", "").split(",")
