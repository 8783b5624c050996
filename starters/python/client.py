import json, re, socket, sys


def receive(stream):
    header = b""
    while not header.endswith(b"\r\n\r\n"):
        header += stream.readline() or sys.exit("the server has ended the connection")
    length = int(re.search(rb"(?i)content-length:\s*(\d+)", header)[1])
    body = stream.read(length)
    return json.loads(body) if len(body) == length else sys.exit("the server has ended the connection")


port, *words = sys.argv[1:]
calls, replies = [], {}
for word in words:
    if word[0] in "{[":
        calls[-1]["params"] = json.loads(word)
    else:
        calls.append({"jsonrpc": "2.0", "id": len(calls), "method": word})
with socket.create_connection(("127.0.0.1", int(port))) as connection:
    for call in calls:
        body = json.dumps(call).encode()
        connection.sendall(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
    stream = connection.makefile("rb")
    while len(replies) < len(calls):
        message = receive(stream)
        if "method" not in message and message.get("id") in range(len(calls)):
            replies[message["id"]] = message
for id in range(len(calls)):
    error = replies[id].get("error")
    print(f"error {error['code']} {error['message']}" if error else json.dumps(replies[id]["result"]))
