"""Connections that read ahead: what came together is read together."""

import socket
import threading
from typing import Any

import pytest
import urllib3

from webhook.kube.connection import BUFFER, read_ahead

CHUNKS = 12
CHUNK = b"x" * 5_000


@pytest.fixture
def server():
    """Answers one request in chunks that are sent as one, on a free port."""
    listening = socket.create_server(("127.0.0.1", 0))

    def answer():
        connection, _ = listening.accept()
        with connection:
            connection.recv(65_536)
            head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            body = b"".join(b"%x\r\n%s\r\n" % (len(CHUNK), CHUNK) for _ in range(CHUNKS))
            connection.sendall(head + body + b"0\r\n\r\n")

    thread = threading.Thread(target=answer)
    thread.start()
    with listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        thread.join()


@pytest.mark.edge
def test_chunks_arrive_whole_through_a_large_buffer(server):
    pools = urllib3.PoolManager()
    read_ahead(pools)
    answer = pools.request("GET", server, preload_content=False, retries=False)
    assert list(answer.stream(1 << 16)) == [CHUNK] * CHUNKS
    pools.clear()


@pytest.mark.edge
def test_what_is_read_ahead_is_bounded(server):
    pools = urllib3.PoolManager()
    read_ahead(pools)
    answer: Any = pools.request("GET", server, preload_content=False, retries=False)
    ahead = len(answer._fp.fp.peek())
    assert 0 < ahead <= BUFFER
    assert b"".join(answer.stream()) == CHUNK * CHUNKS
    pools.clear()
