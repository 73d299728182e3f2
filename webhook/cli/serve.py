"""vm-affinity serve: the webhook server, over a live cluster or one in files.

Everything that would stop gunicorn is tried first, so that it is said in one sentence.
"""

import os
import socket
import ssl
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from webhook import config, files
from webhook.cli import live, options
from webhook.objects import Version

GUNICORN = (
    "-m",
    "gunicorn",
    "--config",
    "python:webhook.gunicorn_conf",
    "webhook.wsgi:application()",
)


@click.command(cls=options.ManyPaths)
@options.cluster_option
@options.version_option
@options.api_options
@options.scheduler_option
@click.option("--bind", metavar="ADDRESS:PORT", default=config.DEFAULT_BIND, show_default=True)
@click.option("--tls-cert", metavar="FILE", help="The serving certificate (PEM).")
@click.option("--tls-key", metavar="FILE", help="Its private key (PEM).")
@click.option(
    "--threads",
    type=click.IntRange(1, config.MAX_THREADS),
    default=config.DEFAULT_THREADS,
    show_default=True,
)
def serve(
    cluster: tuple[str, ...],
    kubernetes_version: Version | None,
    kubeconfig: str | None,
    context: str | None,
    scheduler_config: str | None,
    bind: str,
    tls_cert: str | None,
    tls_key: str | None,
    threads: int,
) -> None:
    """Answer AdmissionReviews on /validate and /mutate, over TLS.

    The cluster is watched live, or with --cluster read from files.
    """
    if cluster:
        _require_paths(cluster)
        options.no_profile(scheduler_config)
        options.load(cluster, kubernetes_version, options.VM_KINDS)
    else:
        options.no_version(kubernetes_version)
        options.profile(scheduler_config)
        live.api(kubeconfig, context)
    settings = config.Settings(
        cluster=tuple(str(Path(path).resolve()) for path in cluster),
        bind=bind,
        tls_cert=_file(tls_cert, "--tls-cert"),
        tls_key=_file(tls_key, "--tls-key"),
        threads=threads,
        kubernetes_version=kubernetes_version,
        kubeconfig=kubeconfig or "",
        context=context or "",
        scheduler_config=str(Path(scheduler_config).resolve()) if scheduler_config else "",
    )
    _require_pair(settings.tls_cert, settings.tls_key)
    _require_free(bind)
    _exec(settings.to_env())


def _require_paths(cluster: tuple[str, ...]) -> None:
    """The worker reads them once more, out of one environment variable."""
    for path in cluster:
        if path == files.STDIN:
            options.fail("--cluster -: serve cannot read standard input; name files or folders")
        if os.pathsep in str(Path(path).resolve()):
            options.fail(f"--cluster {path}: serve takes no path with {os.pathsep!r}; rename it")


def _file(path: str | None, option: str) -> str:
    if path is None:
        options.fail(f"{option} is missing; python -m certs init makes a certificate and its key")
    if not Path(path).is_file():
        options.fail(f"{option} {path}: no such file; python -m certs init makes one")
    return str(Path(path).resolve())


def _require_pair(cert: str, key: str) -> None:
    """End unless the certificate and its key can be served; a passphrase is never asked for."""
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key, password=lambda: b"")
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        options.fail(
            f"--tls-cert {cert} and --tls-key {key} cannot be served ({reason}); "
            "python -m certs init makes a pair in PEM"
        )


def _require_free(bind: str) -> None:
    """End unless the address can be bound."""
    found = config.address(bind)
    if found is None:
        options.fail(f"--bind {bind!r} is no address; write it as {config.DEFAULT_BIND}")
    try:
        family, kind, _, _, target = socket.getaddrinfo(*found, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(target)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        options.fail(f"--bind {bind}: cannot listen there ({reason}); give a free ADDRESS:PORT")


def _exec(environment: Mapping[str, str]) -> None:
    """Become gunicorn, so that signals and exit codes are its own."""
    whole = {**config.ALLOCATOR, **os.environ, **environment}
    os.execve(sys.executable, [sys.executable, *GUNICORN], whole)  # noqa: S606
