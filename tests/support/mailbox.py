"""A small real SMTP server on this machine: it takes mail, or refuses it as it is told to."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class Mailbox:
    """What has come in; `refusing` answers every sender with that code instead."""

    port: int = 0
    refusing: int | None = None
    mails: list[EmailMessage] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def say(line: str) -> None:
            writer.write(line.encode() + b"\r\n")
            await writer.drain()

        await say("220 mailbox")
        while line := (await reader.readline()).decode().strip():
            verb = line.split()[0].upper()
            if verb == "QUIT":
                await say("221 bye")
                break
            if verb == "MAIL" and self.refusing:
                await say(f"{self.refusing} not now")
            elif verb == "DATA":
                await say("354 go on")
                await self._take(reader)
                await say("250 taken")
            else:
                await say("250 mailbox")
        writer.close()

    async def _take(self, reader: asyncio.StreamReader) -> None:
        lines = []
        while (line := await reader.readline()) != b".\r\n":
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        mail = message_from_bytes(b"".join(lines), policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)


@contextmanager
def open_mailbox() -> Iterator[Mailbox]:
    """A mailbox that listens on a free port until the block ends."""
    box, ready, loop = Mailbox(), threading.Event(), asyncio.new_event_loop()

    async def run() -> asyncio.Server:
        server = await asyncio.start_server(box.serve, "127.0.0.1", 0)
        box.port = server.sockets[0].getsockname()[1]
        ready.set()
        return server

    def work() -> None:
        server = loop.run_until_complete(run())
        loop.run_forever()
        server.close()
        loop.run_until_complete(server.wait_closed())
        loop.close()

    thread = threading.Thread(target=work)
    thread.start()
    assert ready.wait(10)
    yield box
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
