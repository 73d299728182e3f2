"""InterPodAffinity: own affinity, own anti-affinity, and that of existing pods."""

import pytest

from tests import builders
from tests.placement.cases import answers, asking
from webhook.objects import Version
from webhook.objects.version import NEWEST
from webhook.placement.framework import PreFilter
from webhook.placement.inter_pod_affinity import (
    affinity,
    anti_affinity,
    existing_anti_affinity,
    inter_pod_affinity,
    prefilter,
)

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
U, UU = "Unschedulable", "UnschedulableAndUnresolvable"
AFFINITY = "node(s) didn't match pod affinity rules"
ANTI = "node(s) didn't match pod anti-affinity rules"
EXISTING = "node(s) didn't satisfy existing pods anti-affinity rules"
WEB, DB = {"app": "web"}, {"app": "db"}
NODES = (
    builders.node("a1", {"zone": "a", "rack": "r1"}),
    builders.node("a2", {"zone": "a"}),
    builders.node("b1", {"zone": "b"}),
    builders.node("x1"),
)
NAMESPACES = (
    builders.namespace("default"),
    builders.namespace("red", {"team": "t1"}),
    builders.namespace("blue"),
)


def term(labels=WEB, key="zone", **fields):
    selector = None if labels is None else {"matchLabels": labels}
    return {"topologyKey": key, "labelSelector": selector, **fields}


def near(*terms):
    return {"podAffinity": {REQUIRED: list(terms)}}


def apart(*terms):
    return {"podAntiAffinity": {REQUIRED: list(terms)}}


def there(node, labels=WEB, namespace="default", name=None, **spec):
    return builders.pod(name or f"on-{node}", namespace, labels, nodeName=node, **spec)


def cluster(*pods, version=NEWEST):
    return builders.index(*NODES, *NAMESPACES, *pods, version=version)


def names(index, nodes):
    return sorted(index.nodes.named(nodes))


@pytest.mark.parametrize(
    ("pods", "terms", "keyless", "unmet"),
    [
        pytest.param([], [], [], [], id="no term"),
        pytest.param([there("a1")], [term()], ["x1"], ["b1", "x1"], id="a pod in the zone"),
        pytest.param([], [term()], ["x1"], ["a1", "a2", "b1", "x1"], id="no such pod anywhere"),
        pytest.param(
            [there("a1", DB)], [term()], ["x1"], ["a1", "a2", "b1", "x1"], id="only another pod"
        ),
        pytest.param(
            [there("x1")],
            [term()],
            ["x1"],
            ["a1", "a2", "b1", "x1"],
            id="a pod on a node without the key",
        ),
        pytest.param(
            [there("a1"), there("b1")], [term()], ["x1"], ["x1"], id="a pod in either zone"
        ),
        pytest.param(
            [there("a1", WEB), there("b1", DB)],
            [term(), term(DB)],
            ["x1"],
            ["a1", "a2", "b1", "x1"],
            id="one pod must match all terms at once",
        ),
        pytest.param(
            [there("a1", {**WEB, "tier": "1"})],
            [term(), term({"tier": "1"}, "rack")],
            ["a2", "b1", "x1"],
            ["a2", "b1", "x1"],
            id="each term in its own topology",
        ),
        pytest.param(
            [there("a1", namespace="red")],
            [term()],
            ["x1"],
            ["a1", "a2", "b1", "x1"],
            id="a pod of another namespace",
        ),
        pytest.param(
            [there("a1", namespace="red")],
            [term(namespaces=["red"])],
            ["x1"],
            ["b1", "x1"],
            id="its namespace is named",
        ),
        pytest.param(
            [there("a1")],
            [term(namespaces=["red"])],
            ["x1"],
            ["a1", "a2", "b1", "x1"],
            id="then the own namespace is not looked at",
        ),
        pytest.param(
            [there("a1")],
            [term(None)],
            ["x1"],
            ["a1", "a2", "b1", "x1"],
            id="the null selector matches no pod",
        ),
        pytest.param([there("a1", {})], [term({})], ["x1"], ["b1", "x1"], id="`{}` every pod"),
        pytest.param(
            [builders.pod("done", labels=WEB, status={"phase": "Failed"}, nodeName="a1")],
            [term()],
            ["x1"],
            ["a1", "a2", "b1", "x1"],
            id="a finished pod does not count",
        ),
    ],
)
def test_a_pod_must_be_near_all_that_it_wants(pods, terms, keyless, unmet):
    index = cluster(*pods)
    found = affinity(asking(affinity=near(*terms), labels=DB), index)
    assert (names(index, found[0]), names(index, found[1])) == (keyless, unmet)


