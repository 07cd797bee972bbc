"""Addresses: what a person types, checked and sealed, and how Apprise reaches it."""

from __future__ import annotations

import ipaddress
import re
import socket
from logging import WARNING
from typing import Any, Literal, NoReturn
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import apprise

from app import secrets
from app.config import settings
from app.errors import FieldError, GiveUp, Refused, RetryLater

Kind = Literal["email", "slack", "webhook", "other"]

SLACK = "https://hooks.slack.com/services/"
EMAIL = re.compile(r"[^@\s,;<>]{1,64}@[A-Za-z0-9.-]{1,190}\.[A-Za-z]{2,24}")
# Services whose own servers are told, so that no address can lead a shop into our network.
# https://github.com/caronc/apprise/wiki names the form of each.
OTHERS = {
    "discord": "Discord",
    "dingtalk": "DingTalk",
    "feishu": "Feishu",
    "gchat": "Google Chat",
    "lark": "Lark",
    "opsgenie": "Opsgenie",
    "pover": "Pushover",
    "tgram": "Telegram",
    "wecombot": "WeCom",
    "webex": "Webex",
    "workflow": "Microsoft Teams (Workflows)",
}


def sealed(kind: Kind, typed: str) -> tuple[str, str]:
    """The address sealed, and a hint at it. Raises Refused("bad_address") naming what to type."""
    address = typed.strip()
    if kind == "email":
        if not EMAIL.fullmatch(address):
            _refuse("type one e-mail address")
        name, _, domain = address.partition("@")
        return secrets.encrypt(address), f"{name[0]}…@{domain}"
    if kind == "slack" and not address.startswith(SLACK):
        _refuse(f"paste the address of an incoming webhook; it begins with {SLACK}")
    if kind == "webhook":
        parts = _parts(address)
        if parts.scheme != "https" and not settings().alerts_to_private_addresses:
            _refuse("use an address that begins with https://")
        if _is_private_literal(parts.hostname or ""):
            _refuse("use an address that can be reached from the internet")
        if not _notifier(kind, address):
            _refuse("type an address such as https://example.com/hook")
        return secrets.encrypt(address), f"{parts.hostname}/…{address[-4:]}"
    if kind == "other" and address.partition(":")[0].lower() not in OTHERS:
        _refuse("use Apprise's form of one of: " + ", ".join(f"{one}://" for one in OTHERS))
    found = _notifier(kind, address)
    if not found:
        _refuse("this address is not complete")
    return secrets.encrypt(address), f"{found.service_name} …{address[-4:]}"


def tell(kind: str, opened: str, subject: str, body: str) -> None:
    """Sends one message by Apprise.

    Raises GiveUp where trying again cannot help, else RetryLater with what Apprise says of it.
    """
    if kind == "webhook":
        _stay_outside(_parts(opened).hostname or "")
    found = _notifier(kind, opened)
    if not found:
        raise GiveUp("This address is not one that can be told any more; enter it again.")
    with apprise.LogCapture(level=WARNING) as said:  # type: ignore[no-untyped-call]
        sent = found.notify(body=body, title=subject, body_format=apprise.NotifyFormat.TEXT)
        reason = said.getvalue().strip().rpartition("\n")[2].replace(opened, "…")
    if not sent:
        raise RetryLater(f"It was not taken. {reason}"[:300].strip())


def _notifier(kind: str, address: str) -> Any:
    """Apprise's way to an address, or None for one it does not know."""
    written = _as_json_hook(address) if kind == "webhook" else address
    return apprise.Apprise.instantiate(written, suppress_exceptions=True)


def _as_json_hook(address: str) -> str:
    """Apprise's own form of a webhook: its query would be read as options unless marked as given."""
    parts = _parts(address)
    scheme = "jsons" if parts.scheme == "https" else "json"
    given = [(f"-{name}", value) for name, value in parse_qsl(parts.query, keep_blank_values=True)]
    query = urlencode([*given, ("redirect", "no")], quote_via=quote)
    return f"{scheme}://{parts.netloc}{parts.path}?{query}"


def _parts(address: str) -> Any:
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        _refuse("type an address such as https://example.com/hook")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        _refuse("type an address such as https://example.com/hook")
    return parts


def _stay_outside(host: str) -> None:
    """A shop's webhook must not lead into our own network."""
    if settings().alerts_to_private_addresses:
        return
    try:
        found = {one[4][0] for one in socket.getaddrinfo(host, None)}
    except OSError as error:
        raise RetryLater("Its name is not known now.") from error
    if not all(ipaddress.ip_address(str(one).partition("%")[0]).is_global for one in found):
        raise GiveUp("It leads into a private network, where alerts are not sent.")


def _is_private_literal(host: str) -> bool:
    if settings().alerts_to_private_addresses:
        return False
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal"))


def _refuse(fix: str) -> NoReturn:
    raise Refused(
        "bad_address",
        "Nobody can be told at this address.",
        status=422,
        errors=[FieldError("address", fix)],
    )
