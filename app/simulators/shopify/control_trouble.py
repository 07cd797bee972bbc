"""The control API for deliveries, knobs and tokens: how badly things may go."""

from __future__ import annotations

import time
from typing import Any

from flask import Blueprint, Response, jsonify, request

from app.simulators.shopify import life, shown, tokens
from app.simulators.shopify.asked import given_body, the_order, the_shop, the_world
from app.simulators.shopify.events import announce
from app.simulators.shopify.records import (
    Delivery,
    RefreshToken,
)
from app.simulators.shopify.world import Unknown

control = Blueprint("control_trouble", __name__)


@control.get("/<shop>/deliveries")
def deliveries(shop: str) -> Response:
    """Webhooks, newest first; filtered by `state`, `topic` and `limit` (100)."""
    store, wanted = the_shop(shop).store, request.args.to_dict()
    found = [
        one
        for one in reversed(store.all(Delivery))
        if wanted.get("state") in (None, one.state) and wanted.get("topic") in (None, one.topic)
    ]
    found = found[: int(wanted.get("limit", 100))]
    return jsonify({"data": [shown.delivery(store, one) for one in found]})


@control.get("/<shop>/deliveries/<webhook_id>")
def one_delivery(shop: str, webhook_id: str) -> Response:
    """One webhook with its body as text."""
    store = the_shop(shop).store
    found = store.get(Delivery, webhook_id)
    if found is None:
        raise Unknown(f"There is no webhook {webhook_id}.")
    return jsonify(shown.delivery(store, found, whole=True))


@control.post("/<shop>/deliveries/release")
def release(shop: str) -> Response:
    """Sends what is held, `shuffled` or in order, and holds no more unless `keep_holding`."""
    state, given = the_shop(shop), given_body()
    state.manners.hold = bool(given.get("keep_holding", False))
    count = the_world().deliverer.release(state.route, shuffled=bool(given.get("shuffled", False)))
    return jsonify({"released": count})


@control.post("/<shop>/deliveries/hurry")
def hurry(shop: str) -> Response:
    """Makes every waiting retry due now."""
    return jsonify({"hurried": the_world().deliverer.hurry(the_shop(shop).route)})


@control.post("/<shop>/deliveries/<webhook_id>/again")
def again(shop: str, webhook_id: str) -> Response:
    """Sends a webhook once more, with the same webhook id."""
    state = the_shop(shop)
    if state.store.get(Delivery, webhook_id) is None:
        raise Unknown(f"There is no webhook {webhook_id}.")
    with state.store.changing() as change:
        found = change.edit(Delivery, webhook_id)
        if found.state == "delivered":
            found.again += 1
        else:
            found.state, found.failures = "pending", 0
        found.due_at = change.at
    the_world().deliverer.add(state.route, found)
    return jsonify(shown.delivery(state.store, found))


@control.get("/<shop>/settled")
def settled(shop: str) -> Any:
    """Waits up to `seconds` (10) until no webhook is pending; 200 or 504 with what is left."""
    store = the_shop(shop).store
    until = time.monotonic() + float(request.args.get("seconds", 10))
    while True:
        left = [
            one
            for one in store.all(Delivery)
            if one.state == "pending" or (one.state == "delivered" and one.again)
        ]
        if not left or time.monotonic() > until:
            break
        time.sleep(0.02)
    body = {"pending": [shown.delivery(store, one) for one in left[:50]], "count": len(left)}
    return jsonify(body), 504 if left else 200


@control.post("/<shop>/webhooks")
def send_webhook(shop: str) -> Any:
    """Signs and sends a `body` (text, as it is) under a `topic`; for what no order could cause."""
    given = given_body()
    webhook_id = the_world().send_raw(the_shop(shop), given["topic"], given["body"])
    return jsonify({"webhook_id": webhook_id}), 201


@control.post("/<shop>/compliance")
def compliance(shop: str) -> Any:
    """Sends a compliance `topic`; the customer topics name the customer of an `order`."""
    state, given = the_shop(shop), given_body()
    with the_world().changing(state) as change:
        if given["topic"] == "shop/redact":
            announce(change, "shop/redact")
        else:
            order = the_order(state, str(given["order"]))
            announce(change, given["topic"], order.number, [order.id])
    return "", 202


@control.get("/<shop>/knobs")
def knobs(shop: str) -> Response:
    return jsonify(the_world().knobs(the_shop(shop)))


@control.post("/<shop>/knobs")
def set_knobs(shop: str) -> Response:
    """Sets any of the knobs; the README lists them."""
    return jsonify(the_world().set_knobs(the_shop(shop), given_body()))


@control.delete("/<shop>/knobs")
def reset_knobs(shop: str) -> Response:
    """Good behaviour again; held webhooks are released."""
    state = the_shop(shop)
    the_world().reset_knobs(state)
    return jsonify(the_world().knobs(state))


@control.post("/<shop>/bucket")
def bucket(shop: str) -> Response:
    """Empties the cost bucket (`drain`), or gives it another `maximum` and `restore_rate`."""
    state, given = the_shop(shop), given_body()
    if "maximum" in given:
        state.bucket.resize(float(given["maximum"]), float(given.get("restore_rate", 100)))
    if given.get("drain"):
        state.bucket.drain()
    return jsonify(state.bucket.status())


@control.post("/<shop>/uninstall")
def uninstall(shop: str) -> Any:
    """The merchant removes the app: tokens die, app/uninstalled is sent."""
    life.uninstall(the_world(), the_shop(shop))
    return "", 202


@control.post("/<shop>/install")
def install(shop: str) -> Any:
    """The merchant opens the app again, which installs it."""
    the_world().install(the_shop(shop))
    return "", 202


@control.post("/<shop>/scopes")
def scopes(shop: str) -> Any:
    """The merchant consents to these `scopes`."""
    life.grant_scopes(the_world(), the_shop(shop), list(given_body()["scopes"]))
    return "", 202


@control.get("/<shop>/id-token")
def id_token(shop: str) -> Response:
    """An ID token for `user` (1), good for `seconds` (60; negative: expired already)."""
    state = the_shop(shop)
    the_world().install(state)
    user, seconds = int(request.args.get("user", 1)), int(request.args.get("seconds", 60))
    token = tokens.id_token(the_world().settings, state.domain, user, seconds=seconds)
    return jsonify({"id_token": token})


@control.post("/<shop>/tokens/expire")
def expire_tokens(shop: str) -> Any:
    """Ends all access tokens now; with `refresh`, revokes the refresh tokens as well."""
    with the_shop(shop).store.changing() as change:
        tokens.expire_access(change)
        if given_body().get("refresh"):
            for one in change.all(RefreshToken):
                change.edit(RefreshToken, one.key).revoked = True
    return "", 202
