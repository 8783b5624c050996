import json, re, socket, sys, time
from service import lookup


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


server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    connection, _ = server.accept()
    data = bytearray()
    while chunk := connection.recv(4096):
        data += chunk
        while (body := take(data)) is not None:
            request = json.loads(body)
            seconds, run = lookup(request["method"], request["params"])
            time.sleep(seconds)
            reply = {"jsonrpc": "2.0", "result": run(), "id": request["id"]}
            body = json.dumps(reply, ensure_ascii=False).encode()
            connection.sendall(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
    connection.close()
