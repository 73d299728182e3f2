"""A quota with what is used of it, while pods are let in one after the other."""

from collections.abc import Iterator
from dataclasses import dataclass

from webhook.objects import PodInfo
from webhook.objects.quota import ResourceQuota
from webhook.objects.resources import Amounts, PodResources
from webhook.quota.usage import unset, usable
from webhook.quota.wording import written


@dataclass(slots=True)
class Account:
    """One quota; `used` goes on from what its status says."""

    quota: ResourceQuota
    used: dict[str, int]

    def counts(self, pod: PodInfo, resources: PodResources) -> bool:
        """Whether the quota is about this pod at all: its scopes, and any of its resources."""
        scopes = all(
            requirement.holds(_scope(requirement.key, pod, resources))
            for requirement in self.quota.scopes
        )
        return scopes and bool(usable(self.quota.hard))

    def take(self, usage: Amounts, sign: int) -> None:
        """Count a pod that uses so much in, or out where the sign is negative."""
        for name, amount in usage.items():
            if name in self.used:
                self.used[name] = max(0, self.used[name] + sign * amount)

    def refusals(self, resources: PodResources, wanted: Amounts) -> Iterator[str]:
        """Why the quota does not let in the pod, which uses what is `wanted`."""
        title, hard = f"quota {self.quota.name}", self.quota.hard
        names = usable(hard)
        for name, containers in unset(resources, names):
            yield f"{title} wants {name} to be set for {', '.join(containers)}"
        if uncounted := sorted(names - self.quota.used.keys()):
            yield f"{title} has not been counted yet ({', '.join(uncounted)})"
            return
        for name in sorted(names & wanted.keys()):
            if wanted[name] and self.used[name] + wanted[name] > hard[name]:
                yield (
                    f"{title}: {name} requested {written(name, wanted[name], up=True)}, "
                    f"used {written(name, self.used[name], up=True)}, "
                    f"limited {written(name, hard[name], up=False)}"
                )


def _scope(name: str, pod: PodInfo, resources: PodResources) -> str | None:
    """A text where the pod is in the scope, the class's name for PriorityClass; else None."""
    match name:
        case "PriorityClass":
            return resources.priority_class or None
        case "Terminating":
            found = resources.has_deadline
        case "NotTerminating":
            found = not resources.has_deadline
        case "BestEffort":
            found = _best_effort(resources)
        case "NotBestEffort":
            found = not _best_effort(resources)
        case "CrossNamespacePodAffinity":
            found = pod.rules.cross_namespace
        case _:
            found = False
    return "" if found else None


def _best_effort(resources: PodResources) -> bool:
    """Whether neither cpu nor memory are asked for (pkg/apis/core/v1/helper/qos).

    Resources of the pod itself decide alone, even if they are empty.
    """
    every = (*resources.containers, *resources.inits)
    counted = (resources.pod_level,) if resources.pod_level is not None else every
    return not any(
        amounts.get(name, 0) > 0
        for each in counted
        for amounts in (each.requests, each.limits)
        for name in ("cpu", "memory")
    )
