"""The control API for inventory transfers: what a merchant does on Products › Transfers."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify

from app.simulators.shopify import life, shown, transfers
from app.simulators.shopify.asked import (
    Json,
    given_body,
    the_location,
    the_shop,
    the_transfer,
    the_variant,
    the_world,
)
from app.simulators.shopify.records import Transfer
from app.simulators.shopify.world import ShopState

control = Blueprint("control_transfers", __name__)


@control.get("/<shop>/transfers")
def list_transfers(shop: str) -> Response:
    store = the_shop(shop).store
    return jsonify({"data": [shown.transfer(store, one) for one in store.all(Transfer)]})


@control.get("/<shop>/transfers/<reference>")
def one_transfer(shop: str, reference: str) -> Response:
    return _shown(the_shop(shop), reference)


@control.post("/<shop>/transfers")
def create_transfer(shop: str) -> Any:
    """`lines`: {sku, quantity}…; `destination`, `origin`, `reference`; ready unless `draft`."""
    state, given = the_shop(shop), given_body()
    places = {
        f"{name}_id": the_location(state, given[name]).id if given.get(name) else None
        for name in ("origin", "destination")
    }
    with the_world().changing(state) as change:
        made = transfers.create(
            change,
            _units(state, given["lines"]),
            origin_id=places["origin_id"],
            destination_id=places["destination_id"],
            reference_name=given.get("reference"),
        )
        if not given.get("draft", False):
            transfers.make_ready(change, made.id)
    return _shown(state, str(made.id)), 201


@control.patch("/<shop>/transfers/<reference>")
def change_transfer(shop: str, reference: str) -> Response:
    """Other totals of `lines` ({sku, quantity}…), or `ready`: true of a draft."""
    state, given = the_shop(shop), given_body()
    transfer = the_transfer(state, reference)
    with the_world().changing(state) as change:
        for item_id, quantity in _units(state, given.get("lines", [])).items():
            transfers.set_quantity(change, transfer.id, item_id, quantity)
        if given.get("ready"):
            transfers.make_ready(change, transfer.id)
    return _shown(state, reference)


@control.delete("/<shop>/transfers/<reference>")
def delete_transfer(shop: str, reference: str) -> Any:
    state = the_shop(shop)
    with the_world().changing(state) as change:
        transfers.delete(change, the_transfer(state, reference).id)
    return "", 204


@control.post("/<shop>/transfers/<reference>/cancel")
def cancel_transfer(shop: str, reference: str) -> Response:
    state = the_shop(shop)
    with the_world().changing(state) as change:
        transfers.cancel(change, the_transfer(state, reference).id)
    return _shown(state, reference)


@control.post("/<shop>/transfers/<reference>/shipments")
def ship_transfer(shop: str, reference: str) -> Any:
    """Ships `lines` or all that is left, arriving `arrives_at`; under way unless `draft`."""
    state, given = the_shop(shop), given_body()
    lines = given.get("lines")
    with the_world().changing(state) as change:
        transfers.pack(
            change,
            the_transfer(state, reference).id,
            None if lines is None else _units(state, lines),
            arrives_at=life.at(given.get("arrives_at")),
            in_transit=not given.get("draft", False),
        )
    return _shown(state, reference), 201


@control.patch("/<shop>/transfers/<reference>/shipments/<int:number>")
def track_shipment(shop: str, reference: str, number: int) -> Response:
    """Another `arrives_at`; `in_transit`: true lets a draft leave."""
    state, given = the_shop(shop), given_body()
    with the_world().changing(state) as change:
        transfers.track(
            change,
            the_transfer(state, reference).id,
            number,
            arrives_at=life.at(given.get("arrives_at")),
            in_transit=bool(given.get("in_transit", False)),
        )
    return _shown(state, reference)


@control.post("/<shop>/transfers/<reference>/shipments/<int:number>/receive")
def receive_shipment(shop: str, reference: str, number: int) -> Response:
    """Accepts all that is under way, or `lines`: {sku, accepted?, rejected?}…"""
    state, given = the_shop(shop), given_body()
    units = None
    if "lines" in given:
        units = {
            the_variant(state, one).item_id: (
                int(one.get("accepted", 0)),
                int(one.get("rejected", 0)),
            )
            for one in given["lines"]
        }
    with the_world().changing(state) as change:
        transfers.receive(change, the_transfer(state, reference).id, number, units)
    return _shown(state, reference)


def _units(state: ShopState, lines: list[Json]) -> dict[int, int]:
    return {the_variant(state, one).item_id: int(one["quantity"]) for one in lines}


def _shown(state: ShopState, reference: str) -> Response:
    return jsonify(shown.transfer(state.store, the_transfer(state, reference)))
