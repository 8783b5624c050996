"""The echo server as one finds it everywhere, and what it does to messages and to memory.

python3 docs/wild/echo.py, with Python 3.11 or newer.
"""

import asyncio
import logging

# Whoever writes to a client that has left is told so in a log, each time.
logging.getLogger("asyncio").setLevel(logging.CRITICAL)


# #region echo
async def echo(reader, writer):
    while data := await reader.read(1024):
        message = data.decode()
        writer.write(f"You said: {message}\n".encode())
# #endregion


# #region drain
async def echo_and_drain(reader, writer):
    while data := await reader.read(1024):
        message = data.decode()
        writer.write(f"You said: {message}\n".encode())
        await writer.drain()
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
        finally:
            writer.transport.abort() if self.error else writer.close()
            self.ended.set()

    async def lines(self, *messages):
        """Sends the messages in a row, and returns the lines that come back."""
        for message in messages:
            self.writer.write(message.encode())
        self.writer.write_eof()
        try:
            return (await self.reader.read()).decode().splitlines()
        except ConnectionError:
            return []

    async def send(self, megabytes):
        """Sends and reads nothing, until the server has taken everything or waits for us to read."""
        self.writer.write(b"x" * 1_000_000 * megabytes)
        sent = asyncio.ensure_future(self.writer.drain())
        full = asyncio.ensure_future(self.full.wait())
        await asyncio.wait([sent, full], return_when=asyncio.FIRST_COMPLETED)
        full.cancel()
        return "all taken" if sent.done() else "held back"


async def main():
    async with Visit(echo) as visit:
        lines = await visit.lines("Hello,", "server!")
        print(f"two messages, {len(lines)} answer: {lines[0]}")

    async with Visit(echo) as visit:
        lines = await visit.lines("x" * 1500)
        sizes = " and ".join(str(len(line.removeprefix("You said: "))) for line in lines)
        print(f"one message of 1500 bytes, {len(lines)} answers: to {sizes} bytes")

    async with Visit(echo) as visit:
        lines = await visit.lines("x" + "é" * 512)
        print(f"one message cut inside an é, {len(lines)} answers: {type(visit.error).__name__}")

    print("a client that sends 50 MB and reads nothing")
    for name, handler in ("without drain", echo), ("with drain", echo_and_drain):
        async with Visit(handler) as visit:
            outcome = await visit.send(50)
            held = visit.held() / 1_000_000
            print(f"  {name:13}   {outcome}   waiting to be sent: {held:5.1f} MB")


asyncio.run(main())