@pytest.mark.parametrize(
    ("pods", "labels", "terms", "fits"),
    [
        pytest.param([], WEB, [term()], True, id="the first one goes anywhere with the key"),
        pytest.param([], DB, [term()], False, id="who does not match its own term does not"),
        pytest.param([], WEB, [term(), term(DB)], False, id="nor who matches one of two"),
        pytest.param([], WEB, [term(namespaces=["red"])], False, id="nor in another namespace"),
        pytest.param([there("b1")], WEB, [term()], False, id="nor the second one"),
        pytest.param(
            [there("b1", namespace="red")],
            WEB,
            [term()],
            True,
            id="another namespace is another series",
        ),
        pytest.param(
            [there("x1")], WEB, [term()], True, id="a pod on a node without the key is none"
        ),
    ],
)
def test_the_first_of_a_series_goes_anywhere(pods, labels, terms, fits):
    index = cluster(*pods)
    keyless, unmet = affinity(asking(affinity=near(*terms), labels=labels), index)
    assert names(index, keyless) == ["x1"]
    assert (not index.nodes.bit("a1") & unmet) is fits


@pytest.mark.parametrize(
    ("pods", "terms", "refused"),
    [
        pytest.param([there("a1")], [], [], id="no term"),
        pytest.param([there("a1")], [term()], ["a1", "a2"], id="the zone of a pod"),
        pytest.param([there("a1")], [term(key="rack")], ["a1"], id="its rack"),
        pytest.param([there("x1")], [term()], [], id="a node without the key is in no zone"),
        pytest.param(
            [there("a1"), there("b1", DB)],
            [term(), term(DB)],
            ["a1", "a2", "b1"],
            id="each term alone refuses",
        ),
        pytest.param([there("a1", namespace="red")], [term()], [], id="another namespace"),
        pytest.param(
            [there("a1", namespace="red"), there("b1")],
            [term(namespaces=["red"])],
            ["a1", "a2"],
            id="a named namespace instead of the own",
        ),
        pytest.param([there("a1", {})], [term({})], ["a1", "a2"], id="`{}` matches every pod"),
        pytest.param([there("a1")], [term(None)], [], id="the null selector matches none"),
    ],
)
def test_a_pod_keeps_away_from_what_it_cannot_stand(pods, terms, refused):
    index = cluster(*pods)
    assert names(index, anti_affinity(asking(affinity=apart(*terms)), index)) == refused


INVALID = {"matchLabels": {"app": "a b"}}


