"""evaluate: the plugins in their order, folded into one Diagnosis."""

from dataclasses import replace

import pytest

from tests import builders
from tests.placement.cases import asking
from webhook.objects import Applied, Deleted, NodeInfo, Profile
from webhook.placement import PLUGINS, Code, NodeVerdict, evaluate

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
UU, U = Code.UNRESOLVABLE, Code.UNSCHEDULABLE
NARROWED = "node(s) didn't satisfy plugin(s) [NodeAffinity]"
SELECTOR = "node(s) didn't match Pod's node affinity/selector"
TAINT = {"key": "gpu", "value": "", "effect": "NoSchedule"}


def by_name(*names):
    fields = [{"key": "metadata.name", "operator": "In", "values": [name]} for name in names]
    terms = [{"matchFields": [field]} for field in fields]
    return {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": terms}}}


def names(diagnosis, nodes):
    return list(diagnosis.name_of(nodes))


def test_the_plugins_stand_in_the_order_of_the_default_profile():
    assert [plugin.name for plugin in PLUGINS] == [
        "NodeUnschedulable",
        "NodeName",
        "TaintToleration",
        "NodeAffinity",
        "NodePorts",
        "NodeResourcesFit",
        "VolumeRestrictions",
        "NodeVolumeLimits",
        "VolumeBinding",
        "VolumeZone",
        "PodTopologySpread",
        "InterPodAffinity",
    ]


def test_without_nodes_nothing_is_available():
    diagnosis = evaluate(asking(), builders.index())
    assert (diagnosis.table(), diagnosis.summary) == ([], "0/0 nodes are available:")


def test_the_first_plugin_to_refuse_a_node_speaks_for_it():
    index = builders.index(
        builders.node("a", taints=[TAINT], unschedulable=True),
        builders.node("b", taints=[TAINT]),
        builders.node("c"),
        builders.node("d", {"zone": "a"}, {"pods": "0"}),
        builders.node("e", {"zone": "a"}),
    )
    diagnosis = evaluate(asking(nodeSelector={"zone": "a"}, requests={"cpu": "9"}), index)
    assert diagnosis.table() == [
        NodeVerdict("a", UU, "NodeUnschedulable", ("node(s) were unschedulable",)),
        NodeVerdict("b", UU, "TaintToleration", ("node(s) had untolerated taint(s)",)),
        NodeVerdict("c", UU, "NodeAffinity", (SELECTOR,)),
        NodeVerdict("d", UU, "NodeResourcesFit", ("Too many pods", "Insufficient cpu")),
        NodeVerdict("e", UU, "NodeResourcesFit", ("Insufficient cpu",)),
    ]
    assert diagnosis.feasible == 0
    assert diagnosis.summary == (
        "0/5 nodes are available: 1 Too many pods, 1 node(s) didn't match Pod's node "
        "affinity/selector, 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable, "
        "2 Insufficient cpu."
    )


def test_a_permanent_reason_counts_behind_a_passing_one():
    index = builders.index(
        builders.node("a", unschedulable=True, taints=[TAINT]),
        builders.node("b", unschedulable=True),
        builders.node("c", taints=[TAINT]),
        builders.node("d"),
    )
    diagnosis = evaluate(asking(), index)
    assert names(diagnosis, diagnosis.permanent) == ["a", "c"]
    assert names(diagnosis, diagnosis.feasible) == ["d"]


def test_nodes_outside_of_a_narrowing_are_not_looked_at():
    index = builders.index(
        builders.node("a", unschedulable=True), builders.node("b"), builders.node("c")
    )
    diagnosis = evaluate(asking(affinity=by_name("b", "nowhere")), index)
    assert diagnosis.table() == [
        NodeVerdict("a", UU, None, (NARROWED,)),
        NodeVerdict("b", Code.SUCCESS),
        NodeVerdict("c", UU, None, (NARROWED,)),
    ]
    assert names(diagnosis, diagnosis.permanent) == ["a", "c"]


def test_a_narrowing_to_all_nodes_leaves_nobody_out():
    diagnosis = evaluate(asking(affinity=by_name("a")), builders.index(builders.node("a")))
    assert (diagnosis.refused, diagnosis.feasible) == ((), 1)


def test_a_prefilter_may_refuse_every_node_with_one_message():
    terms = [{"topologyKey": "zone", "labelSelector": {"matchLabels": {"a b": ""}}}]
    index = builders.index(builders.node("a", unschedulable=True), builders.node("b"))
    diagnosis = evaluate(asking(affinity={"podAffinity": {REQUIRED: terms}}), index)
    reason = 'parsing pod: requiredAffinityTerms: key: Invalid value: "a b": not a qualified name'
    assert diagnosis.table() == [
        NodeVerdict("a", UU, "InterPodAffinity", (reason,)),
        NodeVerdict("b", UU, "InterPodAffinity", (reason,)),
    ]
    assert diagnosis.summary == f"0/2 nodes are available: {reason}."
    assert names(diagnosis, diagnosis.permanent) == ["a", "b"]


def spread(**selector):
    return {
        "topologyKey": "kubernetes.io/hostname",
        "maxSkew": 1,
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": selector,
    }


def test_an_error_before_any_node_is_looked_at_ends_the_attempt_for_good():
    index = builders.index(builders.node("a", unschedulable=True), builders.node("b"))
    pod = asking(topologySpreadConstraints=[spread(matchLabels={"a b": ""})])
    diagnosis = evaluate(pod, index)
    reason = (
        "get constraints from pod: obtaining pod's hard topology spread constraints: "
        'key: Invalid value: "a b": not a qualified name'
    )
    assert diagnosis.table() == [
        NodeVerdict(name, Code.ERROR, "PodTopologySpread", (reason,)) for name in ("a", "b")
    ]
    assert diagnosis.summary == f"0/2 nodes are available: {reason}."
    assert names(diagnosis, diagnosis.permanent) == ["a", "b"]


def test_the_first_prefilter_to_refuse_speaks():
    terms = [{"topologyKey": "zone", "labelSelector": {"matchLabels": {"a b": ""}}}]
    pod = asking(
        affinity={"podAffinity": {REQUIRED: terms}},
        topologySpreadConstraints=[spread(matchLabels={"a b": ""})],
    )
    diagnosis = evaluate(pod, builders.index(builders.node("a")))
    assert [refused.plugin for refused in diagnosis.refused] == ["PodTopologySpread"]


VOLUMES = [{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}]


def test_what_a_prefilter_refuses_for_now_leaves_the_nodes_that_others_refuse_for_good():
    index = builders.index(
        builders.node("a", taints=[TAINT]), builders.node("b", unschedulable=True)
    )
    diagnosis = evaluate(asking(volumes=VOLUMES), index)
    reason = 'persistentvolumeclaim "c" not found'
    assert diagnosis.table() == [
        NodeVerdict(name, UU, "VolumeRestrictions", (reason,)) for name in ("a", "b")
    ]
    assert (diagnosis.feasible, names(diagnosis, diagnosis.permanent)) == (0, ["a"])


#: A claim that waits for its first consumer and whose selector does not parse.
BROKEN_CLAIM = (
    {
        "kind": "StorageClass",
        "metadata": {"name": "wait"},
        "provisioner": "kubernetes.io/no-provisioner",
        "volumeBindingMode": "WaitForFirstConsumer",
    },
    {
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "c", "namespace": "default"},
        "spec": {
            "storageClassName": "wait",
            "selector": {"matchLabels": {"a b": ""}},
            "resources": {"requests": {"storage": "1Gi"}},
        },
    },
)
BROKEN = (
    "error creating internal label selector for claim: default/c: "
    'key: Invalid value: "a b": not a qualified name'
)


