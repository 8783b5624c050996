"""The echo server as one finds it everywhere, a good one, and what they do to messages and memory.

python3 docs/steps/04-async-await/wild/echo.py, with Python 3.11 or newer.
"""

import asyncio
import logging

# Whoever writes to a client that has left is told so in a log, each time.
logging.getLogger("asyncio").setLevel(logging.CRITICAL)


# #region echo
async def echo(reader, writer):
    while data := await reader.read(1024):
        message = data.decode()
        writer.write(f"You said: {message}".encode())
    writer.close()
# #endregion


# #region lines
async def echo_lines(reader, writer):
    try:
        while line := await reader.readline():
            message = line.decode()
            writer.write(f"You said: {message}".encode())
            await writer.drain()
    finally:
        writer.close()
# #endregion


class Visit:
    """A server with one client, and what became of it."""

    def __init__(self, handler):
        self.handler = handler
        self.error = None
        self.full = asyncio.Event()
        self.ended = asyncio.Event()

    async def __aenter__(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        address = self.server.sockets[0].getsockname()
        self.reader, self.writer = await asyncio.open_connection(*address[:2])
        return self

    async def __aexit__(self, *_):
        self.writer.transport.abort()
        await self.ended.wait()
        self.server.close()

    async def serve(self, reader, writer):
        self.held = writer.transport.get_write_buffer_size
        drain = writer.drain

        async def watched_drain():
            if self.held() > 64 * 1024:
                self.full.set()
            await drain()

        writer.drain = watched_drain
        try:
            await self.handler(reader, writer)
        except Exception as error:
            self.error = error
            # Newer Pythons do that themselves. Before, the client would wait for ever.
            writer.transport.abort()
        finally:
            self.ended.set()

    async def answers(self, *messages):
        """Sends lines in one piece, and says how many answers come back, or what went wrong."""
        self.writer.write("".join(f"{message}\n" for message in messages).encode())
        self.writer.write_eof()
        try:
            count = (await self.reader.read()).decode().count("You said: ")
        except ConnectionError:
            count = 0
        return type(self.error).__name__ if self.error else f"{count} answer{'s'[count == 1:]}"

    async def keeps(self, megabytes):
        """Sends lines and reads nothing, until all is taken or the server waits for us to read."""
        self.writer.write((b"x" * 999 + b"\n") * 1000 * megabytes)
        sent = asyncio.ensure_future(self.writer.drain())
        full = asyncio.ensure_future(self.full.wait())
        await asyncio.wait([sent, full], return_when=asyncio.FIRST_COMPLETED)
        full.cancel()
        outcome = "takes all" if sent.done() else "waits"
        return f"{outcome}, keeps {self.held() / 1_000_000:.1f} MB"


async def compare(what, visit):
    """The same visit to the usual server and to the good one."""
    outcomes = []
    for handler in echo, echo_lines:
        async with Visit(handler) as guest:
            outcomes.append(await visit(guest))
    print(f"{what:31}{outcomes[0]:26}{outcomes[1]}")


async def main():
    print(f"{'':31}{'read(1024)':26}readline(), drain()")
    await compare("two messages, sent together", lambda guest: guest.answers("Hello,", "server!"))
    await compare("one message of 1500 bytes", lambda guest: guest.answers("x" * 1500))
    await compare("one that is cut inside an é", lambda guest: guest.answers("x" + "é" * 512))
    await compare("50 MB, and no answer is read", lambda guest: guest.keeps(50))


asyncio.run(main())
