"""The question *quota*: whether a namespace lets pods in beside those that it has.

Mirrors what kube-apiserver's admission asks of a pod that is created: LimitRanger
(plugin/pkg/admission/limitranger), and ResourceQuota (`CheckRequest` of
apiserver/pkg/admission/plugin/resourcequota with pkg/quota/v1/evaluator/core/pods.go).

limit_range      defaults and bounds of single pods
account          one quota, its scopes, and what is used of it
usage            what a pod uses, under the names that quotas have for it
wording          amounts as people write them
"""

from collections.abc import Iterable, Iterator, Sequence

from webhook.objects import PodInfo
from webhook.objects.quota import LimitRange, ResourceQuota
from webhook.objects.resources import PodResources
from webhook.quota.account import Account
from webhook.quota.limit_range import filled, violations
from webhook.quota.usage import usage

__all__ = ["rationed", "refusals"]


def refusals(
    pods: Iterable[PodInfo],
    quotas: Sequence[ResourceQuota],
    limit_ranges: Sequence[LimitRange],
    gone: Iterable[PodInfo] = (),
) -> tuple[str, ...]:
    """Why the first of these pods that is not let in is not; empty if all of them are.

    All are of the namespace of the quotas and limit ranges. Each counts for the next one, and
    those that are `gone` no longer do. A pod whose `resources` are not known is let in.
    """
    accounts = [Account(quota, dict(quota.used)) for quota in quotas]
    for pod, resources in _counted(gone, limit_ranges):
        for account in accounts:
            if account.counts(pod, resources):
                account.take(usage(resources), -1)
    for pod, resources in _counted(pods, limit_ranges):
        counting = [account for account in accounts if account.counts(pod, resources)]
        reasons = list(violations(resources, limit_ranges))
        used = usage(resources) if counting else {}
        for account in counting:
            reasons += account.refusals(resources, used)
        if reasons:
            return tuple(reasons)
        for account in counting:
            account.take(used, 1)
    return ()


def rationed(pod: PodInfo, quotas: Iterable[ResourceQuota]) -> bool:
    """Whether any of the quotas counts this pod."""
    resources = pod.resources
    return resources is not None and any(Account(q, {}).counts(pod, resources) for q in quotas)


def _counted(
    pods: Iterable[PodInfo], limit_ranges: Sequence[LimitRange]
) -> Iterator[tuple[PodInfo, PodResources]]:
    """The pods with their resources as the API server stores them."""
    for pod in pods:
        if pod.resources is not None:
            yield pod, filled(pod.resources, limit_ranges)