def test_an_error_on_any_node_that_is_looked_at_ends_the_attempt():
    nodes = (builders.node("a", taints=[TAINT]), builders.node("b"))
    diagnosis = evaluate(asking(volumes=VOLUMES), builders.index(*nodes, *BROKEN_CLAIM))
    assert diagnosis.table() == [
        NodeVerdict(name, Code.ERROR, "VolumeBinding", (BROKEN,)) for name in ("a", "b")
    ]
    assert diagnosis.summary == f"0/2 nodes are available: {BROKEN}."
    assert (diagnosis.feasible, names(diagnosis, diagnosis.permanent)) == (0, ["a"])


def test_an_error_behind_other_refusals_is_not_met():
    nodes = (builders.node("a", taints=[TAINT]), builders.node("b", unschedulable=True))
    diagnosis = evaluate(asking(volumes=VOLUMES), builders.index(*nodes, *BROKEN_CLAIM))
    assert [verdict.plugin for verdict in diagnosis.table()] == [
        "TaintToleration",
        "NodeUnschedulable",
    ]


def test_an_error_is_not_met_on_a_node_that_is_full_beside_the_nominated():
    index = builders.index(
        builders.node("a"), *BROKEN_CLAIM, nominated(requests={"cpu": "3"}, node="a")
    )
    diagnosis = evaluate(asking(volumes=VOLUMES, requests={"cpu": "2"}), index)
    assert diagnosis.table() == [FULL]


