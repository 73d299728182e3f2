"""The files that `init` makes, in a real TLS handshake: who trusts the server and who does not."""

import socket
import ssl
import threading
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from certs import pki
from certs.__main__ import main
from certs.values import KeyPair
from tests.certs.samples import DAY


@contextmanager
def tls_server(directory):
    """Answer one TLS connection with the set's certificate; yield the port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "tls.crt", directory / "tls.key")

    def answer():
        connection, _ = listener.accept()
        # a client that does not trust us hangs up in the middle
        with (
            suppress(OSError),
            connection,
            context.wrap_socket(connection, server_side=True) as secure,
        ):
            secure.sendall(b"hello")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            thread.join()


def greet(directory, ca, hostname):
    """Connect as a client that trusts only `ca` and dials `hostname`."""
    client = ssl.create_default_context(cadata=ca.decode())
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    with (
        tls_server(directory) as port,
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        client.wrap_socket(plain, server_hostname=hostname) as secure,
    ):
        return secure.recv(5)


@pytest.fixture
def current(tmp_path):
    """Return a folder with a set that is valid now, by the machine's own clock."""
    directory = tmp_path / "certs"
    given = ["init", "--dir", str(directory), "--dns", "localhost", "--ip", "127.0.0.1"]
    assert CliRunner().invoke(main, given).exit_code == 0
    return directory


@pytest.mark.edge
@pytest.mark.parametrize(
    "hostname", ["vm-affinity-webhook.vm-affinity-system.svc", "localhost", "127.0.0.1"]
)
def test_a_client_that_trusts_the_authority_accepts_the_server(current, hostname):
    assert greet(current, (current / "ca.crt").read_bytes(), hostname) == b"hello"


@pytest.mark.edge
def test_a_renewed_authority_is_trusted_by_and_with_the_old_certificate(current):
    ca = KeyPair(*((current / name).read_bytes() for name in ("ca.crt", "ca.key")))
    name = pki.describe(ca.certificate).subject.removeprefix("CN=")
    renewed = pki.create_ca(name, DAY, datetime.now(UTC), ca.key)
    assert greet(current, renewed.certificate, "localhost") == b"hello"


@pytest.mark.edge
def test_a_client_that_trusts_another_authority_refuses_the_server(current):
    other = pki.create_ca("vm-affinity-webhook-ca", DAY, datetime.now(UTC))
    with pytest.raises(ssl.SSLCertVerificationError):
        greet(current, other.certificate, "localhost")


@pytest.mark.edge
def test_a_client_that_dials_another_name_refuses_the_server(current):
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        greet(current, (current / "ca.crt").read_bytes(), "elsewhere")
