"""decide(changes, findings) -> Decision: the ladder of codes under the built-in policy.

The built-in policy is Enforce. The first rung that applies decides; notes stand beside a
verdict as warnings and never replace it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from webhook.judge import Findings
from webhook.objects import PodInfo, Profile
from webhook.placement import Diagnosis
from webhook.policy import hints, messages

__all__ = ["Decision", "decide", "decide_pod", "unreadable"]


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to one request; `diagnosis` is None where no node was looked at."""

    allowed: bool
    code: str | None = None
    message: str = ""
    warnings: tuple[str, ...] = ()
    question: str | None = None
    diagnosis: Diagnosis | None = None
    #: Whether the pod behind the diagnosis has estimated requests.
    estimated: bool = False


Rung = Callable[[Findings], Decision | None]


def decide(findings: Findings) -> Decision:
    """The decision on a subject; reads the world, so call it while that is open."""
    if not findings.changes.placed_differently:
        return Decision(allowed=True)
    if findings.world.unknown:
        return _cannot_tell(findings.world.unknown)
    for rung in _rungs(findings):
        decision = rung(findings)
        if decision is not None:
            break
    else:
        decision = Decision(allowed=True, message=messages.ESTIMATED if findings.estimated else "")
    if decision.code == "VMA-501":
        return decision
    return replace(
        decision,
        warnings=(*decision.warnings, *_notes(findings)),
        question=findings.question,
        diagnosis=findings.diagnosis,
        estimated=findings.estimated,
    )


def _rungs(findings: Findings) -> tuple[Rung, ...]:
    if findings.moves:
        return MOVE
    return PLACE if findings.instance is None or findings.running else PENDING


def _notes(findings: Findings) -> tuple[str, ...]:
    notes = []
    if findings.at_restart:
        notes.append(messages.warning("VMA-010", findings.at_restart))
    if _rungs(findings) is PLACE and not findings.unresolved and findings.quota:
        notes.append(messages.warning("VMA-203", messages.first_pod(findings.quota)))
    if findings.migrating:
        notes.append(messages.warning("VMA-011"))
    if findings.instance is not None and not findings.running:
        notes.append(messages.warning("VMA-012"))
    return tuple(notes)


def _cannot_tell(reason: str) -> Decision:
    return Decision(allowed=False, code="VMA-501", message=messages.message("VMA-501", reason))


def unreadable(problem: str) -> Decision:
    """The decision on an object that could not be read: refused, not passed."""
    text = messages.message("VMA-501", f"the object cannot be read: {problem}", fix=messages.MEND)
    return Decision(allowed=False, code="VMA-501", message=text)


def _denied(code: str, findings: Findings, detail: str) -> Decision:
    text = messages.message(code, detail, findings.diagnosis)
    return Decision(allowed=False, code=code, message=text)


def _fields(findings: Findings) -> str:
    """The changed fields by their last name: `affinity, nodeSelector`."""
    changed = [path.rpartition(".")[2] for path in findings.changes.placement]
    return messages.listed(changed) or "placement"


def _may_stay(findings: Findings) -> Decision | None:
    if not findings.stays or findings.instance is None:
        return None
    text = messages.message("VMA-001", findings.instance.node_name)
    return Decision(allowed=True, code="VMA-001", message=text)


def _goes_back(findings: Findings) -> Decision | None:
    if not findings.back_to_source:
        return None
    return Decision(allowed=True, code="VMA-002", message=messages.message("VMA-002"))


def _no_source(findings: Findings) -> Decision | None:
    if findings.source is not None:
        return None
    node = findings.instance.node_name if findings.instance else ""
    return _cannot_tell(f"the running pod of the VM was not found on node {node}")


def _unexpanded(findings: Findings) -> Decision | None:
    """Without what it contributes, even the VM's own rules may not be all there are."""
    if not findings.unresolved:
        return None
    named, why = " and ".join(findings.unresolved), findings.subject.unexpanded
    if why:
        return _unchecked(f"KubeVirt could not expand {named}: {why}")
    return _unchecked(f"only a live cluster can tell what {named} contributes to a VM")