def test_a_node_that_passes_is_unknown_where_demands_are_not_judged():
    index = builders.index(builders.node("a"), builders.node("b", unschedulable=True))
    pod = asking(resourceClaims=[{"name": "gpu"}])
    diagnosis = evaluate(pod, index)
    assert diagnosis.table() == [
        NodeVerdict("a", Code.UNKNOWN, None, ("not judged: spec.resourceClaims",)),
        NodeVerdict("b", UU, "NodeUnschedulable", ("node(s) were unschedulable",)),
    ]
    assert (diagnosis.feasible, names(diagnosis, diagnosis.unknown)) == (0, ["a"])
    assert diagnosis.unmodelled == ("spec.resourceClaims",)


@pytest.mark.parametrize(
    ("constraints", "known"),
    [
        pytest.param([], False, id="a pod without its own gets them"),
        pytest.param([spread(matchLabels={"app": "web"})], True, id="a pod with its own does not"),
    ],
)
def test_spread_constraints_of_the_profile_are_not_judged(constraints, known):
    index = builders.index(builders.node("a"))
    index.apply(Applied(Profile(default_spread=True)))
    diagnosis = evaluate(asking(topologySpreadConstraints=constraints), index)
    demand = "the spread constraints that the scheduler's profile gives to every pod"
    assert (diagnosis.unknown, diagnosis.unmodelled) == ((0, ()) if known else (1, (demand,)))
    assert diagnosis.feasible == (1 if known else 0)


def test_a_node_that_a_device_class_may_serve_is_unknown():
    resource = "example.com/gpu"
    served = {"kind": "DeviceClass", "metadata": {"name": "gpu"}}
    index = builders.index(
        builders.node("a"),
        builders.node("b", allocatable={**builders.ROOM, resource: "1"}),
        builders.node("c", unschedulable=True),
        {**served, "spec": {"extendedResourceName": resource}},
    )
    diagnosis = evaluate(asking(requests={resource: "1", "cpu": "1"}), index)
    demand = f"{resource} (from a DeviceClass)"
    assert diagnosis.table() == [
        NodeVerdict("a", Code.UNKNOWN, None, (f"not judged: {demand}",)),
        NodeVerdict("b", Code.SUCCESS),
        NodeVerdict("c", UU, "NodeUnschedulable", ("node(s) were unschedulable",)),
    ]
    assert (diagnosis.unmodelled, diagnosis.permanent) == ((demand,), 0)
    nothing = evaluate(asking(requests={resource: "0", "cpu": "1"}), index)
    assert (nothing.unknown, nothing.unmodelled) == (0, ())


