"""vm-affinity reconcile: print which migrations are due, and why others wait."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import click

from webhook import files
from webhook.cli import options
from webhook.objects import Version
from webhook.rollout import Phase, Step, decide, observe


@click.command(cls=options.ManyPaths)
@options.cluster_option
@options.version_option
@click.option("-o", "output", type=click.Choice(["text", "json"]), default="text")
def reconcile(cluster: tuple[str, ...], kubernetes_version: Version | None, output: str) -> None:
    """Print the migration plan for a cluster in files, once; nothing is changed."""
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
