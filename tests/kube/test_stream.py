"""webhook.kube.client: an answer that goes on, and how it ends."""

import socket
import threading
from contextlib import contextmanager

import pytest

from webhook.kube.client import ApiFailure, ApiUnreachable, connect

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
PATH = "/api/v1/nodes"


@contextmanager
def answering(server, *pieces, end=True):
    """Answer one request with these bytes, then hang up or stay silent."""
    done = threading.Event()

    def serve():
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            for piece in pieces:
                connection.sendall(piece)
            if not end:
                done.wait(20)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


def stream(server, tmp_path, read_timeout=20.0):
    """Open the stream."""
    api = connect(server.kubeconfig(tmp_path))
    return api.stream(PATH, query={"watch": "true"}, read_timeout=read_timeout)


@pytest.mark.edge
def test_bytes_are_given_as_they_come_until_the_end(server, tmp_path):
    pieces = (HEAD, b"2\r\na\n\r\n", b"3\r\nbc\n\r\n", b"0\r\n\r\n")
    with answering(server, *pieces), stream(server, tmp_path) as opened:
        assert list(opened.chunks()) == [b"a\n", b"bc\n"]


@pytest.mark.edge
@pytest.mark.parametrize("cut", [b"", b"9\r\nabc", b"nonsense\r\n"])
def test_a_cut_stream_is_one_sentence(server, tmp_path, cut):
    with (
        answering(server, HEAD, cut),
        stream(server, tmp_path) as opened,
        pytest.raises(ApiUnreachable) as failure,
    ):
        list(opened.chunks())
    assert "\n" not in str(failure.value)


@pytest.mark.edge
def test_a_silent_stream_is_noticed(server, tmp_path):
    with (
        answering(server, HEAD, end=False),
        stream(server, tmp_path, 0.05) as opened,
        pytest.raises(ApiUnreachable, match="timed out"),
    ):
        list(opened.chunks())


@pytest.mark.edge
def test_another_thread_may_end_a_silent_stream(server, tmp_path):
    with answering(server, HEAD, end=False), stream(server, tmp_path) as opened:
        thread = threading.Thread(target=opened.shut)
        thread.start()
        with pytest.raises(ApiUnreachable):
            list(opened.chunks())
        thread.join()


@pytest.mark.edge
def test_ending_a_stream_that_has_ended_is_harmless(server, tmp_path):
    with answering(server, HEAD, b"0\r\n\r\n"), stream(server, tmp_path) as opened:
        assert list(opened.chunks()) == []
        opened.shut()
    opened.shut()


@pytest.mark.edge
def test_a_refused_stream_is_a_failure(cluster, cluster_api):
    refused = cluster_api.stream("/api/v1/namespaces/n/pods/p", query={}, read_timeout=5.0)
    with (
        pytest.raises(ApiFailure, match="404 NotFound to GET /api/v1/namespaces/n/pods/p"),
        refused,
    ):
        pass


@pytest.mark.edge
def test_no_server_at_the_address_is_one_sentence(server, tmp_path):
    away = connect(server.kubeconfig(tmp_path), "away").stream(PATH, query={}, read_timeout=5.0)
    with pytest.raises(ApiUnreachable, match="Cannot reach the API server"), away:
        pass
