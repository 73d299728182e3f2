"""Random small clusters: few names, few labels, so that things meet and collide."""

from hypothesis import strategies as st

from tests.placement.reference import Cluster
from webhook.objects import (
    AffinityTerm,
    Features,
    LabelSelector,
    NodeInfo,
    NodeSelector,
    NodeSelectorTerm,
    Operator,
    PodInfo,
    Profile,
    Requirement,
    SchedulingRules,
    Taint,
    Toleration,
    Version,
)

KEYS = ("zone", "rack", "app", "kubevirt.io/schedulable")
VALUES = ("", "a", "b", "5", "07")
NAMES = ("n0", "n1", "n2", "n3", "n4")
POD_NAMES = ("p0", "p1", "p2", "p3", "p4", "p5")
NAMESPACES = ("red", "green", "blue")
RESOURCES = ("cpu", "memory", "ephemeral-storage", "example.com/gpu", "hugepages-2Mi")
VERSIONS = tuple(Version(1, minor) for minor in (32, 33, 34, 36))
TAINT_KEYS = ("dedicated", "node.kubernetes.io/unschedulable", "node.kubernetes.io/not-ready")
EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
OPERATORS = tuple(Operator)

labels = st.dictionaries(st.sampled_from(KEYS[:3]), st.sampled_from(VALUES), max_size=3)
amounts = st.dictionaries(st.sampled_from(RESOURCES), st.integers(0, 4), max_size=3)


@st.composite
def requirements(draw, operators=OPERATORS):
    """A label requirement as the parser would make it."""
    key, operator = draw(st.sampled_from(KEYS)), draw(st.sampled_from(operators))
    if operator in (Operator.GT, Operator.LT):
        bound = draw(st.integers(0, 8))
        return Requirement(key, operator, frozenset((str(bound),)), bound)
    if operator in (Operator.EXISTS, Operator.DOES_NOT_EXIST):
        return Requirement(key, operator)
    values = st.frozensets(st.sampled_from(VALUES), min_size=1, max_size=2)
    return Requirement(key, operator, draw(values))


def _selectors(invalid: int):
    """Label selectors: null, `{}`, some requirements, or now and then not parseable."""
    everything = st.lists(requirements(OPERATORS[:4]), max_size=2).map(
        lambda found: LabelSelector(tuple(found))
    )
    rest = [st.just(LabelSelector(nothing=True)), *([everything] * 6)]
    return st.one_of(*rest, *([st.just(LabelSelector(invalid="not parseable"))] * invalid))


@st.composite
def node_selector_terms(draw):
    """A term with expressions, names, both or neither."""
    expressions = tuple(draw(st.lists(requirements(), max_size=2)))
    fields = tuple(
        Requirement("metadata.name", operator, frozenset((name,)))
        for operator, name in draw(
            st.lists(
                st.tuples(st.sampled_from(OPERATORS[:2]), st.sampled_from((*NAMES, "nowhere"))),
                max_size=2,
            )
        )
    )
    named = tuple(f.values for f in fields if f.operator is Operator.IN)
    if draw(st.integers(0, 9)) == 0:
        return NodeSelectorTerm(named=named, invalid="not parseable")
    return NodeSelectorTerm(expressions, fields, named)


node_selectors = st.one_of(
    st.none(), st.lists(node_selector_terms(), max_size=2).map(lambda t: NodeSelector(tuple(t)))
)


def _affinity_terms(invalid: int):
    term = st.builds(
        AffinityTerm,
        topology_key=st.sampled_from(("zone", "rack", "host")),
        selector=_selectors(invalid),
        namespaces=st.frozensets(st.sampled_from(NAMESPACES), max_size=1),
        namespace_selector=st.one_of(st.just(LabelSelector(nothing=True)), _selectors(invalid)),
    )
    return st.lists(term, max_size=2).map(tuple)


