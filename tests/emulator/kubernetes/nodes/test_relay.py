import socket
import threading

from acsctl.emulator.kubernetes.nodes.balancers import ordered
from acsctl.emulator.kubernetes.nodes.relay import Relay, listen
from acsctl.emulator.kubernetes.nodes.tries import Tries
from acsctl.emulator.kubernetes.nodes.wishes import Backend

HOST = "127.0.0.1"


def echo(server: socket.socket) -> None:
    """Answers one connection with what it sent, backwards, when it has said its last word."""
    connection, _ = server.accept()
    with connection, connection.makefile("rb") as sent:
        connection.sendall(sent.read()[::-1])


def test_bytes_go_both_ways_until_both_have_said_their_last_word() -> None:
    with listen(HOST, 0) as server:
        threading.Thread(target=echo, args=(server,), daemon=True).start()
        relay = Relay(listen(HOST, 0), dial=lambda: socket.create_connection(server.getsockname()))
        with socket.create_connection((HOST, relay.port), timeout=30) as client:
            client.sendall(b"abc" * 100_000)
            client.shutdown(socket.SHUT_WR)
            with client.makefile("rb") as answer:
                assert answer.read() == b"cba" * 100_000
        relay.close()


def test_a_client_is_hung_up_when_nobody_answers_and_when_the_relay_closes() -> None:
    def refuse() -> socket.socket:
        raise ConnectionRefusedError

    relay = Relay(listen(HOST, 0), dial=refuse)
    with socket.create_connection((HOST, relay.port), timeout=30) as client:
        assert client.recv(1) == b""
    relay.close()

    with listen(HOST, 0) as silent:
        relay = Relay(listen(HOST, 0), dial=lambda: socket.create_connection(silent.getsockname()))
        with socket.create_connection((HOST, relay.port), timeout=30) as client, silent.accept()[0]:
            relay.close()
            assert client.recv(1) == b""


def test_machines_are_asked_in_turn_and_sick_ones_last() -> None:
    a, b, c = (Backend("vpc-1", f"10.0.1.{number}", 30000) for number in (1, 2, 3))
    assert ordered((a, b, c), turn=0, sick={}, now=5.0) == [a, b, c]
    assert ordered((a, b, c), turn=4, sick={}, now=5.0) == [b, c, a]
    assert ordered((a, b, c), turn=1, sick={b: 6.0, c: 4.0}, now=5.0) == [c, a, b]
    assert ordered((), turn=1, sick={}, now=5.0) == []


def test_what_fails_is_told_and_left_alone_for_a_while() -> None:
    clock, tried = [0.0], list[float]()
    tries = Tries(lambda: clock[0])

    def work() -> None:
        tried.append(clock[0])
        if clock[0] < 5.0:
            raise OSError("no room")

    for clock[0] in (0.0, 1.0, 3.0, 4.0, 6.0):
        tries.attempt("i-1", work=work)
        if clock[0] == 4.0:
            assert tries.failures == {"i-1": "no room"}
    assert tried == [0.0, 3.0, 6.0]
    assert tries.failures == {}
