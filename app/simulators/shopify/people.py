"""Invented customers, so that bodies carry what a real one carries and the product must not keep."""

from __future__ import annotations

from typing import Any, NamedTuple

FIRST = (
    "Avery", "Blake", "Carmen", "Dmitri", "Elena", "Farid", "Grace", "Hiro", "Imani", "Jonas",
    "Keiko", "Lucía", "Mateo", "Nadia", "Owen", "Priya", "Quinn", "Rosa", "Søren", "Tala",
)  # fmt: skip
LAST = (
    "Abbott", "Becker", "Chen", "Delgado", "Ekström", "Ferrari", "Gupta", "Haddad", "Ivanov",
    "Jansen", "Kowalski", "Lindqvist", "Moreau", "Nakamura", "O’Brien", "Petrov", "Quispe",
)  # fmt: skip
STREETS = ("Alder Street", "Birch Avenue", "Canyon Road", "Division Street", "Elm Court")
TOWNS = (
    ("Portland", "Oregon", "OR", "97205"),
    ("Boise", "Idaho", "ID", "83702"),
    ("Tucson", "Arizona", "AZ", "85701"),
    ("Asheville", "North Carolina", "NC", "28801"),
    ("Duluth", "Minnesota", "MN", "55802"),
)


class Person(NamedTuple):
    """Somebody who does not exist. The e-mail domain and phone numbers are reserved for fiction."""

    id: int
    first_name: str
    last_name: str
    email: str
    phone: str
    address: dict[str, Any]
    browser_ip: str


def person(number: int) -> Person:
    """The same person for the same number."""
    first = FIRST[number % len(FIRST)]
    last = LAST[(number // 3) % len(LAST)]
    city, province, code, zip_code = TOWNS[number % len(TOWNS)]
    phone = f"+1503555{number % 10000:04d}"
    address = {
        "first_name": first,
        "last_name": last,
        "name": f"{first} {last}",
        "company": None if number % 4 else f"{last} & Daughters",
        "address1": f"{100 + number % 900} {STREETS[number % len(STREETS)]}",
        "address2": f"Apt {number % 30}" if number % 3 == 0 else None,
        "city": city,
        "province": province,
        "province_code": code,
        "country": "United States",
        "country_code": "US",
        "zip": zip_code,
        "phone": phone,
        "latitude": 45.5 + (number % 100) / 1000,
        "longitude": -122.6 - (number % 100) / 1000,
    }
    plain = "".join(letter for letter in f"{first}.{last}".lower() if letter.isascii())
    return Person(
        id=7_100_000_000_000 + number % 800,
        first_name=first,
        last_name=last,
        email=f"{plain.replace(chr(8217), '')}{number % 97}@customers.example",
        phone=phone,
        address=address,
        browser_ip=f"203.0.113.{number % 250}",
    )
