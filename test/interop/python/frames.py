"""Messages in Content-Length frames, with nothing but the standard library."""

import json


def frame(message):
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


async def messages(reader):
    """The messages that come, one after another."""
    while line := await reader.readline():
        length = int(line.split(b":")[1])
        await reader.readline()
        yield json.loads(await reader.readexactly(length))