def test_a_table_that_is_made_later_never_names_a_recycled_slot():
    index = builders.index(builders.node("old"))
    diagnosis = evaluate(asking(), index)
    index.apply(Deleted(NodeInfo, "old"))
    index.apply(Applied(builders.value(builders.node("new"))))
    assert diagnosis.table() == [NodeVerdict("old", Code.SUCCESS)]


def nominated(name="ahead", node="a", priority=0, labels=None, **spec):
    status = {"nominatedNodeName": node, "phase": "Pending"}
    return builders.pod(name, labels=labels, status=status, priority=priority, **spec)


FULL = NodeVerdict("a", U, "NodeResourcesFit", ("Insufficient cpu",))
FREE, OTHER = NodeVerdict("a", Code.SUCCESS), NodeVerdict("b", Code.SUCCESS)


@pytest.mark.parametrize(
    ("ahead", "verdict"),
    [
        pytest.param(nominated(requests={"cpu": "3"}), FULL, id="there must be room beside it"),
        pytest.param(nominated(requests={"cpu": "2"}), FREE, id="there is room beside it"),
        pytest.param(
            nominated(requests={"cpu": "3"}, priority=1), FULL, id="a higher priority is ahead"
        ),
        pytest.param(
            nominated(requests={"cpu": "3"}, priority=-1), FREE, id="a lower priority is not"
        ),
        pytest.param(nominated("p", requests={"cpu": "3"}), FREE, id="its own nomination is not"),
        pytest.param(
            nominated(requests={"cpu": "3"}, schedulerName="another"),
            FREE,
            id="another scheduler's nomination is not known",
        ),
        pytest.param(
            nominated(node="nowhere", requests={"cpu": "3"}), FREE, id="to a node that is gone"
        ),
        pytest.param(
            nominated(requests={"cpu": "3"}, nodeName="b"), FREE, id="it was bound elsewhere"
        ),
    ],
)
def test_a_pod_leaves_room_for_who_was_nominated_to_a_node(ahead, verdict):
    index = builders.index(builders.node("a"), builders.node("b"), ahead)
    before = index.freeze()
    diagnosis = evaluate(asking(requests={"cpu": "2"}), index)
    assert diagnosis.table()[0] == verdict
    assert index.freeze() == before


def zone_terms(kind, labels):
    selector = {"matchLabels": labels}
    return {
        kind: {REQUIRED: [{"topologyKey": "kubernetes.io/hostname", "labelSelector": selector}]}
    }


def test_who_was_nominated_may_not_be_what_a_pod_needs():
    cordoned = builders.node("b", unschedulable=True)
    index = builders.index(builders.node("a"), cordoned, nominated(labels={"app": "db"}))
    pod = asking(affinity=zone_terms("podAffinity", {"app": "db"}))
    reason = "node(s) didn't match pod affinity rules"
    assert evaluate(pod, index).table() == [
        NodeVerdict("a", UU, "InterPodAffinity", (reason,)),
        NodeVerdict("b", UU, "NodeUnschedulable", ("node(s) were unschedulable",)),
    ]


def test_the_refusal_beside_the_nominated_is_the_one_reported():
    index = builders.index(
        builders.node("a", allocatable={"cpu": "4", "pods": "1"}),
        builders.pod("there", requests={"cpu": "1"}, nodeName="a"),
        nominated(requests={"cpu": "3"}),
    )
    diagnosis = evaluate(asking(requests={"cpu": "1"}), index)
    reasons = ("Too many pods", "Insufficient cpu")
    assert diagnosis.table() == [NodeVerdict("a", U, "NodeResourcesFit", reasons)]
    assert diagnosis.summary == "0/1 nodes are available: 1 Insufficient cpu, 1 Too many pods."


def test_a_nomination_outside_of_a_narrowing_is_not_looked_at():
    index = builders.index(builders.node("a"), builders.node("b"), nominated(requests={"cpu": "4"}))
    diagnosis = evaluate(asking(affinity=by_name("b"), requests={"cpu": "1"}), index)
    assert diagnosis.table() == [NodeVerdict("a", UU, None, (NARROWED,)), OTHER]


