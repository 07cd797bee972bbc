"""The product's web app for tests that ask it in this process."""

from __future__ import annotations

from functools import cache

from flask_openapi3.openapi import OpenAPI

from app.web import create_app, routed

_routed = cache(routed)


def make_app() -> OpenAPI:
    """The app as the settings have it now; only its routes, a fifth of a second's work, are kept."""
    return create_app(_routed())
