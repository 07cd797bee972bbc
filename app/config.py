"""The settings of one process, read once from the environment; a wrong one stops the start by name."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Literal
from urllib.parse import urlencode, urlsplit

from cryptography.fernet import Fernet
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

SHOP_DOMAIN = re.compile(r"[a-z0-9][a-z0-9-]*\.myshopify\.com")
METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Environment variable naming the folder in which the processes of one machine share counters; to be
set before the first import of the metrics library."""
PROJECT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Every setting of Holdfast. Names in the environment are these in capitals."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True)

    holdfast_data: Path = Field(
        default=PROJECT / ".holdfast", description="Folder of the embedded database and queue."
    )
    database_url: str = Field(
        default="",
        description="PostgreSQL to use; empty starts the embedded one where a command may.",
    )
    redis_url: str = Field(
        default="", description="Redis or Valkey to use; empty as for DATABASE_URL."
    )
    app_url: str = Field(default="http://localhost:8000", description="Where browsers reach us.")
    port: int = Field(default=8000, ge=1, le=65535, description="Port that `holdfast serve` opens.")
    host: str = Field(default="127.0.0.1", description="Address that `holdfast serve` binds.")
    web_workers: int = Field(default=2, ge=1, description="Web processes.")
    web_threads: int = Field(default=16, ge=1, description="Threads in each web process.")
    trusted_proxies: int = Field(
        default=0,
        ge=0,
        description="Proxies in front of us whose X-Forwarded headers are believed.",
    )
    encryption_keys: str = Field(
        default="", description="Fernet keys for secrets at rest, comma-separated, newest first."
    )

    shopify_api_key: str = Field(default="", description="The app's client id.")
    shopify_api_secret: SecretStr = Field(default=SecretStr(""), description="Its client secret.")
    shopify_api_secret_previous: SecretStr = Field(
        default=SecretStr(""), description="The secret before it, while a rotation is under way."
    )
    shopify_api_version: str = Field(
        default="2026-10", pattern=r"^\d{4}-\d{2}$", description="Admin API version asked for."
    )
    shopify_admin_origin: str = Field(
        default="",
        description="Empty for the real `https://{shop}`; else a template containing `{shop}`.",
    )
    shopify_app_handle: str = Field(
        default="holdfast", description="The app's handle in the admin's addresses."
    )
    app_bridge_script_url: str = Field(
        default="https://cdn.shopify.com/shopifycloud/app-bridge.js",
        description="App Bridge, the first script of every page.",
    )
    polaris_script_url: str = Field(
        default="https://cdn.shopify.com/shopifycloud/polaris-1.js",
        description="Polaris web components; `none` uses our own small stand-in.",
    )
    admin_frame_origins: str = Field(
        default="",
        description="Further origins that may frame the app, comma-separated (a demo's host page).",
    )
    webhook_body_limit: int = Field(
        default=8 * 1024 * 1024, ge=1024, description="Largest webhook body accepted, in bytes."
    )

    lwa_client_id: str = Field(default="", description="Login with Amazon client id.")
    lwa_client_secret: SecretStr = Field(default=SecretStr(""), description="Its secret.")
    lwa_client_secret_previous: SecretStr = Field(
        default=SecretStr(""), description="The secret before it, while a rotation is under way."
    )
    lwa_client_secret_issued_on: date | None = Field(
        default=None,
        description="Day on which Amazon issued the secret, to warn before it ends (180 days).",
    )
    lwa_origin: str = Field(
        default="https://api.amazon.com", description="Origin of Amazon's token endpoint."
    )
    sp_api_origin: str = Field(
        default="", description="Empty for the region's real origin of the Selling Partner API."
    )
    vendor_central_origin: str = Field(
        default="", description="Empty for the marketplace's real Vendor Central (consent page)."
    )
    sp_api_application_id: str = Field(
        default="", description="Application id shown on Amazon's consent page."
    )
    amazon_poll_seconds: int = Field(
        default=900, ge=1, description="Seconds between two polls of purchase orders and status."
    )
    amazon_terms: Path | None = Field(
        default=None,
        description="TOML file of Amazon's rates, reaches and roles, in place of ours by name.",
    )
    amazon_charges: Path | None = Field(
        default=None,
        description="TOML file of Amazon's charges as you know them, in place of ours by name.",
    )
    tax_rates: Path | None = Field(
        default=None,
        description="TOML file of tax rates as you know them, in place of ours by country.",
    )
    invoice_rules: Path | None = Field(
        default=None,
        description="TOML file of Amazon's rules for invoices, in place of ours by name.",
    )
    amazon_shipping_rules: Path | None = Field(
        default=None,
        description="TOML file of the rules an ASN is checked by, in place of ours by name.",
    )
    amazon_x12_codes: Path | None = Field(
        default=None,
        description="TOML file of the codes in X12 files that we write, in place of ours by name.",
    )
    amazon_reports: Path | None = Field(
        default=None,
        description="TOML file of the reports that are asked for, in place of ours by name.",
    )

    dispute_rules: Path | None = Field(
        default=None,
        description="TOML file of dispute clocks, papers and odds, in place of ours by name.",
    )
    evidence_largest_bytes: int = Field(
        default=10 * 1024 * 1024,
        ge=1024,
        description="Largest paper that is kept as evidence, in bytes.",
    )

    count_hours: int = Field(
        default=24, ge=1, description="Hours between two readings of all of Shopify's quantities."
    )
    count_grace_seconds: int = Field(
        default=300,
        ge=0,
        description="Seconds that a difference to Shopify's quantities must stand to be reported.",
    )

    price_tolerance: Decimal = Field(
        default=Decimal(0),
        ge=0,
        description="Difference between an order's cost and an invoice's that is no disagreement.",
    )
    match_tolerances: dict[str, Decimal] = Field(
        default={},
        description="By currency, as JSON: by how much a payment that names no invoice of ours may"
        ' differ from what it is suggested to pay, such as {"USD": "0.50"}; not named: not at all.',
    )
    match_window_days: int = Field(
        default=45,
        ge=0,
        description="Days after an invoice's due date in which a payment that names none of ours may"
        " be suggested to pay it.",
    )
    match_connections: int = Field(
        default=2,
        ge=1,
        le=16,
        description="Connections over which a full pass of the match is written; as many as the"
        " database has processors to spare.",
    )
    unbilled_days: int = Field(
        default=14, ge=0, description="Days after its receipt until an uninvoiced line is named."
    )
    payment_grace_days: int = Field(
        default=7, ge=0, description="Days after its due date until an unpaid invoice is named."
    )

    stripe_secret_key: SecretStr = Field(default=SecretStr(""), description="Stripe's secret key.")
    stripe_webhook_secret: SecretStr = Field(
        default=SecretStr(""), description="Secret that signs Stripe's webhooks."
    )
    stripe_origin: str = Field(
        default="https://api.stripe.com", description="Origin of Stripe's API."
    )

    smtp_url: SecretStr = Field(
        default=SecretStr(""),
        description="Mail server, such as smtp://user:password@host:587 or smtps://…; empty sends"
        " no mail.",
    )
    alerts_to_private_addresses: bool = Field(
        default=False,
        description="Whether webhooks of alerts may lead into a private network, and be http. Only for"
        " an installation whose shops are all your own.",
    )
    mail_from: str = Field(
        default="Holdfast <holdfast@localhost>", description="Sender of our mails."
    )

    distribution: Literal["public", "custom"] = Field(
        default="public", description="App Store edition, or a brand's own installation."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="Least severe level that is logged."
    )
    log_format: Literal["json", "console"] = Field(
        default="json", description="Shape of log lines."
    )

    @field_validator(
        "app_url", "lwa_origin", "sp_api_origin", "stripe_origin", "vendor_central_origin"
    )
    @classmethod
    def _origin(cls, value: str) -> str:
        if value and not re.match(r"^https?://[^/\s]+", value):
            raise ValueError("must start with http:// or https://")
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _postgresql(cls, value: str) -> str:
        if value and not value.startswith(
            ("postgresql://", "postgres://", "postgresql+psycopg://")
        ):
            raise ValueError("must be a postgresql:// address; no other database is supported")
        return re.sub(r"^(postgres|postgresql\+psycopg)://", "postgresql://", value)

    @field_validator("smtp_url")
    @classmethod
    def _mail_server(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and not re.match(
            r"^smtps?://([^@/\s]+@)?[^@/:\s]+(:\d+)?/?$", value.get_secret_value()
        ):
            raise ValueError("must be smtp:// or smtps://, then user:password@ if needed, and host")
        return value

    @field_validator("shopify_admin_origin")
    @classmethod
    def _shop_template(cls, value: str) -> str:
        if value and "{shop}" not in value:
            raise ValueError("must contain {shop}, for example http://127.0.0.1:8001/{shop}")
        return value.rstrip("/")

    @field_validator("encryption_keys")
    @classmethod
    def _fernet_keys(cls, value: str) -> str:
        for key in filter(None, value.split(",")):
            try:
                Fernet(key.strip())
            except ValueError as error:
                raise ValueError(
                    "each key must be 32 url-safe base64 bytes (see `holdfast keys`)"
                ) from error
        return value

    def admin_origin(self, shop: str) -> str:
        """Origin of the Admin API of one shop; `shop` is its full myshopify.com domain."""
        return (self.shopify_admin_origin or "https://{shop}").replace("{shop}", shop)

    def app_address(self, shop: str, path: str) -> str:
        """A screen of the app inside the admin of this shop, or inside a simulator's page of it."""
        if self.shopify_admin_origin:
            parts = urlsplit(self.shopify_admin_origin)
            asked = urlencode({"path": path or "/"} | ({"shop": shop} if shop else {}))
            return f"{parts.scheme}://{parts.netloc}/admin?{asked}"
        return f"https://{shop}/admin/apps/{self.shopify_app_handle}{path}"

    def shopify_secrets(self) -> list[str]:
        """The client secrets a signature may have been made with, current one first."""
        both = (self.shopify_api_secret, self.shopify_api_secret_previous)
        return [secret.get_secret_value() for secret in both if secret.get_secret_value()]

    def fernet_keys(self) -> list[str]:
        """Keys for secrets at rest, newest first."""
        return [key.strip() for key in self.encryption_keys.split(",") if key.strip()]


class WrongSettings(SystemExit):
    """Raised at start, with one line for each wrong setting."""


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process; exits with every wrong one named."""
    try:
        return Settings()
    except ValidationError as error:
        lines = [
            f"  {str(problem['loc'][0]).upper()}: {problem['msg']}" for problem in error.errors()
        ]
        raise WrongSettings(
            "Holdfast cannot start, settings are wrong:\n" + "\n".join(lines)
        ) from None


def require(*names: str) -> None:
    """Exits, naming each of these settings that is empty."""
    missing = []
    for name in names:
        value = getattr(settings(), name)
        if not (value.get_secret_value() if isinstance(value, SecretStr) else value):
            missing.append(name.upper())
    if missing:
        raise WrongSettings("Holdfast cannot start, settings are missing: " + ", ".join(missing))
