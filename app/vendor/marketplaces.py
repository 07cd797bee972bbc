"""Amazon's marketplaces: their ids and countries (SP-API documentation, November 2026)."""

from __future__ import annotations

from typing import NamedTuple


class Marketplace(NamedTuple):
    """One marketplace, by the name that Vendor Central has for it."""

    name: str
    id: str
    region: str
    country: str


MARKETPLACES = {
    name: Marketplace(name, identifier, region, "GB" if name == "UK" else name)
    for region, each in {
        "na": {
            "US": "ATVPDKIKX0DER",
            "CA": "A2EUQ1WTGCTBG2",
            "MX": "A1AM78C64UM0Y8",
            "BR": "A2Q3Y263D00KWC",
        },
        "eu": {
            "UK": "A1F83G8C2ARO7P",
            "DE": "A1PA6795UKMFR9",
            "FR": "A13V1IB3VIYZZH",
            "IT": "APJ6JRA9NG5V4",
            "ES": "A1RKKUPIHCS9HS",
            "NL": "A1805IZSGTT6HS",
            "SE": "A2NODRKZP88ZB9",
            "PL": "A1C3SOZRARQ6R3",
            "BE": "AMEN7PMS3EDWL",
            "IE": "A28R8C7NBKEWEA",
            "TR": "A33AVAJ2PDY3EV",
            "AE": "A2VIGQ35RCS4UG",
            "SA": "A17E79C6D8DWNP",
            "EG": "ARBP9OOSHTCHU",
            "IN": "A21TJRUUN4KGV",
        },
        "fe": {"JP": "A1VC38T7YXB528", "AU": "A39IBJ37TRP1C6", "SG": "A19VAU5U5O7RUS"},
    }.items()
    for name, identifier in each.items()
}
# Countries of the union: Amazon takes credit notes there, and in the United Kingdom
# (vendorInvoices guide, payments part, November 2026: "EU only").
WITH_CREDIT_NOTES = frozenset({"UK", "DE", "FR", "IT", "ES", "NL", "SE", "PL", "BE", "IE"})
