import json, re, socket, sys


def receive(stream):
    header = b""
    while not header.endswith(b"\r\n\r\n"):
        header += stream.readline() or sys.exit("the server has ended the connection")
    length = int(re.search(rb"(?i)content-length:\s*(\d+)", header)[1])
    body = stream.read(length)
    return json.loads(body) if len(body) == length else sys.exit("the server has ended the connection")


port, *words = sys.argv[1:]
calls = dict(enumerate(zip(words[::2], words[1::2]), start=1))
replies = {}
with socket.create_connection(("127.0.0.1", int(port))) as connection:
    for id, (method, params) in calls.items():
        request = {"jsonrpc": "2.0", "id": id, "method": method, "params": json.loads(params)}
        body = json.dumps(request).encode()
        connection.sendall(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
    stream = connection.makefile("rb")
    while replies.keys() != calls.keys():
        message = receive(stream)
        if "method" not in message and message.get("id") in calls:
            replies[message["id"]] = message
for id in calls:
    error = replies[id].get("error")
    print(f"error {error['code']} {error['message']}" if error else json.dumps(replies[id]["result"]))
