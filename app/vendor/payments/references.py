"""How Amazon names papers in its payments: an invoice's own number, or that number with a suffix.

The suffixes are as vendors and their tools report them (amazon-vendor.md §7.4, second hand, none is
documented by Amazon). What fits nothing is `unknown` and is shown for a person, never guessed.
"""

from __future__ import annotations

import re
from typing import NamedTuple

CHAIN = re.compile(r"^(?P<base>.*?[^-])-?(?P<chain>(?:SCR|SC)+)$")
LINK = re.compile(r"SCR|SC")
PROVISION = re.compile(r"^(?P<base>.*?)[ -]*PROVISION FOR RECEIVABLES(?P<back>R?)$")
AGREEMENT = re.compile(r"^[A-Z0-9]{4}-[A-Z0-9]{8}$")


class Reference(NamedTuple):
    """What a line of a payment is about: a kind, and the number of the invoice below it."""

    kind: str
    number: str


KINDS = (
    "invoice",
    "shortage_claim",
    "shortage_repaid",
    "price_claim",
    "chargeback",
    "co_op",
    "price_protection",
    "provision",
    "provision_reversed",
    "unknown",
)


def reference(written: str, *, is_ours: bool) -> Reference:
    """Reads a reference from right to left. `is_ours`: an invoice of ours has this very number."""
    number = written.strip()
    plain = number.upper()
    if is_ours:
        return Reference("invoice", number)
    if match := PROVISION.match(plain):
        kind = "provision_reversed" if match["back"] else "provision"
        return Reference(kind, number[: len(match["base"])])
    if plain.startswith("IPAPUS"):
        return Reference("price_protection", number)
    if plain.endswith("VCBSINV"):
        return Reference("chargeback", number[: -len("VCBSINV")].rstrip("-"))
    if match := CHAIN.match(plain):
        # A claim, its repayment, the claim again …: the last link says what this line is.
        last = LINK.findall(match["chain"])[-1]
        kind = "shortage_claim" if last == "SC" else "shortage_repaid"
        return Reference(kind, number[: len(match["base"])])
    if plain.endswith("PC") and len(plain) > 2:
        return Reference("price_claim", number[:-2].rstrip("-"))
    if AGREEMENT.match(plain):
        return Reference("co_op", number)
    return Reference("unknown", number)