tolerations = st.builds(
    Toleration,
    key=st.sampled_from(("", *TAINT_KEYS)),
    operator=st.sampled_from(("", "Equal", "Exists", "Gt")),
    value=st.sampled_from(("", "a")),
    effect=st.sampled_from(("", *EFFECTS)),
)
node_selector_maps = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(VALUES), max_size=1)
some_tolerations = st.lists(tolerations, max_size=2).map(tuple)
#: Of a pod that asks: mostly one kind of rule, so that a later plugin gets to speak as well.
asking_rules = st.one_of(
    st.builds(SchedulingRules, tolerations=some_tolerations),
    st.builds(SchedulingRules, node_selector=node_selector_maps, node_affinity=node_selectors),
    st.builds(SchedulingRules, pod_affinity=_affinity_terms(0)),
    st.builds(SchedulingRules, pod_anti_affinity=_affinity_terms(0)),
    st.builds(
        SchedulingRules,
        node_selector=node_selector_maps,
        node_affinity=node_selectors,
        pod_affinity=_affinity_terms(1),
        pod_anti_affinity=_affinity_terms(1),
        tolerations=some_tolerations,
    ),
)
#: Of a pod that is there: only its anti-affinity reaches others.
standing_rules = st.one_of(
    st.just(SchedulingRules()),
    st.builds(SchedulingRules, pod_anti_affinity=_affinity_terms(1)),
)
taints = st.builds(
    Taint,
    key=st.sampled_from(TAINT_KEYS),
    value=st.sampled_from(("", "a")),
    effect=st.sampled_from(EFFECTS),
)


def node(name):
    """A node of this name."""
    return st.builds(
        NodeInfo,
        name=st.just(name),
        labels=labels,
        unschedulable=st.integers(0, 5).map(lambda n: n == 5),
        taints=st.one_of(st.just(()), st.lists(taints, max_size=2).map(tuple)),
        allocatable=amounts.map(lambda found: {"pods": 3, **dict.fromkeys(RESOURCES, 4), **found}),
    )


def pod(name):
    """A pod of this name in any namespace, at any place in its life."""
    return st.builds(
        PodInfo,
        namespace=st.sampled_from(NAMESPACES),
        name=st.just(name),
        labels=labels,
        rules=standing_rules,
        usage=amounts,
        node_name=st.sampled_from(("", "nowhere", *NAMES, *NAMES)),
        nominated_node_name=st.sampled_from(("", "", "nowhere", *NAMES)),
        phase=st.sampled_from(("Running", "Running", "Unknown", "Pending", "Succeeded", "Failed")),
        priority=st.integers(-1, 1),
        owner_uid=st.sampled_from(("", "o1", "o2")),
    )


#: One that is yet to be placed; some name their node.
asking = st.builds(
    PodInfo,
    namespace=st.sampled_from(NAMESPACES),
    name=st.just("p0"),
    labels=labels,
    rules=asking_rules,
    requests=amounts,
    node_name=st.sampled_from((*[""] * 8, *NAMES[:2])),
    priority=st.integers(-1, 1),
)
profiles = st.builds(
    Profile,
    added_affinity=st.one_of(st.none(), st.none(), st.none(), node_selectors),
    ignored_resources=st.sampled_from((frozenset(), frozenset({"example.com/gpu"}))),
    ignored_resource_groups=st.sampled_from((frozenset(), frozenset({"example.com"}))),
)
features = st.sampled_from(VERSIONS).map(Features.of)
namespaces = st.dictionaries(st.sampled_from(NAMESPACES), labels)


@st.composite
def clusters(draw):
    """A whole cluster; nodes and pods are unique by key."""
    return Cluster(
        nodes=tuple(draw(node(name)) for name in NAMES[: draw(st.integers(1, 5))]),
        pods=tuple(draw(pod(name)) for name in POD_NAMES[: draw(st.integers(0, 6))]),
        namespaces=draw(namespaces),
        profile=draw(profiles),
        features=draw(features),
    )
