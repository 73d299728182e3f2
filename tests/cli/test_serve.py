"""vm-affinity serve: the real gunicorn over TLS, and what keeps it from starting."""

import json
import os
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress

import pytest

from tests import serving
from tests.certs.samples import PASSPHRASE_KEY
from tests.recorded import INVENTORY, review, vm
from webhook.config import Settings

pytestmark = pytest.mark.edge

ASKED = review(vm("web-1", nodeSelector={"rack": "nowhere"}), vm("web-1"))


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    """A certificate set for 127.0.0.1."""
    folder = tmp_path_factory.mktemp("serve") / "tls"
    serving.make_certificates(folder)
    return folder


@pytest.fixture(scope="module")
def server(tls):
    """The real server over the recorded cluster."""
    with serving.serving(tls, str(INVENTORY)) as running:
        yield running


def answered(status, body):
    """The response in a body, whose status must be 200."""
    assert status == 200, body
    return json.loads(body)["response"]


# A running server.


def test_it_answers_a_review_over_tls_with_a_verified_certificate(server):
    answer = answered(*serving.post(server.connect(), "/validate?timeout=5s", ASKED))
    assert answer["uid"] == ASKED["request"]["uid"]
    assert (answer["allowed"], answer["status"]["code"]) == (False, 403)


def test_a_client_that_trusts_another_ca_or_wants_another_name_is_protected(server, tmp_path):
    serving.make_certificates(tmp_path / "other")
    with pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer"):
        server.connect(ca=tmp_path / "other" / "ca.crt").request("GET", "/healthz")
    with pytest.raises(ssl.SSLCertVerificationError, match="not valid for 'localhost'"):
        server.connect("localhost").request("GET", "/healthz")
    assert server.get("/healthz") == (200, "ok\n")


def test_one_connection_carries_many_requests(server):
    connection = server.connect()
    connection.connect()
    socket_before = connection.sock
    for _ in range(3):
        assert answered(*serving.post(connection, "/validate", ASKED))["allowed"] is False
        assert serving.post(connection, "/validate", b"")[0] == 400
        assert connection.sock is socket_before, "a refusal keeps the connection too"


def test_plain_http_is_refused_and_does_no_harm(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as plain:
        plain.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        with suppress(ConnectionResetError):
            assert b"200" not in plain.recv(1000)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as noise:
        noise.sendall(b"\x16\x03\x01" + os.urandom(200))
    assert server.get("/healthz")[0] == 200


TOO_LARGE = (
    413,
    "Request Entity Too Large: The data value transmitted exceeds the capacity limit.\n",
)
NOISE = b"\xa5" * 10_000_000


def test_noise_of_ten_megabytes_is_refused_and_the_next_review_is_answered(server):
    connection = server.connect()
    connection.request("POST", "/validate", NOISE)
    answer = connection.getresponse()
    assert (answer.status, answer.read().decode()) == TOO_LARGE
    assert answered(*serving.post(connection, "/validate", ASKED))["allowed"] is False


def test_noise_of_ten_megabytes_in_chunks_is_refused_too(server):
    connection = server.connect()
    chunks = (NOISE[at : at + 100_000] for at in range(0, len(NOISE), 100_000))
    connection.request("POST", "/validate", chunks, encode_chunked=True)
    answer = connection.getresponse()
    assert (answer.status, answer.read().decode()) == TOO_LARGE


def test_a_client_that_closes_after_its_request_is_told_too(server):
    context = ssl.create_default_context(cafile=str(server.tls / "ca.crt"))
    url = f"https://127.0.0.1:{server.port}/validate"
    asked = urllib.request.Request(url, NOISE)
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(asked, timeout=10, context=context)  # noqa: S310 - https
    assert (refusal.value.code, refusal.value.read().decode()) == TOO_LARGE
    assert answered(*serving.post(server.connect(), "/validate", ASKED))["allowed"] is False


def test_a_chunked_body_is_read_and_bounded_too(server):
    connection = server.connect()
    body = json.dumps(ASKED).encode()
    connection.request("POST", "/validate", iter([body[:100], body[100:]]), encode_chunked=True)
    answer = connection.getresponse()
    assert answered(answer.status, answer.read())["allowed"] is False


def test_a_client_that_goes_away_in_the_middle_does_no_harm(server):
    for _ in range(8):
        connection = server.connect()
        connection.putrequest("POST", "/validate")
        connection.putheader("Content-Length", "1000")
        connection.endheaders(b"{")
        connection.close()
    assert answered(*serving.post(server.connect(), "/validate", ASKED))["allowed"] is False


def test_more_connections_than_threads_are_all_answered(server):
    connections = [server.connect() for _ in range(20)]

    def ask(connection):
        return [answered(*serving.post(connection, "/validate", ASKED)) for _ in range(3)]

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(ask, connections, timeout=serving.SECONDS))
    assert all(not answer["allowed"] for each in answers for answer in each)


def test_connections_that_stay_silent_delay_nobody(server):
    """Each holds a thread for five seconds, of which there are more than a few."""
    with ExitStack() as held:
        for _ in range(8):
            held.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=10))
        time.sleep(0.2)
        started = time.monotonic()
        assert answered(*serving.post(server.connect(), "/validate", ASKED))["allowed"] is False
        assert time.monotonic() - started < 2


