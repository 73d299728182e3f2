"""vm-affinity reconcile: start the migrations that are due; with files, print which."""

import json
import socket
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import click

from webhook import files
from webhook.cli import live, options
from webhook.objects import Version
from webhook.rollout import Phase, Step, decide, observe


@click.command(cls=options.ManyPaths)
@options.cluster_option
@options.version_option
@options.api_options
@options.scheduler_option
@click.option("--lease-namespace", default="vm-affinity-system", show_default=True)
@click.option("--identity", help="Who holds the lease; default: the host's name.")
@click.option("-o", "output", type=click.Choice(["text", "json"]), default="text")
def reconcile(
    cluster: tuple[str, ...],
    kubernetes_version: Version | None,
    kubeconfig: str | None,
    context: str | None,
    scheduler_config: str | None,
    lease_namespace: str,
    identity: str | None,
    output: str,
) -> None:
    """Carry admitted placement changes through by live migrations, until stopped.

    With --cluster: print the migration plan for a cluster in files, once; nothing is changed.
    """
    if not cluster:
        options.no_version(kubernetes_version)
        profile = options.profile(scheduler_config)
        connection = live.api(kubeconfig, context)
        identity = identity or socket.gethostname()
        raise SystemExit(live.reconcile_forever(connection, profile, lease_namespace, identity))
    options.no_profile(scheduler_config)
    inventory = files.inventory(options.load(cluster, kubernetes_version, options.VM_KINDS))
    with inventory.reading() as world:
        plan = decide(observe(world, stamped_only=False), datetime.now(UTC))
    steps = [step for step in plan.steps if step.phase is not Phase.NOT_NEEDED]
    if output == "json":
        click.echo(json.dumps({"steps": [_json(step) for step in steps]}))
    else:
        click.echo("\n".join(_text(steps)))


def _json(step: Step) -> dict[str, Any]:
    return {
        "namespace": step.namespace,
        "name": step.name,
        "phase": step.phase.value,
        "message": step.message,
        "action": asdict(step.creates) if step.creates else None,
    }


def _text(steps: list[Step]) -> Iterator[str]:
    if not steps:
        yield "Plan: nothing to do; every running VM is where its rules allow it."
        return
    moving = sum(step.creates is not None for step in steps)
    yield f"Plan: {moving} of {len(steps)} due migrations can start now."
    for step in steps:
        yield f"  {step.namespace}/{step.name}: {step.phase} - {step.message}"
        if step.creates is not None:
            yield f"    create VirtualMachineInstanceMigration {step.creates.name}"
