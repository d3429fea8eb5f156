"""A DNS answerer that knows one address for every name: in a network namespace, it leads any client to the local cloud."""

import socketserver
import struct
import threading
from ipaddress import IPv4Address

_HEADER = struct.Struct("!HHHHHH")
_ANSWERED = 0x8400  # a response, authoritative, no error
_RECURSION = 0x0100  # copied from the question
_POINTER_TO_QUESTION = 0xC00C
_A, _IN = 1, 1
LIFETIME = 1  # second


class DnsServer:
    """Answers over UDP until closed. port: 0 takes a free one. Raises OSError when the port is taken."""

    def __init__(self, host: str, *, port: int) -> None:
        address = IPv4Address(host)

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                question, socket = self.request
                reply = answer(question, address=address)
                if reply:
                    socket.sendto(reply, self.client_address)

        self._server = socketserver.ThreadingUDPServer((host, port), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, args=(0.05,), name="local cloud, DNS", daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def answer(question: bytes, *, address: IPv4Address) -> bytes:
    """A for every name; no record of any other type. Empty for what is not one question."""
    if len(question) < _HEADER.size:
        return b""
    number, flags, count, *_ = _HEADER.unpack_from(question)
    end = question.find(b"\0", _HEADER.size) + 5
    if count != 1 or end < _HEADER.size + 5 or len(question) < end:
        return b""
    kind, network = struct.unpack_from("!HH", question, end - 4)
    record = b""
    if (kind, network) == (_A, _IN):
        record = struct.pack("!HHHIH", _POINTER_TO_QUESTION, _A, _IN, LIFETIME, 4) + address.packed
    header = _HEADER.pack(number, _ANSWERED | flags & _RECURSION, 1, 1 if record else 0, 0, 0)
    return header + question[_HEADER.size : end] + record