@pytest.mark.parametrize(
    ("pods", "refused"),
    [
        pytest.param([], [], id="nobody"),
        pytest.param([there("a1", DB, affinity=apart(term()))], ["a1", "a2"], id="by its labels"),
        pytest.param([there("a1", DB, affinity=apart(term(DB)))], [], id="by other labels"),
        pytest.param([there("x1", DB, affinity=apart(term()))], [], id="on a node without the key"),
        pytest.param(
            [there("a1", DB, "red", affinity=apart(term()))],
            [],
            id="its namespace is meant where it names none",
        ),
        pytest.param(
            [there("a1", DB, "red", affinity=apart(term(namespaces=["default"])))],
            ["a1", "a2"],
            id="ours is named",
        ),
        pytest.param(
            [there("a1", DB, affinity=apart(term(namespaces=["red"])))],
            [],
            id="another is named",
        ),
        pytest.param(
            [
                there(
                    "a1",
                    DB,
                    "red",
                    affinity=apart(
                        term(
                            namespaceSelector={
                                "matchLabels": {"kubernetes.io/metadata.name": "default"}
                            }
                        )
                    ),
                )
            ],
            ["a1", "a2"],
            id="ours is selected",
        ),
        pytest.param(
            [
                there(
                    "a1",
                    DB,
                    affinity=apart(term(namespaceSelector={"matchLabels": {"team": "t1"}})),
                )
            ],
            [],
            id="another is selected",
        ),
        pytest.param(
            [there("a1", DB, "red", affinity=apart(term(namespaceSelector={})))],
            ["a1", "a2"],
            id="all are selected",
        ),
        pytest.param(
            [there("a1", DB, affinity=near(term()))], [], id="its affinity is its own affair"
        ),
        pytest.param(
            [
                there(
                    "a1",
                    DB,
                    affinity=apart(term(), {"topologyKey": "zone", "labelSelector": INVALID}),
                )
            ],
            [],
            id="one term that does not parse drops all of its pod",
        ),
        pytest.param(
            [
                there(
                    "a1",
                    DB,
                    affinity=apart(
                        {"topologyKey": "zone", "namespaceSelector": INVALID, "labelSelector": {}}
                    ),
                )
            ],
            [],
            id="also by its namespaceSelector",
        ),
    ],
)
def test_existing_pods_keep_it_away(pods, refused):
    index = cluster(*pods)
    assert names(index, existing_anti_affinity(asking(labels=WEB), index)) == refused


def test_a_namespace_that_is_not_known_has_no_labels():
    selector = {"matchExpressions": [{"key": "team", "operator": "DoesNotExist"}]}
    terms = apart(term(namespaceSelector=selector))
    index = builders.index(*NODES, there("a1", DB, affinity=terms))
    assert names(index, existing_anti_affinity(asking(labels=WEB), index)) == ["a1", "a2"]


NO_TEAM = {"matchExpressions": [{"key": "team", "operator": "DoesNotExist"}]}
TEAM = {"matchLabels": {"team": "t1"}}


@pytest.mark.parametrize(
    ("selector", "version", "seen"),
    [
        pytest.param(None, (1, 36), ["default"], id="null is the own namespace"),
        pytest.param({}, (1, 36), ["default", "red", "unknown"], id="`{}` is every namespace"),
        pytest.param({}, (1, 33), ["default", "red", "unknown"], id="in every version"),
        pytest.param(TEAM, (1, 36), ["red"], id="those with the label"),
        pytest.param(TEAM, (1, 33), ["red"], id="in every version, too"),
        pytest.param(NO_TEAM, (1, 33), ["default"], id="those without, if they are known"),
        pytest.param(
            NO_TEAM, (1, 34), ["default", "red", "unknown"], id="since 1.34 without is everywhere"
        ),
    ],
)
def test_a_term_looks_at_the_namespaces_it_selects(selector, version, seen):
    found = []
    for namespace in ("default", "red", "unknown"):
        index = cluster(there("a1", namespace=namespace), version=Version(*version))
        pod = asking(affinity=apart(term(namespaceSelector=selector)))
        if anti_affinity(pod, index):
            found.append(namespace)
    assert found == seen


def test_named_and_selected_namespaces_add_up():
    index = cluster(there("a1", namespace="blue"), there("b1", namespace="red"))
    pod = asking(affinity=apart(term(namespaces=["blue"], namespaceSelector=TEAM)))
    assert names(index, anti_affinity(pod, index)) == ["a1", "a2", "b1"]


