"""What the commands share: options, and the one way to end on unusable input."""

from collections.abc import Callable, Iterable
from typing import Any, NoReturn, TypeVar

import click

from webhook import files
from webhook.objects import PodInfo, Profile, Version
from webhook.objects.profile import Namespace
from webhook.objects.virtual_machine import KubeVirt, VirtualMachine, VirtualMachineInstance

F = TypeVar("F", bound=Callable[..., Any])

VM_KINDS = (PodInfo, Namespace, VirtualMachine, VirtualMachineInstance, KubeVirt)
POD_KINDS = (PodInfo, Namespace)


def cluster_option(command: F) -> F:
    """--cluster PATH…: files or folders with the cluster's objects."""
    return click.option(
        "--cluster",
        "cluster",
        metavar="PATH",
        multiple=True,
        help="A file or folder of YAML or JSON objects (kubectl get … -A -o yaml); repeatable, "
        "further paths may follow it. A later object replaces one of the same name.",
    )(command)


def version_option(command: F) -> F:
    """--kubernetes-version: overrides the newest kubelet version found."""
    return click.option(
        "--kubernetes-version",
        "kubernetes_version",
        metavar="X.Y.Z",
        callback=_version,
        help="The server's version, instead of the newest kubelet's in the files.",
    )(command)


def api_options(command: F) -> F:
    """--kubeconfig and --context: the live API server, where --cluster is not given."""
    command = click.option("--context", help="One of the kubeconfig's contexts.")(command)
    return click.option(
        "--kubeconfig",
        envvar="KUBECONFIG",
        metavar="FILE",
        help="The live cluster; default: KUBECONFIG, or the service account of this pod.",
    )(command)


def scheduler_option(command: F) -> F:
    """--scheduler-config: what a live cluster's kube-scheduler was told of its plugins."""
    return click.option(
        "--scheduler-config",
        "scheduler_config",
        metavar="FILE",
        help="kube-scheduler's --config file (KubeSchedulerConfiguration) of the live cluster, if "
        "it has one: its addedAffinity, ignoredResources and disabled filters are heeded.",
    )(command)


def no_profile(path: str | None) -> None:
    """End if a scheduler's configuration was named beside files, which may hold it."""
    if path is not None:
        fail("--scheduler-config goes with a live cluster; name its file after --cluster instead")


def profile(path: str | None) -> Profile:
    """The profile in this file, the default one without a file; ends if it cannot be read."""
    try:
        return files.scheduler_profile(path) if path else Profile()
    except files.BadFile as error:
        fail(f"--scheduler-config {error}")


def no_version(version: Version | None) -> None:
    """End if a version was given for a live cluster, which says its own."""
    if version is not None:
        fail("--kubernetes-version goes with --cluster; a live API server says its own version")


def _version(context: click.Context, option: click.Parameter, text: str | None) -> Version | None:
    if text is None:
        return None
    found = Version.parse(text)
    if found is None:
        fail(f"--kubernetes-version {text!r} is not a version; write it as 1.36.2")
    return found


class ManyPaths(click.Command):
    """A command whose --cluster takes every path up to the next option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Repeat --cluster before each of its further paths."""
        spread: list[str] = []
        following = False
        for arg in args:
            if arg.startswith("-") and arg != "-":
                following = False
            elif following and spread[-1] != "--cluster":
                spread.append("--cluster")
            spread.append(arg)
            following = following or arg == "--cluster" or arg.startswith("--cluster=")
        return super().parse_args(ctx, spread)


def load(paths: Iterable[str], version: Version | None, kinds: tuple[type, ...]) -> files.Cluster:
    """The cluster of these files; warns once about kinds that they do not hold."""
    given = tuple(paths)
    if not given:
        fail("--cluster is missing; name the files or folders that hold the cluster's objects")
    try:
        cluster = files.load(given, version)
    except files.BadFile as error:
        fail(str(error))
    if absent := cluster.absent(kinds):
        click.echo(f"warning: no {', '.join(absent)} in the --cluster files", err=True)
    return cluster


def complain(sentence: str) -> None:
    """One line on stderr."""
    click.echo(f"error: {' '.join(sentence.split())}", err=True)


def fail(sentence: str) -> NoReturn:
    """One line on stderr, and exit code 2."""
    complain(sentence)
    raise SystemExit(2)