def _not_modelled(findings: Findings) -> Decision | None:
    """What makes even our refusals uncertain."""
    scheduler = findings.pod.scheduler_name
    if scheduler != findings.world.index.profile.scheduler_name:
        return _unjudged(f"pods of the scheduler {scheduler}")
    return None


def _unjudged(what: str) -> Decision:
    return _unchecked(f"this release does not judge {what}")


def _unchecked(why: str) -> Decision:
    text = messages.warning("VMA-502", why)
    return Decision(allowed=True, code="VMA-502", message=text, warnings=(text,))


def _never(findings: Findings) -> Decision | None:
    diagnosis = findings.diagnosis
    if diagnosis.permanent != diagnosis.nodes:
        return None
    hint = hints.unmet(findings) or (messages.ESTIMATED if findings.estimated else "")
    return _denied("VMA-101", findings, _fields(findings) + (f": {hint}" if hint else ""))


def _only_source_in_the_way(findings: Findings) -> Decision | None:
    if findings.diagnosis.feasible or findings.diagnosis.unknown or findings.source is None:
        return None
    alone = findings.without_source
    source_node = findings.world.index.nodes.bit(findings.source.node_name)
    elsewhere = (alone.feasible | alone.unknown) & ~source_node
    return _denied("VMA-302", findings, _fields(findings)) if elsewhere else None


def _not_migratable(findings: Findings) -> Decision | None:
    reason = findings.instance.not_migratable if findings.instance else ""
    return _denied("VMA-301", findings, reason) if reason else None


def _over_quota(findings: Findings) -> Decision | None:
    if not findings.quota:
        return None
    text = messages.message("VMA-203", messages.second_pod(findings.quota))
    return Decision(allowed=False, code="VMA-203", message=text)


def _full(findings: Findings) -> Decision | None:
    if findings.diagnosis.feasible or findings.diagnosis.unknown:
        return None
    return _denied("VMA-201", findings, _fields(findings))


def _uncertain(findings: Findings) -> Decision | None:
    diagnosis = findings.diagnosis
    return _unjudged(messages.listed(diagnosis.unmodelled)) if diagnosis.unknown else None


#: The order is the contract: docs/codes.md explains each rung.
MOVE: tuple[Rung, ...] = (
    _unexpanded,
    _may_stay,
    _goes_back,
    _no_source,
    _not_modelled,
    _never,
    _only_source_in_the_way,
    _not_migratable,
    _over_quota,
    _full,
    _uncertain,
)
#: No VMI, CREATE, or effective at the next restart only: capacity of today is no argument.
PLACE: tuple[Rung, ...] = (_unexpanded, _not_modelled, _never, _uncertain)
#: A VMI that waits for its first pod.
PENDING: tuple[Rung, ...] = (_unexpanded, _may_stay, _not_modelled, _never, _full, _uncertain)


def decide_pod(pod: PodInfo, diagnosis: Diagnosis, profile: Profile) -> Decision:
    """The decision on a plain Pod: the question *place*, without any VM around it."""
    if pod.scheduler_name != profile.scheduler_name:
        decision = _unknown_pod(f"it is a pod of the scheduler {pod.scheduler_name}")
    elif diagnosis.permanent == diagnosis.nodes:
        decision = _refused_pod("VMA-101", diagnosis)
    elif diagnosis.feasible:
        decision = Decision(allowed=True)
    elif diagnosis.unknown:
        decision = _unknown_pod(f"not judged here: {messages.listed(diagnosis.unmodelled)}")
    else:
        decision = _refused_pod("VMA-201", diagnosis)
    return replace(decision, question="place", diagnosis=diagnosis)


def _unknown_pod(reason: str) -> Decision:
    text = messages.pod_message("VMA-501", reason)
    return Decision(allowed=False, code="VMA-501", message=text)


def _refused_pod(code: str, diagnosis: Diagnosis) -> Decision:
    text = messages.pod_message(code, "rules and requests", diagnosis)
    return Decision(allowed=False, code=code, message=text)
