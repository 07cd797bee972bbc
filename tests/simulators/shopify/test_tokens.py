"""Token exchange, refresh and the ends of tokens."""

from __future__ import annotations

from tests.simulators.shopify.conftest import GRAPHQL, KEY, Merchant, exchange, refresh

ASK = {"query": "{ shop { name } }"}


def status(shop: Merchant, token: str) -> int:
    headers = {"X-Shopify-Access-Token": token}
    return shop.client.post(GRAPHQL, json=ASK, headers=headers).status_code


def test_an_exchanged_token_opens_the_admin_api_and_an_invented_one_does_not(
    shop: Merchant,
) -> None:
    pair = exchange(shop)
    assert pair["expires_in"] == 3600
    assert pair["refresh_token_expires_in"] == 7_776_000
    assert status(shop, pair["access_token"]) == 200
    assert status(shop, "shpat_invented") == 401


def test_a_token_that_does_not_expire_is_refused_by_the_admin_api(shop: Merchant) -> None:
    answer = exchange(shop, expiring="0")
    assert "refresh_token" not in answer
    assert status(shop, answer["access_token"]) == 403


def test_an_online_token_names_its_user(shop: Merchant) -> None:
    kind = "urn:shopify:params:oauth:token-type:online-access-token"
    answer = exchange(shop, requested_token_type=kind)
    assert answer["associated_user"]["id"] == 1


def test_a_stale_id_token_and_wrong_credentials_are_named_as_such(shop: Merchant) -> None:
    stale = shop.control("GET", "id-token?seconds=-5")["id_token"]
    assert exchange(shop, subject_token=stale)["error"] == "invalid_subject_token"
    assert exchange(shop, client_secret="guess")["error"] == "invalid_client"
    assert exchange(shop, client_id=f"not-{KEY}")["error"] == "invalid_client"


def test_a_refresh_rotates_both_tokens(shop: Merchant) -> None:
    pair = exchange(shop)
    again = refresh(shop, pair["refresh_token"])
    assert again["access_token"] != pair["access_token"]
    assert again["refresh_token"] != pair["refresh_token"]
    assert status(shop, again["access_token"]) == 200


def test_an_old_refresh_token_works_until_its_replacement_is_used(shop: Merchant) -> None:
    first = exchange(shop)["refresh_token"]
    refresh(shop, first)  # the answer is lost
    second = refresh(shop, first)["refresh_token"]
    third = refresh(shop, second)
    assert "access_token" in third
    assert refresh(shop, first)["error"] == "invalid_grant"


def test_an_expired_access_token_is_refused(shop: Merchant) -> None:
    pair = exchange(shop)
    shop.control("POST", "tokens/expire")
    assert status(shop, pair["access_token"]) == 401
    assert status(shop, refresh(shop, pair["refresh_token"])["access_token"]) == 200


def test_uninstalling_kills_every_token(shop: Merchant) -> None:
    pair = exchange(shop)
    shop.control("POST", "uninstall")
    assert status(shop, pair["access_token"]) == 401
    assert refresh(shop, pair["refresh_token"])["error"] == "invalid_grant"
    assert status(shop, exchange(shop)["access_token"]) == 200  # opening the app installs it again
