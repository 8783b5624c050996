import asyncio, json, re, sys

methods = {
    "say": lambda text: "You said: " + text,
    "sum": lambda *numbers: sum(numbers),
    # The others are in docs/service.md.
}


async def serve(reader, writer):
    try:
        while True:
            header = await reader.readuntil(b"\r\n\r\n")
            length = int(re.search(rb"(?i)content-length:\s*(\d+)", header)[1])
            request = json.loads(await reader.readexactly(length))
            method, params = methods[request["method"]], request["params"]
            result = method(**params) if isinstance(params, dict) else method(*params)
            reply = {"jsonrpc": "2.0", "result": result, "id": request["id"]}
            body = json.dumps(reply).encode()
            writer.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()


asyncio.run(main())
