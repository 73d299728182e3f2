"""vm-affinity check: what the webhook would answer, without a cluster."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import click

from webhook import files
from webhook.cli import options
from webhook.inventory import Inventory
from webhook.judge import Subject, judge
from webhook.objects import Placement, PodInfo, Version, VirtualMachine
from webhook.parse import ParseError, hand_written_pod, parse
from webhook.parse.fields import placement
from webhook.placement import evaluate
from webhook.policy import Decision, decide, decide_pod

VM = "VirtualMachine"
_DEFAULT = "default"
#: Verdicts after which nothing moves, so that the question *move* is beside the point.
_STAYING = ("VMA-001", "VMA-002")

Tree = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one document, or why there is none."""

    title: str
    decision: Decision | None = None
    hash: str = ""
    error: str = ""


@click.command(cls=options.ManyPaths)
@click.option(
    "-f",
    "file",
    metavar="VM.yaml",
    help="The VMs to judge; several documents allowed, - reads standard input.",
)
@click.option("--old", metavar="OLD.yaml", help="The VMs before; default: those in --cluster.")
@click.option("--pod", metavar="POD.yaml", help="Judge plain Pods instead of VMs.")
@click.option("--as-stored", is_flag=True, help="The Pod has been read back from the API server.")
@options.cluster_option
@options.version_option
@click.option("-o", "output", type=click.Choice(["text", "json"]), default="text")
def check(
    file: str | None,
    old: str | None,
    pod: str | None,
    as_stored: bool,
    cluster: tuple[str, ...],
    kubernetes_version: Version | None,
    output: str,
) -> None:
    """Say whether a changed VM would be admitted, and which nodes can take it."""
    if (file is None) == (pod is None):
        options.fail("name what to judge: either -f VM.yaml or --pod POD.yaml")
    if pod is not None and old is not None:
        options.fail("--old goes with -f; a Pod is judged as it is")
    if pod is None and as_stored:
        options.fail("--as-stored goes with --pod; a VM has no stored form to skip to")
    kinds = options.VM_KINDS if pod is None else options.POD_KINDS
    inventory = files.inventory(options.load(cluster, kubernetes_version, kinds))
    try:
        answers = _vms(file, old, inventory) if pod is None else _pods(pod, as_stored, inventory)
        raise SystemExit(_report(answers, output))
    except files.BadFile as error:
        if output == "json":
            click.echo(json.dumps({"error": str(error)}))
        options.fail(str(error))


def _vms(file: str | None, old: str | None, inventory: Inventory) -> Iterator[Answer]:
    before = None if old is None else _old_vms(old, inventory)
    for document in _documents(str(file)):
        yield _answered(document, lambda tree: _vm(tree, before, inventory))


def _documents(path: str) -> list[files.Document]:
    found = files.documents(path)
    if not found:
        name = "standard input" if path == files.STDIN else path
        raise files.BadFile(f"{name}: the List is empty; give an object to judge")
    return found


def _answered(document: files.Document, judged: Callable[[Tree], Answer]) -> Answer:
    """The answer to one document; one that is unusable does not keep the others from theirs."""
    if document.tree is None:
        return Answer(document.place, error=document.error)
    try:
        return judged(document.tree)
    except ParseError as error:
        return Answer(document.place, error=f"{document.place}: {error}")


def _require(tree: Tree, kind: str) -> None:
    """Raise ParseError unless the object is of the kind and has a name."""
    group = "kubevirt.io" if kind == VM else ""
    version = str(tree.get("apiVersion") or "")
    if tree.get("kind") != kind or version.rpartition("/")[0] != group:
        found = f"{tree.get('kind')} of {version or 'no apiVersion'}"
        raise ParseError(f"expected a {kind}{f' of {group}' if group else ''}, got {found}")
    metadata = {} if tree.get("metadata") is None else tree["metadata"]
    if isinstance(metadata, dict) and not metadata.get("name"):
        raise ParseError(f"metadata.name is missing; name the {kind}")


def _parsed_vm(tree: Tree, inventory: Inventory) -> VirtualMachine:
    _require(tree, VM)
    return cast(VirtualMachine, parse(tree, inventory.features))


def _old_vms(path: str, inventory: Inventory) -> list[Tree]:
    """The VMs of --old, all of which can be read."""
    found = []
    for document in files.documents(path):
        if document.tree is None:
            raise files.BadFile(document.error)
        try:
            _parsed_vm(document.tree, inventory)
        except ParseError as error:
            raise files.BadFile(f"{document.place}: {error}") from None
        found.append(document.tree)
    return found


