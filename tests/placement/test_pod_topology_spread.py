"""PodTopologySpread: who counts, where, against which minimum, and who speaks."""

from dataclasses import replace

import pytest

from tests import builders
from tests.placement.cases import answers, asking
from webhook.objects import Applied, LabelSelector, PodInfo, SpreadConstraint, Version
from webhook.placement import evaluate
from webhook.placement.framework import Code, PreFilter
from webhook.placement.pod_topology_spread import PLUGIN, pod_topology_spread, prefilter

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
U, UU = "Unschedulable", "UnschedulableAndUnresolvable"
SKEW = "node(s) didn't match pod topology spread constraints"
KEYLESS = f"{SKEW} (missing required label)"
WEB, DB = {"app": "web"}, {"app": "db"}
TAINT = {"key": "gpu", "value": "", "effect": "NoSchedule"}
#: Zone a with two nodes, zone b with one, and a node without zone.
NODES = (
    builders.node("a1", {"zone": "a", "rack": "1"}),
    builders.node("a2", {"zone": "a", "rack": "2"}),
    builders.node("b1", {"zone": "b", "rack": "1"}),
    builders.node("x1", {"rack": "9"}),
)
NO_ZONE = (["x1"], KEYLESS, UU, ["x1"])


def spread(max_skew=1, key="zone", labels=WEB, **fields):
    """A hard constraint; `labels` None leaves the selector null."""
    selector = {} if labels is None else {"labelSelector": {"matchLabels": labels}}
    hard = {"maxSkew": max_skew, "topologyKey": key, "whenUnsatisfiable": "DoNotSchedule"}
    return {**hard, **selector, **fields}