def test_each_node_is_refused_for_the_first_of_three_reasons():
    index = cluster(
        there("a1", WEB),
        there("a2", DB, affinity=apart(term({"ask": "1"}, "kubernetes.io/hostname"))),
        there("b1", {**WEB, "old": "1"}),
    )
    pod = asking(
        labels={"ask": "1"},
        affinity=near(term()) | apart(term({"old": "1"}), term(WEB, "rack")),
    )
    assert answers(inter_pod_affinity(pod, index), index) == [
        (["x1"], AFFINITY, UU, ["x1"]),
        (["a1", "b1"], ANTI, U, []),
        (["a2"], EXISTING, U, []),
    ]


KEEP_OFF = apart(term({"ask": "1"}))


@pytest.mark.parametrize(
    ("pods", "rules", "refusals"),
    [
        pytest.param(
            [there("a1", WEB), there("b1", DB)],
            near(term(DB)) | apart(term(WEB)),
            [(["a1", "a2", "x1"], AFFINITY, UU, ["x1"])],
            id="affinity before anti-affinity",
        ),
        pytest.param(
            [there("a1", WEB, affinity=KEEP_OFF), there("b1", DB)],
            near(term(DB)),
            [(["a1", "a2", "x1"], AFFINITY, UU, ["x1"])],
            id="affinity before that of existing pods",
        ),
        pytest.param(
            [there("a1", WEB, affinity=KEEP_OFF)],
            apart(term(WEB)),
            [(["a1", "a2"], ANTI, U, [])],
            id="own anti-affinity before that of existing pods",
        ),
        pytest.param(
            [there("x1", DB, affinity=apart(term({"ask": "1"}, "kubernetes.io/hostname")))],
            near(term({"ask": "1"})) | apart(term(DB, "kubernetes.io/hostname")),
            [(["x1"], AFFINITY, UU, ["x1"])],
            id="also for the first of a series",
        ),
    ],
)
def test_a_node_that_is_refused_by_two_is_refused_by_the_first(pods, rules, refusals):
    index = cluster(*pods)
    pod = asking(labels={"ask": "1"}, affinity=rules)
    assert answers(inter_pod_affinity(pod, index), index) == refusals


BAD_LABEL = {"topologyKey": "zone", "labelSelector": {"matchLabels": {"a b": "c"}}}
BAD_TEXT = 'key: Invalid value: "a b": not a qualified name'


def _refusal(text):
    return PreFilter(refusal=f"parsing pod: {text}", permanent=True)


@pytest.mark.parametrize(
    ("pods", "rules", "outcome"),
    [
        pytest.param([], {}, PreFilter(skip=True), id="no term anywhere"),
        pytest.param([], near(term()), PreFilter(), id="an own affinity"),
        pytest.param([], apart(term()), PreFilter(), id="an own anti-affinity"),
        pytest.param(
            [there("a1", DB, affinity=apart(term()))], {}, PreFilter(), id="an existing one"
        ),
        pytest.param(
            [there("a1", DB, affinity=apart(term(DB)))],
            {},
            PreFilter(skip=True),
            id="an existing one that is not about us",
        ),
        pytest.param(
            [],
            near(BAD_LABEL),
            _refusal(f"requiredAffinityTerms: {BAD_TEXT}"),
            id="an affinity term that does not parse",
        ),
        pytest.param(
            [],
            apart(term(), BAD_LABEL),
            _refusal(f"requiredAntiAffinityTerms: {BAD_TEXT}"),
            id="an anti-affinity term that does not",
        ),
        pytest.param(
            [],
            near(BAD_LABEL) | apart(BAD_LABEL),
            _refusal(f"[requiredAffinityTerms: {BAD_TEXT}, requiredAntiAffinityTerms: {BAD_TEXT}]"),
            id="one of each",
        ),
    ],
)
def test_before_any_node_is_looked_at(pods, rules, outcome):
    index = cluster(*pods)
    assert prefilter(asking(labels=WEB, affinity=rules), index) == outcome
