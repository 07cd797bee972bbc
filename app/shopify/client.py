"""One shop's Admin GraphQL: paced by cost, and every way it can fail told apart.

Three layers of errors are looked at each time: the HTTP status, `errors` beside or instead of the
data, and a mutation's own `userErrors` (which are the caller's to read). A client belongs to one
piece of work for one shop; nothing of it is shared, so no shop's token can meet another's address.
Sources: Shopify, "API limits", "Idempotent requests", "Versioning".
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import httpx
import shopify
import structlog
from sqlmodel import Session

from app.config import settings
from app.connections import locked
from app.db import run
from app.errors import GiveUp, RetryLater
from app.shopify import tokens
from app.shopify.tokens import AccessToken

log = structlog.get_logger(__name__)

DOCUMENTS = Path(__file__).with_name("graphql")
TIMEOUT = httpx.Timeout(20, connect=3.05)
LONGEST_WAIT = 20.0  # seconds in all that one call may wait for the cost bucket to fill
FROZEN = timedelta(hours=1)
Json = dict[str, Any]


class OutcomeUnknown(RetryLater):
    """The request may have been carried out: only the same idempotency key may be sent again."""


class Denied(GiveUp):
    """Shopify refuses this to the app: a scope is missing, or the operation itself is wrong."""


class _Throttled(Exception):
    """The cost bucket is too empty; `seconds` until it is full enough."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"throttled for {seconds:.1f} s")
        self.seconds = seconds


@lru_cache(maxsize=64)
def document(name: str) -> str:
    """The text of app/shopify/graphql/<name>.graphql, one operation."""
    return (DOCUMENTS / f"{name}.graphql").read_text()


@lru_cache(maxsize=1)
def _http() -> httpx.Client:
    # Connections are shared, credentials never: each request carries its own headers.
    return httpx.Client(
        timeout=TIMEOUT,
        limits=httpx.Limits(max_connections=64),
        # A proxy that leads outside does not lead to a simulator on this machine.
        trust_env=not settings().shopify_admin_origin,
    )


class ShopGraphQL(shopify.GraphQL):  # type: ignore[misc]
    """ShopifyAPI's GraphQL caller without its thread-wide session, with time-outs and pooling."""

    def __init__(self, access: AccessToken) -> None:
        # No super().__init__: it would take whichever shop this thread activated last.
        session = shopify.Session(access.domain, settings().shopify_api_version, access.token)
        origin = settings().admin_origin(access.domain)
        self.endpoint = f"{session.version.api_path(origin)}/graphql.json"
        self.headers = {"X-Shopify-Access-Token": session.token}

    def execute(
        self,
        query: str,
        variables: Mapping[str, Any] | None = None,
        operation_name: str | None = None,
    ) -> httpx.Response:
        """The raw answer, whatever its status."""
        body = {"query": query, "variables": dict(variables or {})}
        return _http().post(self.endpoint, headers=self.headers, json=body)