def there(node, labels=WEB, namespace="default", deleting=False, count=1, **spec):
    """Pods on a node."""
    trees = [builders.pod(f"{node}-{i}", namespace, labels, nodeName=node) for i in range(count)]
    for tree in trees:
        tree["spec"].update(spec)
        tree["metadata"]["uid"] = f"{namespace}/{tree['metadata']['name']}/{labels}/{deleting}"
        if deleting:
            tree["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    return trees


def cluster(*pods, nodes=NODES):
    return builders.index(*nodes, *(tree for group in pods for tree in group))


def refused(index, *constraints, labels=WEB, **spec):
    pod = asking(labels=labels, topologySpreadConstraints=list(constraints), **spec)
    return answers(pod_topology_spread(pod, index), index)


def crowded(index, *constraints, **spec):
    """The nodes that are refused by skew."""
    return [
        node for row in refused(index, *constraints, **spec) for node in row[0] if row[1] == SKEW
    ]


@pytest.mark.parametrize(
    ("pods", "constraint", "full"),
    [
        pytest.param([], spread(), [], id="nobody is there"),
        pytest.param([there("a1")], spread(), ["a1", "a2"], id="one in a zone, none in the other"),
        pytest.param([there("a1"), there("b1")], spread(), [], id="one in each"),
        pytest.param(
            [there("a1"), there("a2"), there("b1")],
            spread(),
            ["a1", "a2"],
            id="the nodes of a zone add up",
        ),
        pytest.param([there("a1", count=2), there("b1", count=2)], spread(), [], id="two in each"),
        pytest.param(
            [there("a1", count=3), there("b1", count=2)],
            spread(),
            ["a1", "a2"],
            id="the emptiest zone is the measure",
        ),
        pytest.param([there("a1")], spread(2), [], id="maxSkew is reached"),
        pytest.param([there("a1", count=2)], spread(2), ["a1", "a2"], id="maxSkew is exceeded"),
        pytest.param(
            [there("a1", DB, count=3), there("b1", DB)], spread(), [], id="pods of another kind"
        ),
        pytest.param(
            [there("a1", namespace="red", count=3)], spread(), [], id="pods of another namespace"
        ),
        pytest.param(
            [there("a1", namespace="red"), there("b1")], spread(), ["b1"], id="beside one of ours"
        ),
        pytest.param([there("a1", deleting=True)], spread(), [], id="a pod on its way out"),
        pytest.param(
            [there("a1", deleting=True), there("b1")], spread(), ["b1"], id="beside one that stays"
        ),
        pytest.param([there("x1", count=3)], spread(), [], id="pods on a node without the key"),
        pytest.param(
            [there("a1")], spread(key="rack"), ["a1", "b1"], id="racks are spread over, too"
        ),
    ],
)
def test_a_domain_may_exceed_the_emptiest_by_max_skew(pods, constraint, full):
    assert sorted(crowded(cluster(*pods), constraint)) == full


def test_a_label_that_no_node_has_refuses_them_all_for_good():
    everyone = ["a1", "a2", "b1", "x1"]
    assert refused(cluster(), spread(key="disk")) == [(everyone, KEYLESS, UU, everyone)]


def test_skew_refuses_for_now_and_a_missing_label_for_good():
    assert refused(cluster(there("a1")), spread()) == [NO_ZONE, (["a1", "a2"], SKEW, U, [])]


@pytest.mark.parametrize(
    ("selector", "labels", "full"),
    [
        pytest.param(spread(labels=WEB), WEB, ["a1", "a2"], id="the pod adds itself"),
        pytest.param(spread(labels=WEB), DB, [], id="unless it does not match"),
        pytest.param(spread(labels=None), WEB, [], id="a null selector matches nobody"),
        pytest.param(spread(labels={}), WEB, [], id="an empty one counts nobody who is there"),
        pytest.param(spread(0, labels={}), WEB, ["a1", "a2", "b1"], id="but the pod itself"),
        pytest.param(spread(0, labels=None), WEB, [], id="which a null one does not"),
        pytest.param(
            spread(
                labels=None,
                labelSelector={"matchExpressions": [{"key": "x", "operator": "DoesNotExist"}]},
            ),
            WEB,
            ["a1", "a2"],
            id="a selector of what is missing",
        ),
    ],
)
def test_the_pod_counts_where_its_own_labels_match(selector, labels, full):
    assert sorted(crowded(cluster(there("a1")), selector, labels=labels)) == full


VERSIONED = there("a1", {"app": "web", "v": "1"})


@pytest.mark.parametrize("version", [Version(1, 30), Version(1, 36, 2)])
@pytest.mark.parametrize(
    ("constraint", "labels", "full"),
    [
        pytest.param(
            spread(matchLabelKeys=["v"]), {"app": "web", "v": "1"}, ["a1", "a2"], id="the same"
        ),
        pytest.param(spread(matchLabelKeys=["v"]), {"app": "web", "v": "2"}, [], id="another"),
        pytest.param(
            spread(matchLabelKeys=["v"]),
            WEB,
            ["a1", "a2"],
            id="a key that the pod lacks is skipped",
        ),
        pytest.param(
            spread(matchLabelKeys=["w", "v"]),
            {"app": "web", "v": "2"},
            [],
            id="behind which others hold",
        ),
        pytest.param(
            spread(labels={}, matchLabelKeys=["v"]),
            {"v": "1"},
            ["a1", "a2"],
            id="an empty selector is empty no longer",
        ),
        pytest.param(
            spread(0, labels=None, matchLabelKeys=["v"]), {"v": "1"}, [], id="a null one stays null"
        ),
        pytest.param(
            spread(labels={"app": "web", "v": "1"}, matchLabelKeys=["v"]),
            {"app": "web", "v": "1"},
            ["a1", "a2"],
            id="merged by the API server already",
        ),
    ],
)
def test_label_keys_are_merged_into_the_selector(version, constraint, labels, full):
    index = builders.index(*NODES, *VERSIONED, version=version)
    assert sorted(crowded(index, constraint, labels=labels)) == full


@pytest.mark.parametrize(
    ("min_domains", "full"),
    [
        pytest.param(None, [], id="the default is 1"),
        pytest.param(1, [], id="1"),
        pytest.param(2, [], id="as many as there are"),
        pytest.param(3, ["a1", "a2", "b1"], id="more than there are: the minimum is 0"),
    ],
)
def test_too_few_domains_count_as_an_empty_one(min_domains, full):
    index = cluster(there("a1"), there("b1"))
    assert sorted(crowded(index, spread(minDomains=min_domains))) == full


NOWHERE = {"nodeSelector": {"zone": "c"}}


@pytest.mark.parametrize(
    ("min_domains", "max_skew", "full"),
    [
        pytest.param(1, 1, [], id="alone, a pod fits"),
        pytest.param(1, 0, ["a1", "a2", "b1"], id="but not if nothing may stand out"),
        pytest.param(0, 2 - 2**31, [], id="with no minimum at all nothing does"),
        pytest.param(0, 1 - 2**31, ["a1", "a2", "b1"], id="up to MaxInt32"),
    ],
)
def test_without_any_domain_the_minimum_is_that_of_none(min_domains, max_skew, full):
    index = cluster(there("a1", count=5))
    constraint = spread(max_skew, minDomains=min_domains)
    assert sorted(crowded(index, constraint, **NOWHERE)) == full


def required(key, *values):
    return builders.required(builders.term(key, "In", *values))


FIELD = {"key": "metadata.name", "operator": "In", "values": ["a1"]}
BY_NAME = {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": [{"matchFields": [FIELD]}]}}}


@pytest.mark.parametrize(
    ("rules", "constraint", "full"),
    [
        pytest.param({}, spread(), ["a1", "a2"], id="an empty zone holds the minimum at 0"),
        pytest.param(
            {"nodeSelector": {"zone": "a"}}, spread(), [], id="not one that nodeSelector excludes"
        ),
        pytest.param(
            {"affinity": required("zone", "a")}, spread(), [], id="nor one that affinity excludes"
        ),
        pytest.param({"affinity": BY_NAME}, spread(), [], id="also by name"),
        pytest.param(
            {"nodeSelector": {"zone": "a"}},
            spread(nodeAffinityPolicy="Honor"),
            [],
            id="Honor is the default",
        ),
        pytest.param(
            {"nodeSelector": {"zone": "a"}},
            spread(nodeAffinityPolicy="Ignore"),
            ["a1", "a2"],
            id="Ignore does not look at nodeSelector",
        ),
        pytest.param(
            {"affinity": required("zone", "a")},
            spread(nodeAffinityPolicy="Ignore"),
            ["a1", "a2"],
            id="nor at affinity",
        ),
        pytest.param(
            {"nodeSelector": {"kubernetes.io/hostname": "a2"}},
            spread(0),
            ["a1", "a2", "b1"],
            id="a pod on an excluded node does not count, and its node reads the domain",
        ),
    ],
)
def test_nodes_that_the_pod_does_not_select_are_no_domains(rules, constraint, full):
    assert sorted(crowded(cluster(there("a1")), constraint, **rules)) == full


def test_a_node_that_is_not_eligible_reads_the_count_of_its_domain():
    index = cluster(there("a1", count=2), there("b1"))
    rules = {"nodeSelector": {"kubernetes.io/hostname": "a1"}}
    assert sorted(crowded(index, spread(), **rules)) == []
    assert sorted(crowded(index, spread(minDomains=2), **rules)) == ["a1", "a2"]


def test_what_the_profile_adds_to_affinity_excludes_no_domain():
    index = cluster(there("a1"))
    affinity = builders.value(builders.pod(affinity=required("zone", "a"))).rules.node_affinity
    index.apply(Applied(replace(index.profile, added_affinity=affinity)))
    assert sorted(crowded(index, spread())) == ["a1", "a2"]


HONOR = {"nodeTaintsPolicy": "Honor"}


@pytest.mark.parametrize(
    ("taint", "rules", "constraint", "full"),
    [
        pytest.param(TAINT, {}, spread(), ["a1", "a2"], id="by default taints are not looked at"),
        pytest.param(
            TAINT, {}, spread(nodeTaintsPolicy="Ignore"), ["a1", "a2"], id="nor with Ignore"
        ),
        pytest.param(TAINT, {}, spread(**HONOR), [], id="with Honor the zone is no domain"),
        pytest.param(
            TAINT | {"effect": "NoExecute"}, {}, spread(**HONOR), [], id="nor for NoExecute"
        ),
        pytest.param(
            TAINT | {"effect": "PreferNoSchedule"},
            {},
            spread(**HONOR),
            ["a1", "a2"],
            id="a preference excludes nothing",
        ),
        pytest.param(
            TAINT | {"effect": "PreferNoSchedule"},
            {"nodeSelector": {"zone": "a"}},
            spread(**HONOR),
            [],
            id="but affinity still does",
        ),
        pytest.param(
            TAINT,
            {"tolerations": [{"key": "gpu", "operator": "Exists"}]},
            spread(**HONOR),
            ["a1", "a2"],
            id="nor does what is tolerated",
        ),
    ],
)
def test_nodes_with_a_taint_are_domains_unless_taints_are_honored(taint, rules, constraint, full):
    nodes = (*NODES[:2], builders.node("b1", {"zone": "b"}, taints=[taint]))
    index = cluster(there("a1"), nodes=nodes)
    assert sorted(crowded(index, constraint, **rules)) == full


def test_a_cordon_excludes_no_domain():
    nodes = (*NODES[:2], builders.node("b1", {"zone": "b"}, unschedulable=True))
    assert sorted(crowded(cluster(there("a1"), nodes=nodes), spread(**HONOR))) == ["a1", "a2"]


def test_only_nodes_with_the_keys_of_all_constraints_are_domains():
    nodes = (NODES[0], builders.node("b1", {"zone": "b"}), builders.node("c1", {"rack": "1"}))
    index = cluster(there("a1"), there("b1", count=2), there("c1", count=3), nodes=nodes)
    assert refused(index, spread(), spread(9, "rack")) == [
        (["c1"], KEYLESS, UU, ["c1"]),
        (["b1"], KEYLESS, UU, ["b1"]),
    ]


def test_each_constraint_has_policies_of_its_own():
    index = cluster(there("a1"))
    rules = {"nodeSelector": {"zone": "a"}}
    racks = spread(key="rack", nodeAffinityPolicy="Ignore")
    assert refused(index, racks, **rules) == [(["a1", "b1"], SKEW, U, [])]
    assert refused(index, spread(), racks, **rules) == [NO_ZONE, (["a1", "b1"], SKEW, U, [])]
    assert refused(index, spread(nodeAffinityPolicy="Ignore"), spread(key="rack"), **rules) == [
        NO_ZONE,
        (["a1", "a2"], SKEW, U, []),
        (["b1"], SKEW, U, []),
    ]


@pytest.mark.parametrize(
    ("constraints", "rows"),
    [
        pytest.param(
            [spread(), spread(9, "disk")],
            [NO_ZONE, (["a1", "a2"], SKEW, U, []), ([], KEYLESS, UU, ["a2", "x1"])],
            id="skew, before a missing label that is for good all the same",
        ),
        pytest.param(
            [spread(9, "disk"), spread()],
            [
                (["a2", "x1"], KEYLESS, UU, ["a2", "x1"]),
                ([], KEYLESS, UU, ["x1"]),
                (["a1"], SKEW, U, []),
            ],
            id="a missing label, before another one and before skew",
        ),
        pytest.param(
            [spread(), spread(9, "disk"), spread(key="kubernetes.io/hostname")],
            [NO_ZONE, (["a1", "a2"], SKEW, U, []), ([], KEYLESS, UU, ["a2", "x1"])],
            id="skew, before more skew",
        ),
    ],
)
def test_the_first_constraint_to_refuse_a_node_speaks(constraints, rows):
    nodes = (
        builders.node("a1", {"zone": "a", "disk": "1"}),
        builders.node("a2", {"zone": "a"}),
        builders.node("b1", {"zone": "b", "disk": "2"}),
        builders.node("x1"),
    )
    assert refused(cluster(there("a1"), nodes=nodes), *constraints) == rows


def nominated(labels, node="a1", namespace="default", deleting=False):
    status = {"nominatedNodeName": node, "phase": "Pending"}
    tree = builders.pod("ahead", namespace, labels, status=status)
    if deleting:
        tree["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    return [tree]


def passes(index, *constraints, labels=WEB, **spec):
    pod = asking(labels=labels, topologySpreadConstraints=list(constraints), **spec)
    diagnosis = evaluate(pod, index)
    return sorted(diagnosis.name_of(diagnosis.feasible))


@pytest.mark.parametrize(
    ("ahead", "constraint", "free"),
    [
        pytest.param(nominated(WEB), spread(), ["a2", "b1"], id="one who matches"),
        pytest.param(nominated(DB), spread(), ["a1", "a2", "b1"], id="one who does not"),
        pytest.param(
            nominated(WEB, namespace="red"), spread(), ["a1", "a2", "b1"], id="of a namespace"
        ),
        pytest.param(nominated(WEB, deleting=True), spread(), ["a2", "b1"], id="on the way out"),
        pytest.param(
            nominated(DB), spread(labels={}), ["a2", "b1"], id="any for an empty selector"
        ),
        pytest.param(nominated(WEB), spread(labels=None), ["a1", "a2", "b1"], id="none for null"),
        pytest.param(
            nominated(WEB),
            spread(labels={}, nodeAffinityPolicy="Ignore"),
            ["a2", "b1"],
            id="any for an empty selector, whatever the policy",
        ),
    ],
)
def test_who_is_nominated_to_a_node_counts_when_that_node_is_looked_at(ahead, constraint, free):
    assert passes(cluster(ahead), constraint) == free


def test_who_is_there_still_does_not_count_for_an_empty_selector_beside_the_nominated():
    index = cluster(there("a1", count=3), nominated(DB))
    assert passes(index, spread(2, labels={})) == ["a1", "a2", "b1"]


def test_the_emptiest_domain_is_found_again_beside_the_nominated():
    index = cluster(there("a1", count=1), nominated(WEB, "b1"))
    assert passes(index, spread()) == ["b1"]


BAD = LabelSelector(invalid="why")


@pytest.mark.parametrize(
    ("constraints", "outcome"),
    [
        pytest.param([], PreFilter(skip=True), id="no constraint"),
        pytest.param([SpreadConstraint("zone", 1, LabelSelector())], PreFilter(), id="one"),
        pytest.param(
            [SpreadConstraint("zone", 1, LabelSelector()), SpreadConstraint("zone", 1, BAD)],
            PreFilter(
                refusal="get constraints from pod: obtaining pod's hard topology spread "
                "constraints: why",
                code=Code.ERROR,
                permanent=True,
            ),
            id="a selector that does not parse is an error",
        ),
    ],
)
def test_before_any_node_is_looked_at(constraints, outcome):
    assert prefilter(PodInfo("default", "p", spread=tuple(constraints)), cluster()) == outcome


def test_it_stands_under_its_upstream_name():
    assert PLUGIN.name == "PodTopologySpread"
    assert (PLUGIN.filter, PLUGIN.prefilter) == (pod_topology_spread, prefilter)