def test_every_nomination_inside_of_a_narrowing_is_looked_at():
    index = builders.index(
        *(builders.node(name) for name in "abc"),
        *(nominated(f"ahead-{name}", name, requests={"cpu": "4"}) for name in "abc"),
    )
    diagnosis = evaluate(asking(affinity=by_name("b", "c"), requests={"cpu": "1"}), index)
    full = NodeVerdict("", U, "NodeResourcesFit", ("Insufficient cpu",))
    assert diagnosis.table() == [
        NodeVerdict("a", UU, None, (NARROWED,)),
        replace(full, name="b"),
        replace(full, name="c"),
    ]


def test_the_other_nodes_keep_their_refusals_beside_the_nominated():
    index = builders.index(
        *(builders.node(name, unschedulable=name == "b") for name in "abc"),
        builders.pod("there", requests={"cpu": "4"}, nodeName="c"),
        nominated(requests={"cpu": "4"}),
    )
    diagnosis = evaluate(asking(requests={"cpu": "1"}), index)
    assert diagnosis.table() == [
        FULL,
        NodeVerdict("b", UU, "NodeUnschedulable", ("node(s) were unschedulable",)),
        replace(FULL, name="c"),
    ]


def test_who_is_nominated_takes_room_even_on_the_way_out():
    ahead = nominated(requests={"cpu": "4"})
    ahead["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    diagnosis = evaluate(asking(requests={"cpu": "1"}), builders.index(builders.node("a"), ahead))
    assert diagnosis.table() == [FULL]


@pytest.mark.parametrize(
    ("rules", "feasible"),
    [
        pytest.param({}, True, id="skipped, the anti-affinity of the nominated is not seen"),
        pytest.param(zone_terms("podAntiAffinity", {"x": "y"}), False, id="not skipped, it is"),
    ],
)
def test_a_skipped_plugin_is_not_asked_beside_the_nominated_either(rules, feasible):
    ahead = nominated(affinity=zone_terms("podAntiAffinity", {"app": "web"}))
    index = builders.index(builders.node("a"), ahead)
    diagnosis = evaluate(asking(labels={"app": "web"}, affinity=rules), index)
    assert bool(diagnosis.feasible) is feasible


def test_a_filter_that_the_profile_disables_does_not_run():
    index = builders.index(builders.node(taints=[{"key": "k", "effect": "NoSchedule"}]))
    pod = builders.value(builders.pod())
    assert not evaluate(pod, index).feasible
    index.apply(Applied(Profile(disabled=frozenset({"TaintToleration"}))))
    assert evaluate(pod, index).feasible


def test_a_plugin_without_its_filter_still_speaks_before_any_node_is_looked_at():
    names = [{"key": "metadata.name", "operator": "In", "values": [each]} for each in "ab"]
    terms = {"nodeSelectorTerms": [{"matchFields": names}]}
    required = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}
    index = builders.index(builders.node())
    index.apply(Applied(Profile(without_filter=frozenset({"NodeAffinity"}))))
    diagnosis = evaluate(asking(affinity=required, nodeSelector={"not": "there"}), index)
    assert diagnosis.prefilter == "pod affinity terms conflict"
    assert evaluate(asking(nodeSelector={"not": "there"}), index).feasible


def test_a_plugin_that_the_profile_disables_does_not_speak_before_any_node_is_looked_at_either():
    names = [{"key": "metadata.name", "operator": "In", "values": [each]} for each in "ab"]
    index = builders.index(builders.node())
    index.apply(Applied(Profile(disabled=frozenset({"NodeAffinity"}))))
    diagnosis = evaluate(asking(affinity=builders.required({"matchFields": names})), index)
    assert (diagnosis.prefilter, diagnosis.feasible) == ("", 1)
