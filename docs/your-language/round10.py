# #region server
import asyncio, json, re, sys, traceback
from service import RpcError, lookup, number

FIELD = re.compile(rb"(?i)content-length:[ \t]*(\d+)[ \t]*|(?!content-length:)[^\s:]+:.*")
MOST = 4 * 1024 * 1024
INVALID = {"code": -32600, "message": "Invalid Request"}
INTERNAL = {"code": -32603, "message": "Internal error"}


def take(data, lines):
    """Cuts the next body off what has come. None: it is not whole. ValueError: it will never be."""
    at, end = 0, data.find(b"\n" if lines else b"\r\n\r\n") + 1 or len(data) + 1
    if end > (MOST if lines else 8192):
        raise ValueError("too long")
    if not lines and end <= len(data):
        fields = [FIELD.fullmatch(line) for line in bytes(data[: end - 1]).split(b"\r\n")]
        if None in fields:
            raise ValueError("this is no header")
        [length] = {int(field[1]) for field in fields if field[1]}  # exactly one
        if length > MOST:
            raise ValueError("too long")
        at, end = end + 3, end + 3 + length
    if end > len(data):
        return None
    body = bytes(data[at:end])
    del data[:end]
    return body


def encode(id, **outcome):
    try:
        return json.dumps({"jsonrpc": "2.0", **outcome, "id": id}, allow_nan=False)
    except (ValueError, RecursionError):
        return encode(id, error=INTERNAL)


def is_id(value):
    return value is None or isinstance(value, str) or number(value) and abs(value) < 2**53


async def answer(it, running):
    """The reply to one message, as JSON; "" when none is due."""
    it = it if isinstance(it, dict) else {}
    if "method" not in it and it.keys() & {"result", "error"}:
        return ""
    id, asks = it.get("id"), "id" in it
    right = it.get("jsonrpc") == "2.0" and isinstance(it.get("method"), str)
    right = right and isinstance(it.get("params"), (list, dict, type(None)))
    if not (right and is_id(id)) or asks and id in running:
        return encode(id if is_id(id) else None, error=INVALID)
    running.update([id] if asks else [])
    try:
        seconds, run = lookup(it["method"], it.get("params"))
        await asyncio.sleep(seconds)
        reply = encode(id, result=run())
    except RpcError as error:
        reply = encode(id, error=error.json)
    except Exception:
        traceback.print_exc()
        reply = encode(id, error=INTERNAL)
    if asks:
        running.remove(id)
    return reply if asks else ""


async def answer_all(body, running):
    """The reply to a body, which may be a batch."""
    try:
        message = json.loads(body.decode(), parse_constant=int)  # int("NaN") is a ValueError
    except (ValueError, RecursionError):
        return encode(None, error={"code": -32700, "message": "Parse error"})
    if not isinstance(message, list):
        return await answer(message, running)
    if not 1 <= len(message) <= 100:
        return encode(None, error=INVALID)
    replies = await asyncio.gather(*(answer(one, running) for one in message))
    return "[" + ",".join(filter(None, replies)) + "]" if any(replies) else ""


async def serve(reader, writer):
    data, lines, running, tasks = bytearray(), None, set(), set()

    async def handle(body):
        reply = await answer_all(body, running)
        if reply and not writer.is_closing():
            frame = f"{reply}\n" if lines else f"Content-Length: {len(reply)}\r\n\r\n{reply}"
            writer.write(frame.encode())

    try:
        while chunk := await reader.read(65536):
            data += chunk
            lines = chunk[0] in b"{[" if lines is None else lines
            while (body := take(data, lines)) is not None:
                if body.strip() or not lines:
                    tasks.add(task := asyncio.create_task(handle(body)))
                    task.add_done_callback(tasks.discard)
            await writer.drain()
    except (ValueError, ConnectionError):
        pass
    await asyncio.gather(*tasks)
    if data:
        await handle(b"no JSON")  # the stream has ended in a frame, or the frame is broken
    writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
# #endregion server
