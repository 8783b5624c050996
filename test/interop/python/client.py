"""Calls a server with python-lsp-jsonrpc, and prints one JSON text a line."""

import json
import socket
import sys
import threading

from pylsp_jsonrpc.endpoint import Endpoint
from pylsp_jsonrpc.exceptions import JsonRpcException
from pylsp_jsonrpc.streams import JsonRpcStreamReader, JsonRpcStreamWriter

LIMIT = 10  # seconds for each answer


def show(value):
    print(json.dumps(value, ensure_ascii=False, separators=(",", ":")), flush=True)


connection = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
reader = JsonRpcStreamReader(connection.makefile("rb"))
endpoint = Endpoint({}, JsonRpcStreamWriter(connection.makefile("wb")).write)
threading.Thread(target=reader.listen, args=[endpoint.consume], daemon=True).start()

show(endpoint.request("say", {"text": "é 漢 😀"}).result(LIMIT))
show(endpoint.request("subtract", [42, 23]).result(LIMIT))
show(endpoint.request("get_data").result(LIMIT))

# Answers to several calls in flight find their callers, whatever order they come in.
waits = [endpoint.request("sleep", {"ms": ms}) for ms in (30, 20, 10)]
show([wait.result(LIMIT) for wait in waits])

# Notifications get no answer; what comes next is the answer to the call behind them.
endpoint.notify("update", [1, 2, 3])
endpoint.notify("foobar")
show(endpoint.request("sum", [1, 2, 3]).result(LIMIT))

for method, params in (("foobar", []), ("fail", {"code": 7, "message": "no tea", "data": [1]})):
    try:
        endpoint.request(method, params).result(LIMIT)
    except JsonRpcException as error:
        show([error.code, error.message, error.data])

connection.shutdown(socket.SHUT_RDWR)
endpoint.shutdown()
