# A client in another language, written from docs/wire.md: client.py PORT [METHOD [PARAMS]] ...
import json
import socket
import sys


class Client:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.reader = self.socket.makefile("rb")
        self.last_id = 0

    def send(self, message):
        body = json.dumps(message, ensure_ascii=False).encode()
        self.socket.sendall(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def receive(self):
        length = None
        while (line := self.reader.readline()) != b"\r\n":
            if not line.endswith(b"\r\n"):
                raise ConnectionError("the connection ended inside a header")
            name, colon, value = line.decode("latin-1").partition(":")
            if not colon:
                raise ValueError("this is no header")
            if name.lower() == "content-length":
                length = value.strip()
        if length is None or not length.isascii() or not length.isdigit() or int(length) > 4 * 1024 * 1024:
            raise ValueError("this is no length")
        body = self.reader.read(int(length))
        if len(body) < int(length):
            raise ConnectionError("the connection ended inside a body")
        return json.loads(body)

    def call(self, method, params):
        self.last_id += 1
        self.send({"jsonrpc": "2.0", "id": self.last_id, "method": method, "params": params})
        while True:
            message = self.receive()
            if "method" not in message:
                if message.get("id") == self.last_id:
                    return message
            elif "id" in message:
                error = {"code": -32601, "message": "Method not found"}
                self.send({"jsonrpc": "2.0", "id": message["id"], "error": error})


def calls(words):
    while words:
        method = words.pop(0)
        yield method, json.loads(words.pop(0)) if words and words[0][0] in "[{" else []


try:
    client = Client(int(sys.argv[1]))
    for method, params in calls(sys.argv[2:]):
        reply = client.call(method, params)
        if "error" in reply:
            print("error", reply["error"]["code"], reply["error"]["message"])
        else:
            print(json.dumps(reply["result"]))
    client.socket.close()
except (OSError, ValueError) as error:
    sys.exit(str(error))
