"""One API server: raw requests, raw answers, and failures that read as one sentence.

The client library brings configuration, credentials and the connection pool. Its typed
models are never built: they are slow, and strict about what real clusters lack.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

import msgspec
import urllib3
import yaml
from kubernetes import config
from kubernetes.client import ApiClient, ApiException, Configuration

from webhook.kube.connection import read_ahead

USER_AGENT = "vm-affinity-webhook"
TIMEOUT = (10.0, 30.0)
"""Seconds to connect, and to wait for the next bytes of an answer."""

CONNECTIONS = 64
"""Connections that are kept: one for each kind that is watched, and what is asked beside."""

MESSAGE_LIMIT = 500
CHUNK = 1 << 16
"""Bytes of a stream that are read at once, at most."""

_NO_ANSWER = (ApiException, urllib3.exceptions.HTTPError, OSError)
_BROKEN_KUBECONFIG = (OSError, ValueError, TypeError, LookupError, AttributeError, yaml.YAMLError)


class KubeError(Exception):
    """Something between us and the API server failed; the text is one sentence for people."""


class NotConfigured(KubeError):
    """There is no usable kubeconfig, and no service account either."""


class ApiUnreachable(KubeError):
    """No answer came back."""


class ApiFailure(KubeError):
    """The API server answered, and refused."""

    def __init__(self, request: str, status: int, reason: str, message: str) -> None:
        said = f": {message}" if message else ""
        super().__init__(f"The API server answered {status} {reason} to {request}{said}")
        self.status = status
        self.reason = reason
        self.message = message


class Stream:
    """The body of an answer that goes on; another thread may end it."""

    def __init__(self, answer: urllib3.BaseHTTPResponse, address: str) -> None:
        self._answer = answer
        self._address = address

    def chunks(self) -> Iterator[bytes]:
        """The bytes as they arrive; raises ApiUnreachable where they are cut or stay out."""
        try:
            yield from self._answer.stream(CHUNK)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise _unreachable(self._address, error) from error

    def shut(self) -> None:
        """End it from any thread: a reader that waits for bytes stops waiting."""
        with suppress(OSError, ValueError, RuntimeError):  # it may have ended by itself
            self._answer.shutdown()


class Api:
    """A configured connection; safe to share between threads, as the pool below it is."""

    def __init__(self, client: ApiClient) -> None:
        client.user_agent = USER_AGENT
        read_ahead(client.rest_client.pool_manager)
        self._client = client

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
        content_type: str = "application/json",
        timeout: tuple[float, float] = TIMEOUT,
    ) -> bytes:
        """Send one request and return the body of its 2xx answer."""
        try:
            answer = self._send(method, path, query or {}, body, content_type, timeout)
            content = answer.data
        except _NO_ANSWER as error:
            raise _unreachable(self._address, error) from error
        if not 200 <= answer.status < 300:
            raise _failure(f"{method} {path}", answer, content)
        return content

    @contextmanager
    def stream(
        self, path: str, *, query: Mapping[str, str], read_timeout: float
    ) -> Iterator[Stream]:
        """GET an answer that goes on, such as a watch; the connection ends with the block.

        `read_timeout`: seconds without a byte after which the stream counts as cut.
        """
        timeout = (TIMEOUT[0], read_timeout)
        try:
            answer = self._send("GET", path, query, None, timeout=timeout)
        except _NO_ANSWER as error:
            raise _unreachable(self._address, error) from error
        try:
            stream = Stream(answer, self._address)
            if not 200 <= answer.status < 300:
                raise _failure(f"GET {path}", answer, b"".join(stream.chunks()))
            yield stream
        finally:
            answer.close()

    @property
    def _address(self) -> str:
        return str(self._client.configuration.host).rpartition("@")[2]

    def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: Mapping[str, object] | None,
        content_type: str = "application/json",
        timeout: tuple[float, float] = TIMEOUT,
    ) -> urllib3.BaseHTTPResponse:
        headers = {"Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = content_type
        request = self._client.param_serialize(
            method,
            path,
            query_params=list(query.items()),
            header_params=headers,
            body=body,
            auth_settings=["BearerToken"],
        )
        answer: urllib3.BaseHTTPResponse = self._client.call_api(
            *request, _request_timeout=timeout
        ).response
        return answer


def _unreachable(address: str, error: Exception) -> ApiUnreachable:
    reason = error.reason if isinstance(error, ApiException) else error
    return ApiUnreachable(
        f"Cannot reach the API server {address} ({_one_line(str(reason))}):"
        " check its address and certificate, and that it is up."
    )


def connect(kubeconfig: str | None = None, context: str | None = None) -> Api:
    """Connect as a kubeconfig says, or as this pod's service account when none is named."""
    settings = Configuration()
    settings.retries = False  # a retry is the caller's decision, and so is its delay
    settings.connection_pool_maxsize = CONNECTIONS
    try:
        if kubeconfig or context:
            config.load_kube_config(kubeconfig, context, settings, persist_config=False)
        else:
            config.load_incluster_config(settings)
        return Api(ApiClient(settings))
    except config.ConfigException as error:
        raise _not_configured(kubeconfig, context, str(error)) from error
    except _BROKEN_KUBECONFIG as error:
        # What the parser quotes may be a credential: only the kind of error is said.
        raise _not_configured(kubeconfig, context, type(error).__name__) from None


def _not_configured(kubeconfig: str | None, context: str | None, why: str) -> NotConfigured:
    if not (kubeconfig or context):
        return NotConfigured(
            f"This is not a pod with a service account ({_one_line(why)}): name a kubeconfig."
        )
    which = kubeconfig or "the default kubeconfig"
    return NotConfigured(
        f"Cannot use {which} ({_one_line(why)}): give a kubeconfig file"
        " with the context that you mean."
    )


class _Status(msgspec.Struct):
    reason: str = ""
    message: str = ""


def _failure(request: str, answer: urllib3.BaseHTTPResponse, content: bytes) -> ApiFailure:
    """Read a Status object; a proxy in between may answer with anything else."""
    try:
        said = msgspec.json.decode(content, type=_Status)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        said = _Status()
    reason = _one_line(said.reason or answer.reason or "without a reason")
    return ApiFailure(request, answer.status, reason, _one_line(said.message))


def _one_line(text: str) -> str:
    return " ".join(text.split())[:MESSAGE_LIMIT]
