# #region server
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
        text = json.dumps(reply, ensure_ascii=False)
        connection.sendall(f"Content-Length: {len(text)}\r\n\r\n{text}".encode())
    connection.close()
# #endregion server
