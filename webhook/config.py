"""Settings of the webhook's processes, read from the environment."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from webhook.objects import Version

PREFIX = "VM_AFFINITY_"
DEFAULT_BIND = "127.0.0.1:8443"
#: A connection that stays silent keeps a thread of gunicorn for five seconds.
DEFAULT_THREADS = 16
MAX_THREADS = 64
#: What glibc's malloc is told when a process starts. A thread for each kind would get an arena
#: of its own, which keeps what its pages of a list left free; and what is free at the end of
#: the heap goes back at once, instead of after the largest page so far has been freed twice.
ALLOCATOR: Mapping[str, str] = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "131072"}
_BIND = re.compile(r"(?:\[(?P<ipv6>[0-9A-Fa-f:.]+)\]|(?P<host>[^:\[\]\s/]*)):(?P<port>[0-9]{1,5})")


class BadSetting(ValueError):
    """A setting cannot be used; the message names the variable, the value and the remedy."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the cluster is read from and where the webhook listens."""

    cluster: tuple[str, ...] = ()
    bind: str = DEFAULT_BIND
    tls_cert: str = ""
    tls_key: str = ""
    threads: int = DEFAULT_THREADS
    kubernetes_version: Version | None = None
    kubeconfig: str = ""
    context: str = ""
    scheduler_config: str = ""

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """The settings in VM_AFFINITY_*; raises BadSetting."""
        env = os.environ if environ is None else environ
        cluster = env.get(f"{PREFIX}CLUSTER", "")
        bind = env.get(f"{PREFIX}BIND", DEFAULT_BIND)
        if address(bind) is None:
            raise BadSetting(f"{PREFIX}BIND is {bind!r}; give ADDRESS:PORT such as {DEFAULT_BIND}")
        return cls(
            cluster=tuple(path for path in cluster.split(os.pathsep) if path),
            bind=bind,
            tls_cert=env.get(f"{PREFIX}TLS_CERT", ""),
            tls_key=env.get(f"{PREFIX}TLS_KEY", ""),
            threads=_threads(env.get(f"{PREFIX}THREADS", str(DEFAULT_THREADS))),
            kubernetes_version=_version(env.get(f"{PREFIX}KUBERNETES_VERSION", "")),
            kubeconfig=env.get(f"{PREFIX}KUBECONFIG", ""),
            context=env.get(f"{PREFIX}CONTEXT", ""),
            scheduler_config=env.get(f"{PREFIX}SCHEDULER_CONFIG", ""),
        )

    def to_env(self) -> Mapping[str, str]:
        """The variables from which `from_env` makes these settings again."""
        return {
            f"{PREFIX}CLUSTER": os.pathsep.join(self.cluster),
            f"{PREFIX}BIND": self.bind,
            f"{PREFIX}TLS_CERT": self.tls_cert,
            f"{PREFIX}TLS_KEY": self.tls_key,
            f"{PREFIX}THREADS": str(self.threads),
            f"{PREFIX}KUBERNETES_VERSION": str(self.kubernetes_version or ""),
            f"{PREFIX}KUBECONFIG": self.kubeconfig,
            f"{PREFIX}CONTEXT": self.context,
            f"{PREFIX}SCHEDULER_CONFIG": self.scheduler_config,
        }


def address(bind: str) -> tuple[str, int] | None:
    """Host and port of `127.0.0.1:8443`, `[::1]:8443` or `:8443`; None for anything else."""
    match = _BIND.fullmatch(bind)
    if match is None or int(match["port"]) > 65535:
        return None
    return match["ipv6"] or match["host"] or "0.0.0.0", int(match["port"])  # noqa: S104 - as gunicorn


def _threads(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MAX_THREADS):
        raise BadSetting(f"{PREFIX}THREADS is {text!r}; give a number from 1 to {MAX_THREADS}")
    return int(text)


def _version(text: str) -> Version | None:
    found = Version.parse(text)
    if text and found is None:
        raise BadSetting(f"{PREFIX}KUBERNETES_VERSION is {text!r}; write it as 1.36.2")
    return found
