import json, socket, sys, time
from service import lookup

server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    connection, _ = server.accept()
    while chunk := connection.recv(4096):
        text = chunk.decode()
        request = json.loads(text[text.index("{") :])
        seconds, run = lookup(request["method"], request["params"])
        time.sleep(seconds)
        reply = {"jsonrpc": "2.0", "result": run(), "id": request["id"]}
        body = json.dumps(reply, ensure_ascii=False).encode()
        connection.sendall(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
    connection.close()
