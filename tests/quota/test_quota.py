"""webhook.quota: whether a namespace lets pods in."""

from dataclasses import replace

from webhook.objects import PodInfo, SchedulingRules
from webhook.objects.labels import Operator, Requirement
from webhook.objects.quota import Bounds, LimitRange, ResourceQuota
from webhook.objects.resources import Container, PodResources
from webhook.quota import rationed, refusals

ONE = 10**9
GIB = ONE << 30


def pod(memory=GIB, name="p", **fields):
    """Return a pod of one container with this request of memory."""
    return PodInfo(
        "shop", name, resources=PodResources((Container("c", {"memory": memory}),), **fields)
    )


def quota(hard=4 * GIB, used=2 * GIB, name="q", scopes=()):
    """Return a quota on requests of memory."""
    return ResourceQuota(
        "shop", name, {"requests.memory": hard}, {"requests.memory": used}, scopes=scopes
    )


BEST_EFFORT = quota(scopes=(Requirement("BestEffort", Operator.EXISTS),))


def test_without_quotas_and_limit_ranges_everything_is_let_in():
    assert refusals([pod()], [], []) == ()


def test_what_exceeds_a_quota_is_not_let_in():
    assert refusals([pod(2 * GIB)], [quota()], []) == ()
    assert refusals([pod(3 * GIB)], [quota()], []) == (
        "quota q: requests.memory requested 3Gi, used 2Gi, limited 4Gi",
    )


def test_every_quota_has_to_have_room():
    assert refusals(
        [pod(3 * GIB)], [quota(name="a"), quota(hard=9 * GIB), quota(name="c")], []
    ) == (
        "quota a: requests.memory requested 3Gi, used 2Gi, limited 4Gi",
        "quota c: requests.memory requested 3Gi, used 2Gi, limited 4Gi",
    )


def test_a_quota_that_is_not_about_the_pod_does_not_count():
    assert refusals([pod(9 * GIB)], [BEST_EFFORT], []) == ()


def test_each_pod_counts_for_the_next():
    assert refusals([pod(), pod()], [quota()], []) == ()
    assert refusals([pod(), pod(), pod(name="third"), pod(9 * GIB)], [quota()], []) == (
        "quota q: requests.memory requested 1Gi, used 4Gi, limited 4Gi",
    )


def test_what_is_gone_does_not_count_any_more():
    assert refusals([pod(3 * GIB)], [quota()], [], gone=[pod()]) == ()
    assert refusals([pod(4 * GIB)], [quota()], [], gone=[pod()]) == (
        "quota q: requests.memory requested 4Gi, used 1Gi, limited 4Gi",
    )


def test_what_the_quota_never_counted_cannot_be_gone_from_it():
    scoped = quota(scopes=(Requirement("PriorityClass", Operator.EXISTS),))
    classy = pod(3 * GIB, priority_class="high")
    assert refusals([classy], [scoped], [], gone=[pod()]) != ()
    assert refusals([classy], [scoped], [], gone=[pod(priority_class="high")]) == ()


def test_scopes_are_asked_of_the_pod_itself():
    scoped = quota(scopes=(Requirement("CrossNamespacePodAffinity", Operator.EXISTS),))
    across = replace(pod(3 * GIB), rules=SchedulingRules(prefers_across=True))
    assert refusals([pod(3 * GIB)], [scoped], []) == ()
    assert refusals([across], [scoped], []) != ()
    assert refusals([across], [scoped], [], gone=[across]) == ()
    assert rationed(across, [scoped])
    assert not rationed(pod(), [scoped])


def test_a_pod_that_is_not_known_in_detail_is_let_in_and_counts_for_nothing():
    unknown = PodInfo("shop", "x")
    assert refusals([unknown, pod(2 * GIB)], [quota()], [], gone=[unknown]) == ()


def test_limit_ranges_refuse_what_they_bound():
    bounds = LimitRange("shop", "r", (Bounds("Pod", max={"memory": GIB}),))
    assert refusals([pod(3 * GIB)], [quota()], [bounds]) == (
        "limit range r: maximum memory per Pod is 1Gi, but the pod has no limit",
        "quota q: requests.memory requested 3Gi, used 2Gi, limited 4Gi",
    )


def test_quotas_count_what_limit_ranges_fill_in():
    bounds = LimitRange("shop", "r", (Bounds("Container", default_request={"memory": 3 * GIB}),))
    idle = PodInfo("shop", "idle", resources=PodResources((Container("c"),)))
    assert refusals([idle], [quota()], []) == ("quota q wants requests.memory to be set for c",)
    assert refusals([idle], [quota()], [bounds]) == (
        "quota q: requests.memory requested 3Gi, used 2Gi, limited 4Gi",
    )
    assert refusals([pod(4 * GIB)], [quota(used=3 * GIB)], [bounds], gone=[idle]) == ()
    assert refusals([pod(4 * GIB)], [quota(used=4 * GIB)], [bounds], gone=[idle]) != ()


def test_a_quota_is_never_used_less_than_not_at_all():
    assert refusals([pod(4 * GIB)], [quota()], [], gone=[pod(3 * GIB)]) == ()
    assert refusals([pod(5 * GIB)], [quota()], [], gone=[pod(3 * GIB)]) == (
        "quota q: requests.memory requested 5Gi, used 0, limited 4Gi",
    )


def test_whether_any_quota_counts_a_pod():
    assert rationed(pod(), [BEST_EFFORT, quota()])
    assert not rationed(pod(), [BEST_EFFORT])
    assert not rationed(pod(), [])
    assert not rationed(PodInfo("shop", "x"), [quota()])