class ShopClient:
    """Asks one shop's Admin API. Not for sharing between threads."""

    def __init__(self, shop_id: int, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self.shop_id = shop_id
        self._sleep = sleep
        self._access: AccessToken | None = None
        self._available = float("inf")
        self._restore_rate = 50.0
        self._as_of = 0.0
        self._costs: dict[str, float] = {}
        self._noted_success = False
        self._served: str | None = None

    def ask(self, name: str, **variables: Any) -> Json:
        """The `data` of the named document, whole.

        Raises RetryLater (NotConnected, OutcomeUnknown are kinds of it), or Denied when asking again
        cannot help.
        """
        waited = 0.0
        while True:
            pause = self._pause_before(name)
            try:
                if pause > 0:
                    raise _Throttled(pause)
                return self._ask_once(name, variables)
            except _Throttled as throttled:
                waited += throttled.seconds
                if waited > LONGEST_WAIT:
                    raise RetryLater(
                        "Shopify's rate limit is used up.",
                        after=timedelta(seconds=throttled.seconds),
                    ) from None
                self._sleep(throttled.seconds)
                self._available, self._as_of = float("inf"), 0.0

    def pages(self, name: str, path: str, **variables: Any) -> Iterator[Json]:
        """Every node of a connection, page by page; `path` leads to it, such as "order.lineItems"."""
        after: str | None = variables.pop("after", None)
        while True:
            found: Any = self.ask(name, after=after, **variables)
            for part in path.split("."):
                found = (found or {}).get(part)
            if not found:
                return
            yield from found["nodes"]
            if not found["pageInfo"]["hasNextPage"]:
                return
            after = found["pageInfo"]["endCursor"]

    def _ask_once(self, name: str, variables: Mapping[str, Any]) -> Json:
        response = self._send(name, variables)
        if response.status_code == 401:
            assert self._access is not None
            # 401 comes before anything is carried out, so sending again is safe.
            refused = self._access.token
            self._access = tokens.access(self.shop_id, refused=refused)
            response = self._send(name, variables)
            if response.status_code == 401:
                tokens.refused_for_good(self.shop_id, self._access.token)
                raise tokens.NotConnected(tokens.REOPEN)
        return self._data(name, response)

    def _send(self, name: str, variables: Mapping[str, Any]) -> httpx.Response:
        if self._access is None:
            self._access = tokens.access(self.shop_id)
        try:
            response: httpx.Response = ShopGraphQL(self._access).execute(document(name), variables)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise RetryLater(f"Shopify cannot be reached ({type(error).__name__}).") from error
        except httpx.HTTPError as error:
            raise OutcomeUnknown(f"Shopify did not answer ({type(error).__name__}).") from error
        return response

    def _data(self, name: str, response: httpx.Response) -> Json:
        _look_at_status(response)
        try:
            body = response.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise OutcomeUnknown("Shopify's answer cannot be read.")
        self._learn_cost(name, body)
        _look_at_errors(body, self._restore_rate)
        data = body.get("data")
        if not isinstance(data, dict):
            raise OutcomeUnknown("Shopify's answer has no data.")
        self._note_success(response)
        return data

    def _pause_before(self, name: str) -> float:
        missing = self._costs.get(name, 0.0) - self._available
        if missing <= 0:
            return 0.0
        restored = (time.monotonic() - self._as_of) * self._restore_rate
        return max(0.0, (missing - restored) / self._restore_rate)

    def _learn_cost(self, name: str, body: Json) -> None:
        extensions = body.get("extensions")
        cost = extensions.get("cost") if isinstance(extensions, dict) else None
        if not isinstance(cost, dict):
            return
        self._costs[name] = float(cost.get("requestedQueryCost") or 0)
        status = cost.get("throttleStatus")
        if isinstance(status, dict):
            self._available = float(status.get("currentlyAvailable") or 0)
            self._restore_rate = max(1.0, float(status.get("restoreRate") or 50))
            self._as_of = time.monotonic()

    def _note_success(self, response: httpx.Response) -> None:
        served = response.headers.get("X-Shopify-API-Version")
        if self._noted_success and served in (None, self._served):
            return
        self._noted_success, self._served = True, served
        run(_worked, self.shop_id, served)


def _look_at_status(response: httpx.Response) -> None:
    status = response.status_code
    if status == 200:
        return
    if status in (402, 423):
        raise RetryLater("The store is frozen or locked by Shopify.", after=FROZEN)
    if status == 403:
        raise Denied("Shopify refuses access; the app may lack a scope.", code="forbidden")
    if status == 404:
        raise Denied("Shopify knows no such store or API version.", code="not_found")
    if status == 429 or status >= 500:
        wait = _seconds(response.headers.get("Retry-After")) or random.uniform(1, 3)
        kind = RetryLater if status == 429 else OutcomeUnknown
        raise kind(f"Shopify answered {status}.", after=timedelta(seconds=wait))
    raise Denied(f"Shopify answered {status}.", code="bad_request")


def _look_at_errors(body: Json, restore_rate: float) -> None:
    errors = body.get("errors")
    if not errors:
        return
    if not isinstance(errors, list):
        raise Denied(f"Shopify refuses the operation: {str(errors)[:300]}", code="refused")
    codes = [_code(error) for error in errors]
    message = "; ".join(
        str(error.get("message", ""))[:300] for error in errors if isinstance(error, dict)
    )
    if "THROTTLED" in codes:
        raise _Throttled(_until_affordable(body, restore_rate))
    if any(code in ("INTERNAL_SERVER_ERROR", "TIMEOUT", "SERVICE_UNAVAILABLE") for code in codes):
        raise OutcomeUnknown(f"Shopify had an error of its own: {message}")
    if "ACCESS_DENIED" in codes:
        raise Denied(f"Shopify denies access: {message}", code="access_denied")
    raise Denied(f"Shopify refuses the operation: {message}", code="refused")


def _until_affordable(body: Json, restore_rate: float) -> float:
    cost = (body.get("extensions") or {}).get("cost") or {}
    status = cost.get("throttleStatus") or {}
    missing = float(cost.get("requestedQueryCost") or 0) - float(
        status.get("currentlyAvailable") or 0
    )
    # At least a second, as Shopify asks; a little more for everybody else who waits.
    return max(1.0, missing / restore_rate) * random.uniform(1.0, 1.2)


def _code(error: Any) -> str:
    extensions = error.get("extensions") if isinstance(error, dict) else None
    return str(extensions.get("code", "")) if isinstance(extensions, dict) else ""


def _seconds(text: str | None) -> float:
    try:
        return max(0.0, min(300.0, float(text or 0)))
    except ValueError:
        return 0.0


def _worked(session: Session, served: str | None) -> None:
    connection = tokens.find(session)
    if connection is None:
        return
    connection = locked(session, connection.connection_id)
    connection.worked()
    asked = settings().shopify_api_version
    details = {key: value for key, value in connection.details.items() if key != "api_version"}
    if served and served != asked:
        # Shopify falls forward when a version ends; somebody has to look before it bites.
        details["api_version"] = {"asked": asked, "served": served}
        if details != connection.details:
            log.warning("api_version_differs", asked=asked, served=served)
    connection.details = details
