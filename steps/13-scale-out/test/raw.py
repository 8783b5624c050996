"""A client of the service, written from the description of its messages and of NATS' protocol alone.

Says on stdout, as JSON, what it was answered. https://docs.nats.io/reference/reference-protocols/nats-protocol
"""
import json
import socket
import sys

host, port = sys.argv[1].rsplit(":", 1)
sock = socket.create_connection((host, int(port)), timeout=20)
stream = sock.makefile("rb")
INBOX = "_INBOX.rawpython"


def line():
    text = stream.readline()
    if not text:
        raise SystemExit("the server has closed the connection")
    return text.rstrip(b"\r\n").decode()


def message():
    """The next message: its subject, where to answer, status and headers, payload. Pings are answered on the way."""
    while True:
        words = line().split(" ")
        if words[0] == "PING":
            sock.sendall(b"PONG\r\n")
        elif words[0] == "-ERR":
            return None, None, " ".join(words[1:]), b""
        elif words[0] in ("MSG", "HMSG"):
            sizes = 2 if words[0] == "HMSG" else 1
            subject = words[1]
            reply = words[3] if len(words) == 4 + sizes else None
            head = int(words[-2]) if sizes == 2 else 0
            data = stream.read(int(words[-1]))
            assert stream.read(2) == b"\r\n"
            return subject, reply, data[:head].decode(), data[head:]


def publish(subject, payload, reply="", headers=None):
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    if headers is None:
        sock.sendall(f"PUB {subject} {reply} {len(data)}\r\n".encode() + data + b"\r\n")
        return
    pairs = headers.items() if isinstance(headers, dict) else headers
    head = ("NATS/1.0\r\n" + "".join(f"{name}: {value}\r\n" for name, value in pairs) + "\r\n").encode()
    sock.sendall(f"HPUB {subject} {reply} {len(head)} {len(head) + len(data)}\r\n".encode() + head + data + b"\r\n")


def request(id, method, params, headers=None, **more):
    body = {"jsonrpc": "2.0", "id": id, "method": method, "params": params, **more}
    publish("rpc-steps.call", body, f"{INBOX}.{id}", headers)


def answer(id):
    while True:
        subject, _, _, data = message()
        body = json.loads(data)
        if subject == f"{INBOX}.{id}" and "method" not in body:
            return body.get("result", body.get("error"))


assert line().startswith("INFO ")
sock.sendall(b'CONNECT {"verbose":false,"pedantic":false,"headers":true,"no_responders":true,"lang":"python","version":"0"}\r\n')
sock.sendall(f"SUB {INBOX}.* 1\r\n".encode())
said = {}

request(1, "say", {"text": "\u00e9"})
said["say"] = answer(1)
request(2, "foobar", {})
said["foobar"] = answer(2)["code"]
request(3, "sleep", {"ms": 60000}, {"Timeout-Ms": "50"})
said["late"] = answer(3)["code"]

request(7, "say", {"text": ""}, [("Timeout-Ms", "1000"), ("Timeout-Ms", "0")])
said["twice"] = answer(7)["code"]

# A stream: the first message says, by where to answer, who has the request. Each end numbers what it says.
request(4, "count", {"to": 10}, meta={"credit": 4})
items, heard, seq = [], 0, 0
while True:
    _, reply, head, data = message()
    body = json.loads(data)
    number = int(head.split("Seq: ")[1].split("\r\n")[0])
    if body.get("method") == "$/alive":
        assert number == heard
        continue
    heard += 1
    assert number == heard
    if "method" not in body:
        said["count"] = [items, body["result"]]
        break
    items += body["params"]["items"]
    seq += 1
    credit = {"jsonrpc": "2.0", "method": "$/credit/down", "params": {"id": 4, "credit": len(body["params"]["items"])}}
    publish(reply, credit, f"{INBOX}.4", {"Seq": seq})

# Nobody there: status 503, at once.
publish("rpc-steps.nobody", {}, f"{INBOX}.5")
said["nobody"] = message()[2].split("\r\n")[0].strip()

# Who is there.
publish("$SRV.PING.rpc-steps", b"", f"{INBOX}.6")
said["ping"] = json.loads(message()[3])["type"]

# What is too large ends the connection, and the server says why.
publish("rpc-steps.call", b" " * 2_000_000)
said["too large"] = message()[2]
print(json.dumps(said))
