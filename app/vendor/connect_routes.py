"""Connecting to Amazon over HTTP, and the page that Amazon sends a person back to."""

from __future__ import annotations

from html import escape
from typing import Annotated, Any, Literal

from flask import Blueprint, Response, request
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field, SecretStr, StringConstraints, field_validator

from app.config import settings
from app.connections import Connection, locked
from app.http import Answer, APIBlueprint, Moment, answer, principal, shop_transaction
from app.vendor import connect

AMAZON = Tag(name="amazon", description="Connections to Amazon's vendor side.")
api = APIBlueprint("amazon_connections", __name__, url_prefix="/api", abp_tags=[AMAZON])
pages = Blueprint("amazon_pages", __name__)

TITLES = {"en": "Amazon", "zh-CN": "亚马逊"}
TEXTS = {
    "connected": {
        "en": "Amazon is connected. Your purchase orders are being read.",
        "zh-CN": "已连接亚马逊。正在读取您的采购订单。",
    },
    "state": {
        "en": "This link has expired or was already used. Start again in Holdfast.",
        "zh-CN": "此链接已过期或已被使用。请在 Holdfast 中重新开始。",
    },
    "denied": {
        "en": "Amazon was not connected, because access was not granted.",
        "zh-CN": "未授予访问权限，因此没有连接亚马逊。",
    },
    "refused": {
        "en": "Amazon did not accept the authorisation. Sign in to Vendor Central of the right"
        " country as an administrator, and start again in Holdfast.",
        "zh-CN": "亚马逊未接受此授权。请以管理员身份登录对应国家的 Vendor Central，"
        "然后在 Holdfast 中重新开始。",
    },
    "later": {
        "en": "Amazon did not answer. Nothing was changed; start again in a few minutes.",
        "zh-CN": "亚马逊没有响应。未做任何更改；请几分钟后重新开始。",
    },
}
BACK = {"en": "Back to Holdfast", "zh-CN": "返回 Holdfast"}
PAGE = """<!doctype html>
<html lang="{locale}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">{refresh}
<title>{title} · Holdfast</title></head>
<body><main><h1>{title}</h1><p>{text}</p><p><a href="{back}">{label}</a></p></main></body></html>
"""


class AmazonConnection(Answer):
    """A connection as it may be shown; secrets never leave the server."""

    id: int
    channel: str
    reference: str
    name: str
    region: str | None
    state: str
    connected_at: Moment
    last_good_at: Moment | None
    error: str | None
    details: dict[str, Any]


class ConnectBody(BaseModel):
    region: Literal["na", "eu", "fe"]
    refresh_token: SecretStr = Field(description="As Vendor Central shows it once.")
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)] = (
        Field(default="Amazon", description="How the shop calls this vendor group.")
    )

    @field_validator("refresh_token")
    @classmethod
    def _looks_like_one(cls, value: SecretStr) -> SecretStr:
        token = value.get_secret_value().strip()
        if not 10 <= len(token) <= 4096 or not token.isascii() or not token.isprintable():
            raise ValueError("this is not a refresh token")
        return SecretStr(token)


class AuthorizeBody(BaseModel):
    region: Literal["na", "eu", "fe"]
    marketplace: str = Field(pattern=r"^[A-Z]{2}$", description="US, CA, DE, JP, …")
    locale: Literal["en", "zh-CN"] | None = Field(
        default=None, description="Of the page that Amazon sends the person back to."
    )


class Consent(Answer):
    url: str


class ConnectionPath(BaseModel):
    connection_id: int = Field(ge=1, le=2**31 - 1)


@api.post("/connections/amazon", responses={201: AmazonConnection})
def connect_amazon(body: ConnectBody) -> Any:
    """Connects with a refresh token that a private application was given; tried before it is kept."""
    connection_id = connect.by_token(
        principal().shop_id, body.region, body.refresh_token.get_secret_value(), body.name
    )
    with shop_transaction() as session:
        shown = view(locked(session, connection_id))
    return answer(shown, 201)


@api.post("/connections/amazon/authorize", responses={200: Consent})
def authorize_amazon(body: AuthorizeBody) -> Any:
    """Where to give consent by Login with Amazon; open it in the top window."""
    with shop_transaction() as session:
        url = connect.consent_url(
            session, principal().user_id, body.region, body.marketplace, body.locale
        )
    return answer(Consent(url=url))


@api.delete("/connections/<int:connection_id>", responses={200: AmazonConnection})
def disconnect_amazon(path: ConnectionPath) -> Any:
    """Forgets the tokens of a connection to Amazon and asks it no more."""
    with shop_transaction() as session:
        shown = view(connect.disconnect(session, path.connection_id))
    return answer(shown)


@pages.get(connect.CALLBACK)
def callback() -> Response:
    """Amazon sends the person here; the page sends them on into the admin."""
    given = request.args
    try:
        done = connect.finish(
            given.get("state"), given.get("spapi_oauth_code"), given.get("selling_partner_id")
        )
    except connect.ConsentFailed as error:
        return _page(error.reason, error.locale, error.shop_domain, status=400)
    return _page("connected", done.locale, done.shop_domain, status=200)


def _page(text: str, locale: str | None, shop_domain: str, *, status: int) -> Response:
    chosen = locale if locale in BACK else _browser_locale()
    back = escape(_admin_address(shop_domain), quote=True)
    html = PAGE.format(
        locale=chosen,
        refresh=f'<meta http-equiv="refresh" content="2;url={back}">' if status == 200 else "",
        title=TITLES[chosen],
        text=TEXTS[text][chosen],
        back=back,
        label=BACK[chosen],
    )
    response = Response(html, status=status, mimetype="text/html")
    # The code stands in the address, so the address goes nowhere.
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
    return response


def _browser_locale() -> str:
    return request.accept_languages.best_match(list(BACK), "en") or "en"


def _admin_address(shop_domain: str) -> str:
    """The app inside the admin of this shop (or inside the host page of a simulator)."""
    if not shop_domain and not settings().shopify_admin_origin:
        return "https://admin.shopify.com"
    return settings().app_address(shop_domain, "")


def view(connection: Connection) -> AmazonConnection:
    """What may be shown of a connection to Amazon."""
    return AmazonConnection(
        id=connection.connection_id,
        channel=connection.channel,
        reference=connection.reference,
        name=connection.name or connection.reference,
        region=connection.region,
        state=connection.state,
        connected_at=connection.connected_at,
        last_good_at=connection.last_good_at,
        error=connection.error,
        details=connection.details,
    )
