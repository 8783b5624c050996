"""Serves part of the service with python-lsp-jsonrpc, a thread for each client."""

import socketserver

from pylsp_jsonrpc.endpoint import Endpoint
from pylsp_jsonrpc.streams import JsonRpcStreamReader, JsonRpcStreamWriter


def named(*names):
    """Takes parameters by position or by name."""
    return lambda params: params if isinstance(params, list) else [params[name] for name in names]


def say(params):
    (text,) = named("text")(params)
    return "You said: " + text


def subtract(params):
    minuend, subtrahend = named("minuend", "subtrahend")(params)
    return minuend - subtrahend


def add(params):
    a, b = named("a", "b")(params)
    return a + b


METHODS = {
    "say": say,
    "subtract": subtract,
    "add": add,
    "sum": lambda params: sum(params or []),
    "get_data": lambda params: ["hello", 5],
}


class Connection(socketserver.StreamRequestHandler):
    def handle(self):
        endpoint = Endpoint(METHODS, JsonRpcStreamWriter(self.wfile).write)
        JsonRpcStreamReader(self.rfile).listen(endpoint.consume)
        endpoint.shutdown()


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


with Server(("127.0.0.1", 0), Connection) as server:
    print("listening on %s:%d" % server.server_address, flush=True)
    server.serve_forever()
