"""The light client against a server that answers in odd pieces."""

import socket
import threading

import pytest

from tests.bench.processes.connection import Connection, get, post

ANSWER = b"HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 5\r\n\r\nhello"


def answering(*pieces):
    """A server for one connection: reads a request, then sends the pieces one by one."""
    listener = socket.create_server(("127.0.0.1", 0))
    seen = []

    def serve():
        with listener, listener.accept()[0] as peer:
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            seen.append(peer.recv(1 << 16))
            for piece in pieces:
                peer.sendall(piece)

    thread = threading.Thread(target=serve)
    thread.start()
    return listener.getsockname()[1], seen, thread


@pytest.mark.parametrize(
    "pieces",
    [(ANSWER,), (ANSWER[:30], ANSWER[30:]), tuple(bytes([byte]) for byte in ANSWER)],
    ids=["at once", "in the middle of a header", "byte by byte"],
)
def test_an_answer_is_read_however_it_arrives(pieces):
    port, seen, thread = answering(*pieces)
    connection = Connection(port)
    assert connection.ask(post("/x", b"{}")) == (200, b"hello")
    connection.close()
    thread.join()
    assert seen[0].startswith(b"POST /x HTTP/1.1\r\n")
    assert seen[0].endswith(b"Content-Length: 2\r\n\r\n{}")


def test_a_connection_that_is_closed_is_an_error():
    port, _, thread = answering(ANSWER[:30])
    connection = Connection(port)
    with pytest.raises(ConnectionError, match="closed"):
        connection.ask(get("/x"))
    connection.close()
    thread.join()


def test_an_answer_without_a_length_is_refused():
    port, _, thread = answering(b"HTTP/1.1 200 OK\r\n\r\n")
    connection = Connection(port)
    with pytest.raises(ConnectionError, match="length"):
        connection.ask(get("/x"))
    connection.close()
    thread.join()
