import json, re, socket, sys, time, traceback
from service import RpcError, lookup

INTERNAL = {"code": -32603, "message": "Internal error"}


def take(data):
    """Cuts the next body off what has come; None while it is not whole."""
    at = data.find(b"\r\n\r\n") + 4
    if at < 4:
        return None
    end = at + int(re.search(rb"(?i)content-length:\s*(\d+)", data[:at])[1])
    if end > len(data):
        return None
    body = bytes(data[at:end])
    del data[:end]
    return body


def encode(id, **outcome):
    return json.dumps({"jsonrpc": "2.0", **outcome, "id": id})


def answer(it):
    """The reply to one message, as JSON; "" when none is due."""
    id = it.get("id")
    try:
        seconds, run = lookup(it["method"], it.get("params"))
        time.sleep(seconds)
        reply = encode(id, result=run())
    except RpcError as error:
        reply = encode(id, error=error.json)
    except Exception:
        traceback.print_exc()
        reply = encode(id, error=INTERNAL)
    return reply if "id" in it else ""


server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    connection, _ = server.accept()
    data = bytearray()
    while chunk := connection.recv(4096):
        data += chunk
        while (body := take(data)) is not None:
            reply = answer(json.loads(body)).encode()
            if reply:
                connection.sendall(b"Content-Length: %d\r\n\r\n%b" % (len(reply), reply))
    connection.close()
