"""Alibaba's own SDK, untyped as it is, behind one typed class: it knows the endpoints and signs; we send."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from acsctl.cloud.answer import Answer
from acsctl.cloud.clock import Clock
from acsctl.cloud.credentials import Credentials
from acsctl.cloud.lazy import defer, import_light
from acsctl.cloud.products import Product
from acsctl.cloud.routes import Form
from acsctl.cloud.transport import Outgoing, Transport
from acsctl.errors import AcsctlError, UnreachableError

_CORE = "alibabacloud_tea_openapi"
_send: ContextVar[Callable[[Outgoing], Answer]] = ContextVar("_send")


class _Client(Protocol):
    def call_api(self, params: Any, request: Any, runtime: Any) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Site:
    """Where the products are asked: a region of the cloud, or one endpoint for all of them ("http://127.0.0.1:4000")."""

    region: str
    endpoint: str | None = None


class Sdk:
    """The products' own clients at one site, each opened when it is first needed. All threads share one."""

    def __init__(self, site: Site, *, credentials: Credentials, clock: Clock) -> None:
        self._site = site
        self._signer = _Signer(credentials)
        self._transport = Transport(clock=clock)
        self._lock = threading.Lock()
        self._clients: dict[str, _Client] = {}

    def exchange(self, product: Product, *, action: str, form: Form, ahead: Callable[[], None] | None = None) -> Answer:
        """One signed request and its answer, whatever its status. `ahead` is called once it is signed, and may forbid it.

        Raises UnreachableError, UnknownOutcomeError, AccessError, and AcsctlError when the product's package is not installed.
        """
        name = f"{product.code}.{action}"
        client = self._client(product)
        models = importlib.import_module(f"{_CORE}.utils_models")
        params = models.Params(
            action=action,
            version=product.version,
            protocol="HTTPS",
            pathname=form.path,
            method=form.method,
            auth_type="AK",
            style=product.style,
            req_body_type="formData" if product.style == "RPC" else "json",
            body_type="binary",
        )
        request = models.OpenApiRequest(query=dict(form.query), body=form.body)
        runtime = importlib.import_module("darabonba.runtime").RuntimeOptions()

        def send(outgoing: Outgoing) -> Answer:
            if ahead is not None:
                ahead()
            return self._transport.send(outgoing, action=name)

        token = _send.set(send)
        try:
            answer: Answer = client.call_api(params, request, runtime)["body"]
        except Exception as error:
            # The SDK wraps whatever happens while it sends.
            inner = vars(error).get("inner_exception", error)
            if isinstance(inner, AcsctlError):
                raise inner from inner.__cause__
            said = f"the SDK could not sign it: {type(inner).__name__}"
            raise UnreachableError("acsctl.NotSent", action=name, said=said) from error
        finally:
            _send.reset(token)
        return answer

    def _client(self, product: Product) -> _Client:
        with self._lock:
            if product.code not in self._clients:
                self._clients[product.code] = self._open(product)
            return self._clients[product.code]

    def _open(self, product: Product) -> _Client:
        package = product.package or _CORE
        try:
            _prepare()
            if product.package:
                defer(f"{package}.models")
            module = importlib.import_module(f"{package}.client")
        except ModuleNotFoundError as error:
            remedy = f"pip install {package.replace('_', '-')}"
            raise AcsctlError(f"the SDK for {product.code} is not installed: {error.name}", remedy=remedy) from error
        protocol, _, host = (self._site.endpoint or "https://").partition("://")
        config = importlib.import_module(f"{_CORE}.utils_models").Config(
            region_id=self._site.region,
            protocol=protocol,
            endpoint=host or product.endpoint.format(region=self._site.region) or None,
            credential=self._signer,
            user_agent="acsctl",
        )
        made: _Client = module.Client(config)
        return made


class _Signer:
    """Credentials as the SDK asks for them, at each call."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def get_credential(self) -> Any:
        keys = self._credentials.keys()
        return importlib.import_module("alibabacloud_credentials.models").CredentialModel(
            access_key_id=keys.access_key_id,
            access_key_secret=keys.secret,
            security_token=keys.token,
            type="sts" if keys.token else "access_key",
        )


@cache
def _prepare() -> None:
    """Import the SDK's core once: light, silent, and sending through us."""
    client: Any = import_light(f"{_CORE}.client")
    import_light("alibabacloud_credentials.models")

    original = client.DaraCore

    class Core(original):  # type: ignore[misc, valid-type]  # the SDK is untyped
        @staticmethod
        def do_action(request: Any, runtime_option: Any = None) -> Any:
            send = _send.get(None)
            if send is None:
                # Somebody else's client in this process: it sends as it always did.
                return original.do_action(request, runtime_option)
            body = request.body.encode() if isinstance(request.body, str) else request.body
            outgoing = Outgoing(request.method, original.compose_url(request), dict(request.headers), body)
            response = importlib.import_module("darabonba.response").DaraResponse()
            # The SDK would read the status and lose it wherever the body is not its JSON: it is shown a plain success,
            # and the answer goes through it untouched.
            response.status_code, response.headers, response.body = 200, {}, send(outgoing)
            return response

    client.DaraCore = Core
