"""vm-affinity reconcile: print which migrations are due, and why others wait."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime

import click

from webhook import files
from webhook.cli import options
from webhook.objects import Version
from webhook.rollout import Plan, decide, observe


@click.command(cls=options.ManyPaths)
@options.cluster_option
@options.version_option
@click.option("-o", "output", type=click.Choice(["text", "json"]), default="text")
def reconcile(cluster: tuple[str, ...], kubernetes_version: Version | None, output: str) -> None:
    """Print the migration plan for a cluster in files, once; nothing is changed."""
    inventory = files.inventory(options.load(cluster, kubernetes_version, options.VM_KINDS))
    with inventory.reading() as world:
        plan = decide(observe(world), datetime.now(UTC))
    if output == "json":
        click.echo(json.dumps({"steps": [asdict(step) for step in plan.steps]}))
    else:
        click.echo("\n".join(_text(plan)))


def _text(plan: Plan) -> Iterator[str]:
    if not plan.steps:
        yield "Plan: nothing to do; every running VM is where its rules allow it."
        return
    moving = sum(step.action is not None for step in plan.steps)
    yield f"Plan: {moving} of {len(plan.steps)} due migrations can start now."
    for step in plan.steps:
        yield f"  {step.namespace}/{step.name}: {step.phase} - {step.message}"
        if step.action is not None:
            yield f"    create VirtualMachineInstanceMigration {step.action.name}"
