"""Which function handles which webhook topic of Shopify.

A handler gets all waiting messages of its topics at once, in the drain's transaction: it does no
HTTP, settles once for the whole batch, and returns the odd lines of each message by message id.
It may run twice for the same messages. What needs Shopify's answer becomes an outgoing message.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sqlmodel import Session

from app.messages import Message
from app.shopify.notes import Note

Handler = Callable[[Session, Sequence[Message]], Mapping[int, Sequence[Note]]]

# Handled even while the catalogue import has not taken the opening balances yet; all other topics
# wait for it, as they build on it.
BEFORE_OPENING = frozenset(
    {"app/uninstalled", "app/scopes_update", "shop/update", "bulk_operations/finish"}
)

HANDLERS: dict[str, Handler] = {}
