"""The simulated store's own admin: the page that frames the app, and its stock and orders."""

from __future__ import annotations

from flask import Blueprint

host = Blueprint(
    "host", __name__, template_folder="templates", static_folder="static", static_url_path="/static"
)
