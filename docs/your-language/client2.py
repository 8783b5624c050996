import json, socket, sys
from round10 import take

port, *words = sys.argv[1:]
calls = list(zip(words[::2], words[1::2]))
with socket.create_connection(("127.0.0.1", int(port))) as connection:
    for id, (method, params) in enumerate(calls):
        request = {"jsonrpc": "2.0", "id": id, "method": method, "params": json.loads(params)}
        body = json.dumps(request).encode()
        connection.sendall(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
    data, replies = bytearray(), {}
    while len(replies) < len(calls):
        data += connection.recv(65536) or sys.exit("the server has ended the connection")
        while (body := take(data, lines=False)) is not None:
            message = json.loads(body)
            if "method" not in message and message.get("id") in range(len(calls)):
                replies[message["id"]] = message
for id in range(len(calls)):
    error = replies[id].get("error")
    print(f"error {error['code']} {error['message']}" if error else json.dumps(replies[id]["result"]))
