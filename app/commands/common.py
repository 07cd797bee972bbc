"""What the commands share: exit codes, a shop by its domain, and failures told plainly."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import NoReturn, ParamSpec, TypeVar

import click
import psycopg
from redis import RedisError
from sqlalchemy.exc import DBAPIError

from app.config import require
from app.db import is_worth_retrying, transaction
from app.errors import GiveUp, Refused, RetryLater
from app.shops import all_shop_ids, find_shop_id

SOMETHING_WRONG = 1
UNREACHABLE = 4
REFUSED = 5

NEEDED = ("database_url", "redis_url", "encryption_keys", "shopify_api_key", "shopify_api_secret")
"""Settings that every process of the product needs."""

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

shop_option = click.option(
    "--shop", metavar="DOMAIN", help="Only this shop, for example acme.myshopify.com."
)


def told_plainly(command: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Ends a command with a sentence and an exit code where it would end with a traceback."""

    @functools.wraps(command)
    def wrapped(*arguments: Arguments.args, **named: Arguments.kwargs) -> Result:
        try:
            return command(*arguments, **named)
        except RetryLater as later:
            stop(UNREACHABLE, later.detail)
        except (Refused, GiveUp) as refused:
            stop(REFUSED, refused.detail)
        except RedisError as error:
            stop(UNREACHABLE, f"Redis cannot be reached (REDIS_URL): {error}")
        except psycopg.OperationalError as error:
            stop(UNREACHABLE, f"PostgreSQL cannot be reached (DATABASE_URL): {error}")
        except DBAPIError as error:
            if not is_worth_retrying(error):
                raise
            stop(UNREACHABLE, f"PostgreSQL cannot be reached (DATABASE_URL): {error.orig}")

    return wrapped


def stop(code: int, words: str) -> NoReturn:
    """Says why on standard error and ends with this exit code."""
    click.echo(words.strip(), err=True)
    raise SystemExit(code)


def chosen_shops(domain: str | None) -> list[int]:
    """The one shop of this domain, or all. Raises Refused when there is no such shop."""
    require("database_url")
    with transaction() as session:
        if domain is None:
            return all_shop_ids(session)
        shop_id = find_shop_id(session, domain.lower())
    if shop_id is None:
        raise Refused("no_such_shop", f"There is no shop {domain} here.")
    return [shop_id]
