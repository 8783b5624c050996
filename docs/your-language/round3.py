import json, re, socket, sys, time
from service import lookup

server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    connection, _ = server.accept()
    data = ""
    while chunk := connection.recv(4096):
        data += chunk.decode()
        while "\r\n\r\n" in data:
            header, text = data.split("\r\n\r\n", 1)
            length = int(re.search(r"(?i)content-length:\s*(\d+)", header)[1])
            if len(text) < length:
                break
            data = text[length:]
            request = json.loads(text[:length])
            seconds, run = lookup(request["method"], request["params"])
            time.sleep(seconds)
            reply = {"jsonrpc": "2.0", "result": run(), "id": request["id"]}
            body = json.dumps(reply, ensure_ascii=False).encode()
            connection.sendall(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
    connection.close()
