# #region client
import json, socket, sys
from round10 import take


def send(connection, message):
    body = json.dumps(message).encode()
    connection.sendall(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))


port, *words = sys.argv[1:]
calls, replies = [], []
for word in words:
    if word[0] in "{[":
        calls[-1]["params"] = json.loads(word)
    else:
        calls.append({"jsonrpc": "2.0", "id": len(calls), "method": word})
with socket.create_connection(("127.0.0.1", int(port))) as connection:
    for call in calls:
        send(connection, call)
    data = bytearray()
    while len(replies) < len(calls):
        data += connection.recv(65536) or sys.exit("the server has ended the connection")
        while (body := take(data, lines=False)) is not None:
            replies.append(json.loads(body))
for reply in replies:
    error = reply.get("error")
    print(f"error {error['code']} {error['message']}" if error else json.dumps(reply["result"]))
# #endregion client
