"""Connections that read as much as has come, instead of 8 KiB at a time.

A watch under load sends many small chunks; with the buffer that `http.client` gives an answer
each of them is one or two system calls, and each of these a hand-over between the threads.
"""

import http.client
import socket
from typing import Any, cast

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

BUFFER = 1 << 17
"""Bytes that an answer reads ahead at most."""


class _Answer(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = cast("Any", sock.makefile("rb", buffering=BUFFER))


class _Connection(HTTPConnection):
    response_class = _Answer


class _TLSConnection(HTTPSConnection):
    response_class = _Answer


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection


class _TLSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


def read_ahead(pools: urllib3.PoolManager) -> None:
    """Let the connections that these pools will open read ahead."""
    pools.pool_classes_by_scheme = {"http": _Pool, "https": _TLSPool}