def _vm(tree: Tree, before: list[Tree] | None, inventory: Inventory) -> Answer:
    new, old = _parsed_vm(tree, inventory), None
    if before is not None:
        new, old = (_parsed_vm(each, inventory) for each in _paired(tree, new, before))
    with inventory.reading() as world:
        if before is None and (old := world.virtual_machine(new.key)) is not None:
            # A manifest leaves out what the API server and KubeVirt filled in at its creation.
            new = replace(new, other_fields={**old.other_fields, **new.other_fields})
        decision = decide(judge(Subject(new, old), world))
    return Answer(f"{VM} {new.namespace}/{new.name}", decision, new.placement.hash)


def _paired(tree: Tree, new: VirtualMachine, before: list[Tree]) -> tuple[Tree, Tree]:
    """The VM and the one of --old; a namespace that one leaves to kubectl is the other's."""
    named = [old for old in before if old["metadata"]["name"] == new.name]
    same = [old for old in named if (_namespace(old) or _DEFAULT) == new.namespace]
    if same:
        return tree, same[-1]
    if len(named) == 1 and not (_namespace(tree) and _namespace(named[0])):
        namespace = _namespace(tree) or _namespace(named[0])
        return _placed_in(namespace, tree), _placed_in(namespace, named[0])
    title = f"{VM} {new.namespace}/{new.name}"
    raise ParseError(f"{title}: --old holds no VM of this name; add it, or omit --old")


def _namespace(tree: Tree) -> str:
    return tree["metadata"].get("namespace") or ""


def _placed_in(namespace: str, tree: Tree) -> Tree:
    return {**tree, "metadata": {**tree["metadata"], "namespace": namespace}}


def _pods(path: str, as_stored: bool, inventory: Inventory) -> Iterator[Answer]:
    for document in _documents(path):
        yield _answered(document, lambda tree: _pod(tree, as_stored, inventory))


def _pod(tree: Tree, as_stored: bool, inventory: Inventory) -> Answer:
    _require(tree, "Pod")
    if tree.get("spec") is None:
        raise ParseError("spec is missing; a Pod needs one")
    if as_stored:
        pod = cast(PodInfo, parse(tree, inventory.features))
    else:
        pod = hand_written_pod(tree, inventory.features)
    with inventory.reading() as world:
        decision = decide_pod(pod, evaluate(pod, world.index), world.index.profile)
    fields = placement({"spec": {"template": tree}}).fields
    return Answer(f"Pod {pod.namespace}/{pod.name}", decision, Placement(fields).hash)


def _report(answers: Iterator[Answer], output: str) -> int:
    """Print each answer as it comes; the exit code is that of the worst."""
    worst = 0
    for answer in answers:
        if output == "json":
            click.echo(json.dumps(_json(answer), ensure_ascii=False))
        if answer.decision is None:
            options.complain(answer.error)
            worst = 2
            continue
        if output == "text":
            click.echo("\n".join(_text(answer.title, answer.decision)))
        worst = max(worst, 0 if answer.decision.allowed else 1)
    return worst


def _json(answer: Answer) -> dict[str, Any]:
    decision = answer.decision
    if decision is None:
        return {"error": " ".join(answer.error.split())}
    diagnosis = decision.diagnosis
    return {
        "allowed": decision.allowed,
        "code": decision.code,
        "question": decision.question,
        "message": decision.message,
        "warnings": list(decision.warnings),
        "hash": answer.hash,
        "summary": diagnosis.summary if diagnosis else "",
        "nodes": [
            {
                "name": row.name,
                "feasible": row.feasible,
                "plugin": row.plugin,
                "code": row.code.value,
                "reasons": list(row.reasons),
            }
            for row in (diagnosis.table() if diagnosis else ())
        ],
    }


def _text(title: str, decision: Decision) -> Iterator[str]:
    """The verdict, what to read with it, and the nodes that can take it."""
    yield f"{title}: {'allowed' if decision.allowed else 'denied'}"
    if decision.code:
        yield f"  {decision.message}"
    for warning in decision.warnings:
        if warning != decision.message:
            yield f"  warning: {warning}"
    diagnosis = decision.diagnosis
    if diagnosis is None:
        if not decision.message:
            yield "  the placement is unchanged"
        return
    if decision.code in _STAYING:
        return
    estimated = " (requests estimated)" if decision.estimated else ""
    yield f"  {decision.question}{estimated}: {diagnosis.summary}"
    names = sorted(diagnosis.name_of(diagnosis.feasible))
    if names:
        yield f"  nodes: {', '.join(names)}"
