"""
The service that every server of the course serves: see docs/service.md.

It does not know how to wait. Of a call it says how many seconds the outside world takes, and what
the answer is. How to wait is up to the server.
"""

import hashlib

PAGES = {"/home": 0.12, "/news": 0.3, "/mail": 0.2, "/maps": 0.25, "/feed": 0.16}


class RpcError(Exception):
    """An error that is meant for the caller: JSON-RPC 2.0, section 5.1."""

    def __init__(self, code, message, data=None):
        super().__init__(message)
        self.json = {"code": code, "message": message, "data": data}


def text(value):
    return isinstance(value, str)


def number(value):
    # True and False are numbers in Python, and none in JSON.
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def whole(least, most):
    return lambda value: number(value) and value % 1 == 0 and least <= value <= most


def page(value):
    return text(value) and value in PAGES


def anything(value):
    return True


def fail(code, message, data):
    if not whole(-(2**53), 2**53)(code):
        raise RuntimeError("this handler has a bug")
    raise RpcError(code, "Failed" if message is None else message, data)


def hashed(value, rounds):
    for _ in range(int(rounds)):
        value = hashlib.sha256(value.encode()).hexdigest()
    return value


# The parameters of a method, and its answer.
methods = {
    "say": ({"text": text}, lambda text: "You said: " + text),
    "fetch": ({"url": page}, lambda url: f"This is {url}."),
    "sleep": ({"ms": whole(0, 60_000)}, lambda ms: ms),
    "add": ({"a": number, "b": number}, lambda a, b: a + b),
    "subtract": ({"minuend": number, "subtrahend": number}, lambda a, b: a - b),
    "get_data": ({}, lambda: ["hello", 5]),
    "fail": ({"code": anything, "message": anything, "data": anything}, fail),
    "hash": ({"text": text, "rounds": whole(1, 10_000_000)}, hashed),
}
# These take a list of numbers of any length.
lists = {"sum": sum, "update": lambda _: None, "notify_hello": lambda _: None, "notify_sum": lambda _: None}


def lookup(method, params):
    """
    How many seconds this call waits, and a function that then gives its answer. `params` is a list, a
    dictionary, or None. Raises RpcError -32601 or -32602.
    """
    if method in lists:
        numbers = [] if params is None else params
        if not isinstance(numbers, list) or not all(map(number, numbers)):
            raise RpcError(-32602, "Invalid params", "a list of numbers")
        return 0, lambda: lists[method](numbers)
    if method not in methods:
        raise RpcError(-32601, "Method not found", method)
    kinds, answer = methods[method]
    if isinstance(params, list):
        if len(params) > len(kinds):
            raise RpcError(-32602, "Invalid params", f"at most {len(kinds)} parameters")
        params = dict(zip(kinds, params))
    values = [(params or {}).get(name) for name in kinds]
    for (name, fits), value in zip(kinds.items(), values):
        if not fits(value):
            raise RpcError(-32602, "Invalid params", f'"{name}" is missing or wrong')
    seconds = {"fetch": PAGES.get, "sleep": lambda ms: ms / 1000}.get(method, lambda *_: 0)
    return seconds(*values), lambda: answer(*values)
