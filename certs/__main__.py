"""`python -m certs init|inspect`: make, renew, publish and look at the webhook's certificates.

A composition root: the clock is read here, files are named here, and this is the one
place where the certificates meet the Kubernetes client.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import click

from certs import checks, folder, lifecycle, options, pki, report
from certs.folder import CA_CERTIFICATE, CA_KEY, CERTIFICATE, KEY, FolderProblem
from certs.lifecycle import Issued, Settled, Stored, Unfit, Wanted
from certs.report import Report
from certs.values import IpAddress, KeyPair, UnusablePem
from webhook.kube.ca_bundle import Target, write_ca_bundle
from webhook.kube.client import KubeError, connect

FIELD_MANAGER = "vm-affinity-certs"
EXIT_PROBLEMS = 1
REPLACE = "restore it, or replace the whole set with `init --force`"

APPLY_HELP = "Write the caBundle of this validatingwebhookconfiguration/NAME (or mutating…)."

Command = TypeVar("Command", bound=Callable[..., Any])
Clock = Callable[[], datetime]
Callback = Callable[[click.Context, click.Parameter, Any], Any]


class Mistake(click.ClickException):
    """What the user can put right: one sentence on stderr, exit 2, no usage text around it."""

    exit_code = 2


def read_with(parse: Callable[[str], object]) -> Callback:
    """Make an option's callback of a plain function whose ValueError is the sentence."""

    def callback(_: click.Context, option: click.Parameter, given: Any) -> Any:
        try:
            if isinstance(given, tuple):
                return tuple(map(parse, given))
            return None if given is None else parse(given)
        except ValueError as error:
            raise Mistake(f"{option.opts[0]}: {error}.") from None

    return callback


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def main(context: click.Context) -> None:
    """Certificates of the vm-affinity webhook, for clusters without cert-manager."""
    context.obj = context.obj or (lambda: datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class InitOptions:
    """The options of `init`, read: each field is the option of that name."""

    directory: Path
    dns: tuple[str, ...]
    ips: tuple[IpAddress, ...]
    service: str
    namespace: str
    days: timedelta
    ca_days: timedelta
    force: bool
    targets: tuple[Target, ...]
    kubeconfig: str | None
    kube_context: str | None

    def wanted(self) -> Wanted:
        """Say what the certificates should be."""
        if self.days > self.ca_days:
            raise Mistake(
                f"--days {self.days.days} is longer than --ca-days {self.ca_days.days}:"
                " a certificate cannot outlive its authority."
            )
        names = options.all_names(self.service, self.namespace, self.dns, self.ips)
        return Wanted(names, self.days, self.ca_days, self.force)


def option(
    *names: str, parse: Callable[[str], object] | None = None, **more: Any
) -> Callable[[Command], Command]:
    """Declare an option that shows its default and is read by a plain function."""
    callback = read_with(parse) if parse else None
    return click.option(*names, callback=callback, show_default=True, **more)


@main.command()
@option("--dir", "directory", parse=options.parse_path, required=True, help="The set's folder.")
@option("--dns", parse=options.parse_dns_name, multiple=True, help="One more DNS name.")
@option("--ip", "ips", parse=options.parse_ip, multiple=True, help="One more IP address.")
@option("--service", parse=options.parse_label, default="vm-affinity-webhook")
@option("--namespace", parse=options.parse_label, default="vm-affinity-system")
@option("--days", parse=options.parse_days, default="365", help="Of the serving certificate.")
@option("--ca-days", parse=options.parse_days, default="3650", help="Of a CA made now.")
@option("--force", is_flag=True, help="Replace the whole set, keys too.")
@option("--apply-to", "targets", parse=Target.parse, multiple=True, help=APPLY_HELP)
@option("--kubeconfig", envvar="KUBECONFIG", help="Default: the service account of this pod.")
@option("--context", "kube_context", help="One of the kubeconfig's contexts.")
@click.pass_obj
def init(clock: Clock, /, **given: Any) -> None:
    """Make or renew a CA and a serving certificate; what is still good is kept."""
    asked, now = InitOptions(**given), clock()
    wanted = asked.wanted()
    try:
        stored = Stored() if asked.force else folder.read_stored(asked.directory)
        settled = _settle(asked.directory, stored, wanted, now)
        folder.write(asked.directory, stored, settled)
        _tell(asked.directory, stored, settled, now)
        _publish(asked, settled.ca.pair.certificate)
    except (FolderProblem, KubeError) as error:
        raise Mistake(str(error)) from None


def _settle(directory: Path, stored: Stored, wanted: Wanted, now: datetime) -> Settled:
    _require_readable(directory, folder.contents(stored))
    try:
        return lifecycle.settle(stored, wanted, now)
    except Unfit as error:
        raise Mistake(f"Cannot use the CA in {directory}: {error}; {REPLACE}.") from None


def _require_readable(directory: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        read = pki.require_key if name in (CA_KEY, KEY) else pki.describe
        try:
            read(content)
        except UnusablePem as error:
            raise Mistake(f"{directory / name} {error}: {REPLACE}.") from None


def _tell(directory: Path, stored: Stored, settled: Settled, now: datetime) -> None:
    click.echo(f"{directory / CA_CERTIFICATE}: {_deed(stored.ca, settled.ca)}.")
    click.echo(f"{directory / CERTIFICATE}: {_deed(stored.serving, settled.serving)}.")
    leaf = pki.describe(settled.serving.pair.certificate)
    click.echo(f"It names {report.names_text(leaf.names)}.")
    if checks.renewal_due(settled.ca.pair.certificate, now):
        until = pki.describe(settled.ca.pair.certificate).not_after
        click.echo(
            f"The CA ends on {until:%Y-%m-%d}: plan to replace it with `init --force`.", err=True
        )


def _deed(stored: KeyPair | None, issued: Issued) -> str:
    ends = f"valid until {pki.describe(issued.pair.certificate).not_after:%Y-%m-%d}"
    if issued.reason is None:
        return f"kept, {ends}"
    return f"{'renewed for its key' if stored else 'made'} ({issued.reason}), {ends}"


def _publish(asked: InitOptions, ca: bytes) -> None:
    if not asked.targets:
        return
    api = connect(asked.kubeconfig, asked.kube_context)
    for target in asked.targets:
        names = write_ca_bundle(api, target, ca, field_manager=FIELD_MANAGER)
        click.echo(f"{target}: caBundle written for {', '.join(names)}.")


@main.command()
@option("--dir", "directory", parse=options.parse_path, help="A set's folder.")
@option("--file", "file", parse=options.parse_path, help="One certificate.")
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text")
@click.pass_obj
def inspect(clock: Clock, directory: Path | None, file: Path | None, output: str) -> None:
    """Show what certificates say and what is wrong with them.

    Exits with 0 when all is good, 1 when there are problems, 2 when they cannot be read.
    """
    try:
        found = _inspect(directory, file, clock())
    except FolderProblem as error:
        raise Mistake(str(error)) from None
    click.echo(report.as_json(found) if output == "json" else report.as_text(found))
    if found.problems:
        raise click.exceptions.Exit(EXIT_PROBLEMS)


def _inspect(directory: Path | None, file: Path | None, now: datetime) -> Report:
    if directory and not file:
        return _inspect_set(directory, now)
    if not file or directory:
        raise Mistake("inspect takes --dir FOLDER or --file CERTIFICATE: give one of the two.")
    try:
        return report.report_certificate(str(file), folder.read_file(file), now)
    except UnusablePem as error:
        raise Mistake(f"{file} {error}: give a certificate in PEM.") from None


def _inspect_set(directory: Path, now: datetime) -> Report:
    files = folder.read_files(directory)
    folder.require(directory, files, (CA_CERTIFICATE, CERTIFICATE, KEY))
    _require_readable(directory, files)
    serving = KeyPair(files[CERTIFICATE], files[KEY])
    paths = str(directory / CA_CERTIFICATE), str(directory / CERTIFICATE)
    return report.report_set(paths, files[CA_CERTIFICATE], serving, files.get(CA_KEY), now)


if __name__ == "__main__":
    main(prog_name="python -m certs")