def serial(server):
    """The serial number of the certificate that a new connection is shown."""
    connection = server.connect()
    connection.connect()
    certificate = connection.sock.getpeercert()
    connection.close()
    return certificate["serialNumber"]


def test_a_rotated_certificate_is_shown_to_new_connections_without_a_restart(tmp_path):
    serving.make_certificates(tmp_path)
    with serving.serving(tmp_path, str(INVENTORY)) as server:
        kept, before = server.connect(), serial(server)
        serving.post(kept, "/validate", ASKED)
        for name in ("tls.crt", "tls.key"):
            (tmp_path / name).unlink()
        serving.make_certificates(tmp_path)
        assert serial(server) != before
        assert serving.post(kept, "/validate", ASKED)[0] == 200, "old connections live on"


def test_sigterm_ends_it_in_time_with_exit_0(tls):
    with serving.serving(tls, str(INVENTORY)) as server:
        idle = server.connect()
        serving.post(idle, "/validate", ASKED)
        started = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        _, err = server.process.communicate(timeout=serving.SECONDS)
        assert server.process.returncode == 0
        assert time.monotonic() - started < 15, "within graceful_timeout, idle connections or not"
        assert "Traceback" not in err


# What keeps it from starting: said in one sentence before gunicorn is there.


@pytest.fixture
def start(tls):
    """Start a server that must end by itself; its one sentence."""

    def run(*options, exit_code=2):
        defaults = ["--tls-cert", tls / "tls.crt", "--tls-key", tls / "tls.key"]
        command = [*serving.VM_AFFINITY, "serve", *defaults, *options]
        done = subprocess.run(
            [str(word) for word in command],
            capture_output=True,
            text=True,
            timeout=serving.SECONDS,
            check=False,
        )
        lines = [line for line in done.stderr.splitlines() if not line.startswith("warning: ")]
        assert (done.returncode, done.stdout, len(lines)) == (exit_code, "", 1), done.stderr
        assert lines[0].startswith("error: ")
        return lines[0].removeprefix("error: ")

    return run


def test_a_port_in_use_is_one_sentence(start, server):
    bind = f"127.0.0.1:{server.port}"
    assert start("--cluster", INVENTORY, "--bind", bind) == (
        f"--bind {bind}: cannot listen there (Address already in use); give a free ADDRESS:PORT"
    )


@pytest.mark.parametrize(
    ("bind", "words"),
    [
        ("8443", "--bind '8443' is no address; write it as 127.0.0.1:8443"),
        ("127.0.0.1:99999", "is no address"),
        ("unix:/run/x.sock", "is no address"),
        ("192.0.2.1:8443", "--bind 192.0.2.1:8443: cannot listen there (Cannot assign requested"),
        ("no.such.host.invalid:8443", "cannot listen there ("),
    ],
)
def test_an_address_that_cannot_be_bound_is_one_sentence(start, bind, words):
    assert words in start("--cluster", INVENTORY, "--bind", bind)


def test_certificates_that_cannot_be_served_are_one_sentence(start, tls, tmp_path):
    missing, noise, locked = tmp_path / "x.crt", tmp_path / "noise.crt", tmp_path / "locked.key"
    noise.write_text("noise")
    locked.write_bytes(PASSPHRASE_KEY)
    serving.make_certificates(tmp_path / "other")
    for options, words in (
        (("--tls-cert", missing), f"--tls-cert {missing}: no such file; python -m certs init"),
        (("--tls-key", tmp_path), f"--tls-key {tmp_path}: no such file"),
        (("--tls-cert", noise), "cannot be served ("),
        (("--tls-key", tls / "tls.crt"), "cannot be served ("),
        (("--tls-key", locked), "cannot be served ("),
        (("--tls-key", tmp_path / "other" / "tls.key"), "cannot be served (KEY_VALUES_MISMATCH"),
    ):
        assert words in start("--cluster", INVENTORY, *options)


def test_a_cluster_that_cannot_be_served_is_one_sentence(start, tmp_path):
    odd = tmp_path / f"a{os.pathsep}b.yaml"
    odd.write_text("")
    empty = tmp_path / "empty.yaml"
    empty.write_text("")
    assert "the file holds no object" in start("--cluster", empty)
    assert "no cluster is named: give --cluster" in start()
    assert "serve cannot read standard input" in start("--cluster", "-")
    assert f"serve takes no path with {os.pathsep!r}; rename it" in start("--cluster", odd)


def test_without_certificates_it_says_how_to_make_them(vm_affinity):
    ran = vm_affinity("serve", "--cluster", INVENTORY)
    assert (ran.code, ran.out) == (2, "")
    assert ran.sentence == (
        "--tls-cert is missing; python -m certs init makes a certificate and its key"
    )


def test_the_defaults_of_the_options_are_those_of_the_settings(vm_affinity):
    shown = vm_affinity("serve", "--help").out
    assert f"[default: {Settings().bind}]" in shown
    assert f"[default: {Settings().threads};" in shown
