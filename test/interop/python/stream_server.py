"""Serves the methods that stream, with nothing but the standard library, to clients that keep the rules."""

import asyncio

from frames import frame, messages

WINDOW = 3  # items that may come and not be taken yet


class Exchange:
    """A request that is answered in pieces, or followed by some."""

    def __init__(self, connection, request):
        self.connection, self.id, self.params = connection, request["id"], request.get("params") or {}
        meta = request.get("meta", {})
        self.streams_up = meta.get("stream", False)
        self.pieces = "credit" in meta
        self.credit, self.news = 0, asyncio.Event()
        self.coming, self.granted = asyncio.Queue(), 0
        if self.pieces:
            self.grant(meta["credit"])

    def grant(self, credit):
        self.credit += credit
        self.news.set()

    async def send(self, item):
        while self.credit == 0:
            self.news.clear()
            await self.news.wait()
        self.credit -= 1
        self.connection.say(method="$/stream/down", params={"id": self.id, "items": [item]})

    def come(self, params):
        for item in params.get("items", []):
            assert self.granted > 0, "more items than were granted"
            self.granted -= 1
            self.coming.put_nowait((item,))
        if params.get("end") or "error" in params:
            self.coming.put_nowait(())

    async def items(self):
        while True:
            if self.granted == 0 and self.coming.empty():
                self.granted = WINDOW
                self.connection.say(method="$/credit/up", params={"id": self.id, "credit": WINDOW})
            one = await self.coming.get()
            if not one:
                return
            yield one[0]


async def count(exchange):
    to = exchange.params["to"]
    if not exchange.pieces:
        return list(range(1, to + 1))
    for n in range(1, to + 1):
        await exchange.send(n)


async def total(exchange):
    return sum([item async for item in exchange.items()])


async def echo(exchange):
    async for item in exchange.items():
        await exchange.send(item)


METHODS = {"count": count, "total": total, "echo": echo}


class Connection:
    def __init__(self, writer):
        self.writer, self.exchanges, self.tasks = writer, {}, {}

    def say(self, **message):
        self.writer.write(frame(message))

    async def answer(self, exchange, method):
        try:
            self.say(id=exchange.id, result=await METHODS[method](exchange))
        except asyncio.CancelledError:
            self.say(id=exchange.id, error={"code": -32800, "message": "Request cancelled"})
        finally:
            del self.exchanges[exchange.id], self.tasks[exchange.id]

    def hear(self, message):
        method, params = message["method"], message.get("params", {})
        exchange = self.exchanges.get(params.get("id")) if method.startswith("$/") else None
        if method == "$/cancelRequest" and exchange:
            self.tasks[exchange.id].cancel()
        elif method == "$/credit/down" and exchange:
            exchange.grant(params["credit"])
        elif method == "$/stream/up" and exchange:
            exchange.come(params)
        elif method in METHODS:
            exchange = self.exchanges[message["id"]] = Exchange(self, message)
            self.tasks[exchange.id] = asyncio.ensure_future(self.answer(exchange, method))
        elif "id" in message:
            self.say(id=message["id"], error={"code": -32601, "message": "Method not found"})


async def serve(reader, writer):
    connection = Connection(writer)
    async for message in messages(reader):
        connection.hear(message)
        await writer.drain()
    for task in list(connection.tasks.values()):
        task.cancel()
    writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=2**22)
    print(f"listening on 127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


asyncio.run(main())
