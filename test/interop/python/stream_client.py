"""Calls a server whose answers come in pieces, and prints one JSON text a line."""

import asyncio
import json
import sys

from frames import frame, messages

LIMIT = 10  # seconds for each message


class Client:
    def __init__(self, reader, writer):
        self.coming, self.writer, self.id = messages(reader), writer, 0

    def say(self, **message):
        self.writer.write(frame(message))

    async def hear(self):
        return await asyncio.wait_for(anext(self.coming), LIMIT)

    async def call(self, method, params=None, credit=None, up=None, enough=None):
        """Reads `credit` items ahead, grants them again one by one, and cancels when it has had enough."""
        self.id += 1
        meta = {} if credit is None else {"credit": credit}
        if up is not None:
            meta["stream"] = True
        self.say(id=self.id, method=method, params=params or {}, meta=meta)
        items, granted, most = [], credit or 0, 0
        up, ended = list(up or []), up is None
        while True:
            message = await self.hear()
            if message.get("method") == "$/credit/up":
                now, up = up[: message["params"]["credit"]], up[message["params"]["credit"] :]
                if now:
                    self.say(method="$/stream/up", params={"id": self.id, "items": now})
                if not up and not ended:
                    ended = True
                    self.say(method="$/stream/up", params={"id": self.id, "end": True})
            elif message.get("method") == "$/stream/down":
                some = message["params"]["items"]
                items += some
                most = max(most, len(some))
                assert len(items) <= granted, f"{len(items)} items for {granted}"
                if enough is not None and len(items) >= enough:
                    self.say(method="$/cancelRequest", params={"id": self.id})
                    enough = None
                else:
                    granted += len(some)
                    self.say(method="$/credit/down", params={"id": self.id, "credit": len(some)})
            else:
                assert message["id"] == self.id, message
                return items, message.get("error", {}).get("code", message.get("result"))


def show(value):
    print(json.dumps(value, ensure_ascii=False, separators=(",", ":")), flush=True)


async def main():
    reader, writer = await asyncio.open_connection("127.0.0.1", int(sys.argv[1]), limit=2**22)
    client = Client(reader, writer)
    items, end = await client.call("count", {"to": 1000}, credit=7)
    show([items == list(range(1, 1001)), end])
    items, end = await client.call("count", {"to": 100_000}, credit=1_000)
    show([items == list(range(1, 100_001)), end])
    show(await client.call("count", {"to": 3}))
    show(await client.call("feed", {"ms": 1, "items": 3}, credit=1))
    show(await client.call("total", up=range(1001)))
    show(await client.call("echo", credit=1, up=["é 漢 😀", None, {"a": []}]))
    items, end = await client.call("count", {"to": 1_000_000}, credit=5, enough=20)
    show([len(items) >= 20, end])
    show(await client.call("count", {"to": 3}, credit=-1))
    writer.close()


asyncio.run(main())
