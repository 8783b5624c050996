import json, re, socket, sys, time, traceback
from service import RpcError, lookup, number

INVALID = {"code": -32600, "message": "Invalid Request"}
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


def is_id(value):
    return value is None or isinstance(value, str) or number(value) and abs(value) < 2**53


def answer(it):
    """The reply to one message, as JSON; "" when none is due."""
    it = it if isinstance(it, dict) else {}
    if "method" not in it and it.keys() & {"result", "error"}:
        return ""
    id, asks = it.get("id"), "id" in it
    right = it.get("jsonrpc") == "2.0" and isinstance(it.get("method"), str)
    right = right and isinstance(it.get("params"), (list, dict, type(None)))
    if not (right and is_id(id)):
        return encode(id if is_id(id) else None, error=INVALID)
    try:
        seconds, run = lookup(it["method"], it.get("params"))
        time.sleep(seconds)
        reply = encode(id, result=run())
    except RpcError as error:
        reply = encode(id, error=error.json)
    except Exception:
        traceback.print_exc()
        reply = encode(id, error=INTERNAL)
    return reply if asks else ""


def answer_all(body):
    """The reply to a body, which may be a batch."""
    try:
        message = json.loads(body.decode(), parse_constant=int)  # int("NaN") is a ValueError
    except (ValueError, RecursionError):
        return encode(None, error={"code": -32700, "message": "Parse error"})
    if not isinstance(message, list):
        return answer(message)
    if not 1 <= len(message) <= 100:
        return encode(None, error=INVALID)
    replies = [answer(one) for one in message]
    return "[" + ",".join(filter(None, replies)) + "]" if any(replies) else ""


server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    connection, _ = server.accept()
    data = bytearray()
    while chunk := connection.recv(4096):
        data += chunk
        while (body := take(data)) is not None:
            reply = answer_all(body).encode()
            if reply:
                connection.sendall(b"Content-Length: %d\r\n\r\n%b" % (len(reply), reply))
    connection.close()
