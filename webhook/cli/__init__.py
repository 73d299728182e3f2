"""vm-affinity: serve, reconcile and check. Composition root of the command line.

Exit codes: 0 done or allowed, 1 denied, 2 unusable input (one sentence on stderr).
"""

from typing import Any

import click

from webhook.cli import options
from webhook.cli.check import check
from webhook.cli.reconcile import reconcile
from webhook.cli.serve import serve

__all__ = ["main"]


class _OneSentence(click.Group):
    """A group whose commands say in one sentence what is wrong with their arguments."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            used = error.ctx or ctx
            options.fail(f"{error.format_message().rstrip('.')}; see {used.command_path} --help")


@click.group(
    cls=_OneSentence,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="vm-affinity-webhook")
def main() -> None:
    """Checks and carries out placement changes of KubeVirt virtual machines."""


main.add_command(check)
main.add_command(reconcile)
main.add_command(serve)
