"""A report's document: downloaded, unpacked and read piece by piece, never whole in memory."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from tempfile import TemporaryFile
from typing import IO, Any

import httpx

from app.errors import GiveUp, RetryLater
from app.vendor.client import TIMEOUT, VendorClient, tls

LARGEST = 2 * 1024**3  # unpacked
LARGEST_PIECE = 1024 * 1024  # one row, or the report's own description
CHUNK = 64 * 1024
SPACE = " \t\r\n"
DECODER = json.JSONDecoder(parse_float=Decimal)


class BadDocument(RetryLater):
    """The document that came cannot be read; another download may be whole."""


@contextmanager
def downloaded(client: VendorClient, document_id: str) -> Iterator[Iterator[tuple[str, Any]]]:
    """A document in a file of its own while the block runs, and its parts as `read` gives them.

    Raises RetryLater (BadDocument among it) where a fresh link may help, and whatever the client
    raises when it is asked for that link.
    """
    where = client.report_document(document_id).payload
    packing, url = where.get("compressionAlgorithm"), str(where["url"])
    if packing not in (None, "GZIP"):
        raise GiveUp(f"Amazon packs the document as {str(packing)[:20]}.")
    if not url.startswith("https://") and client.grant.sp_api_origin.startswith("https://"):
        raise GiveUp("Amazon's link to the document is not https.")
    with TemporaryFile() as file:
        _download(url, file)
        file.seek(0)
        raw = iter(lambda: file.read(CHUNK), b"")
        yield read(unpacked(raw) if packing else limited(raw))


def _download(url: str, file: IO[bytes]) -> None:
    # A client of its own: the link is a third party's, and our access token is none of its business.
    with httpx.Client(verify=tls(), timeout=TIMEOUT, trust_env=url.startswith("https://")) as http:
        try:
            with http.stream("GET", url) as response:
                if response.status_code == 403:
                    raise RetryLater("The link to the document has expired.")
                if response.status_code != 200:
                    raise RetryLater(f"The document's link answered {response.status_code}.")
                for piece in limited(response.iter_raw(CHUNK)):
                    file.write(piece)
        except httpx.HTTPError as error:
            raise RetryLater(f"The document could not be downloaded: {error!r}") from error


def unpacked(raw: Iterator[bytes]) -> Iterator[bytes]:
    """The bytes of a gzip stream, in pieces of limited size. Raises BadDocument."""
    return limited(_unpacked(raw))


def limited(content: Iterator[bytes]) -> Iterator[bytes]:
    """The same, up to the size that we are ready to read. Raises GiveUp beyond it."""
    size = 0
    for piece in content:
        size += len(piece)
        if size > LARGEST:
            raise GiveUp(f"The document is larger than {LARGEST // 1024**3} GiB.")
        yield piece


def read(content: Iterator[bytes]) -> Iterator[tuple[str, Any]]:
    """The members of one JSON object, as it comes in; a list's elements one by one.

    Numbers with a point are decimals. Raises BadDocument where it is not such an object.
    """
    reader = _Reader(content)
    reader.expect("{")
    if reader.peek() == "}":
        return
    while True:
        name = reader.value()
        if not isinstance(name, str):
            raise BadDocument("The document is not a JSON object with names.")
        reader.expect(":")
        if reader.peek() == "[":
            reader.expect("[")
            yield from ((name, one) for one in reader.elements())
        else:
            yield name, reader.value()
        if reader.peek() == "}":
            return
        reader.expect(",")


class _Reader:
    """A window over JSON text that grows by what comes in and forgets what was read."""

    def __init__(self, content: Iterator[bytes]) -> None:
        self.content = _texts(content)
        self.text = ""
        self.at = 0

    def peek(self) -> str:
        """The next character that is not space."""
        while True:
            while self.at < len(self.text) and self.text[self.at] in SPACE:
                self.at += 1
            if self.at < len(self.text):
                return self.text[self.at]
            self._grow()

    def expect(self, character: str) -> None:
        if self.peek() != character:
            raise BadDocument(f"The document has {self.peek()!r} where {character!r} belongs.")
        self.at += 1

    def value(self) -> Any:
        self.peek()
        while True:
            try:
                value, end = DECODER.raw_decode(self.text, self.at)
            except ValueError:
                value, end = None, len(self.text)
            # A number that ends where the window ends may have gone on.
            if end < len(self.text):
                self.at = end
                return value
            if len(self.text) - self.at > LARGEST_PIECE:
                raise BadDocument("One piece of the document is too large, or not JSON.")
            self._grow()

    def elements(self) -> Iterator[Any]:
        if self.peek() == "]":
            self.at += 1
            return
        while True:
            yield self.value()
            if self.peek() == "]":
                self.at += 1
                return
            self.expect(",")

    def _grow(self) -> None:
        piece = next(self.content, None)
        if piece is None:
            raise BadDocument("The document is empty." if not self.text else "It breaks off.")
        self.text = self.text[self.at :] + piece
        self.at = 0


def _texts(content: Iterator[bytes]) -> Iterator[str]:
    left = b""
    for piece in content:
        whole = left + piece
        # A character may be cut in two between pieces; four bytes are the longest.
        for cut in range(len(whole), max(-1, len(whole) - 4), -1):
            try:
                text = whole[:cut].decode("utf-8")
            except UnicodeDecodeError:
                continue
            left = whole[cut:]
            if text:
                yield text
            break
        else:
            raise BadDocument("The document is not UTF-8 text.")
    if left:
        raise BadDocument("The document is not UTF-8 text.")


def _unpacked(raw: Iterator[bytes]) -> Iterator[bytes]:
    machine = zlib.decompressobj(wbits=31)
    begun = False
    try:
        for piece in raw:
            begun = begun or bool(piece)
            waiting = piece
            while waiting:
                made = machine.decompress(waiting, CHUNK)
                waiting = machine.unconsumed_tail
                if made:
                    yield made
                if machine.eof:
                    # Several gzip members may follow one another.
                    waiting = machine.unused_data
                    if waiting:
                        machine = zlib.decompressobj(wbits=31)
    except zlib.error as error:
        raise BadDocument(f"The document is not whole gzip: {error}.") from error
    if not begun:
        raise BadDocument("The document is empty.")
    if not machine.eof:
        raise BadDocument("The document breaks off before gzip's end.")
