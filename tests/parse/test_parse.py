"""From plain trees to values: which kinds, and one sentence for each thing that is wrong."""

import json

import pytest

from tests import builders
from webhook.objects import (
    KubeVirt,
    Migration,
    NodeSelector,
    NodeSelectorTerm,
    Operator,
    Profile,
    Requirement,
    VirtualMachine,
    VirtualMachineInstance,
)
from webhook.parse import ParseError, decode, hand_written_pod, known, parse, title

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


@pytest.mark.parametrize(
    ("tree", "is_known"),
    [
        pytest.param({"kind": "Node", "apiVersion": "v1"}, True, id="a core kind"),
        pytest.param({"kind": "Node", "apiVersion": "a.com/v1"}, False, id="its name elsewhere"),
        pytest.param(
            {"kind": "VirtualMachine", "apiVersion": "kubevirt.io/v1"}, True, id="KubeVirt's"
        ),
        pytest.param(
            {"kind": "VirtualMachine", "apiVersion": "kubevirt.io/v1alpha3"}, True, id="any version"
        ),
        pytest.param({"kind": "VirtualMachine", "apiVersion": "v1"}, False, id="no group"),
        pytest.param({"kind": "VirtualMachine"}, False, id="no version"),
        pytest.param({"kind": "Node"}, True, id="a core kind without version"),
        pytest.param({"kind": "Secret", "apiVersion": "v1"}, False, id="a kind we do not read"),
        pytest.param({"kind": None}, False, id="no kind"),
        pytest.param({}, False, id="nothing"),
    ],
)
def test_only_the_kinds_we_read_are_known(tree, is_known):
    assert known(tree) is is_known


@pytest.mark.parametrize(
    ("tree", "type_"),
    [
        pytest.param(builders.vm(), VirtualMachine, id="a VM"),
        pytest.param({"kind": "VirtualMachineInstance"}, VirtualMachineInstance, id="a VMI"),
        pytest.param({"kind": "VirtualMachineInstanceMigration"}, Migration, id="a migration"),
        pytest.param({"kind": "KubeVirt"}, KubeVirt, id="the KubeVirt CR"),
        pytest.param({"kind": "KubeSchedulerConfiguration"}, Profile, id="a scheduler's settings"),
    ],
)
def test_each_kind_becomes_its_value(tree, type_):
    assert type(parse(tree, builders.FEATURES)) is type_


def plugin(name, **args):
    return {"name": name, "args": args}


@pytest.mark.parametrize(
    ("profiles", "profile"),
    [
        pytest.param(None, Profile(), id="none"),
        pytest.param([], Profile(), id="an empty list"),
        pytest.param([{}, {"schedulerName": "second"}], Profile(), id="the first one counts"),
        pytest.param([{"schedulerName": "s"}], Profile("s"), id="a name"),
        pytest.param(
            [{"pluginConfig": [{"name": "NodeAffinity"}, plugin("NodeResourcesFit")]}],
            Profile(),
            id="plugins without arguments",
        ),
        pytest.param(
            [{"pluginConfig": [plugin("Other", ignoredResources=["a.com/b"])]}],
            Profile(),
            id="another plugin's arguments",
        ),
        pytest.param(
            [
                {
                    "pluginConfig": [
                        plugin(
                            "NodeResourcesFit",
                            ignoredResources=["a.com/b"],
                            ignoredResourceGroups=["b.com"],
                        )
                    ]
                }
            ],
            Profile(
                ignored_resources=frozenset({"a.com/b"}),
                ignored_resource_groups=frozenset({"b.com"}),
            ),
            id="ignored resources",
        ),
        pytest.param(
            [
                {
                    "pluginConfig": [
                        plugin(
                            "NodeAffinity",
                            addedAffinity={
                                REQUIRED: {
                                    "nodeSelectorTerms": [
                                        {"matchExpressions": [{"key": "k", "operator": "Exists"}]}
                                    ]
                                }
                            },
                        )
                    ]
                }
            ],
            Profile(
                added_affinity=NodeSelector(
                    (NodeSelectorTerm((Requirement("k", Operator.EXISTS),)),)
                )
            ),
            id="added affinity",
        ),
    ],
)
def test_a_profile_is_read(profiles, profile):
    tree = {"kind": "KubeSchedulerConfiguration", "profiles": profiles}
    assert parse(tree, builders.FEATURES) == profile


@pytest.mark.parametrize(
    ("tree", "named"),
    [
        pytest.param(
            {"kind": "Pod", "metadata": {"namespace": "a", "name": "b"}}, "Pod a/b", id="all"
        ),
        pytest.param({"kind": "Node", "metadata": {"name": "n"}}, "Node n", id="without namespace"),
        pytest.param({"metadata": {"name": "n"}}, "object n", id="without kind"),
        pytest.param(
            {"kind": "Pod", "metadata": {"name": ""}}, "Pod (unnamed)", id="an empty name"
        ),
        pytest.param({"kind": "Pod", "metadata": "x"}, "Pod (unnamed)", id="metadata of no use"),
        pytest.param({}, "object (unnamed)", id="nothing"),
    ],
)
def test_an_object_is_named_as_far_as_it_says(tree, named):
    assert title(tree) == named


BAD_CPU = {"containers": [{"resources": {"requests": {"cpu": "1K"}}}]}


@pytest.mark.parametrize(
    ("tree", "sentence"),
    [
        pytest.param(
            {"kind": "Node", "metadata": {"name": "n"}, "status": {"allocatable": {"cpu": "x"}}},
            "Node n: status.allocatable.cpu: 'x' is not a quantity: unknown suffix 'x'; "
            "write it as 500m or 4Gi",
            id="no quantity in a resource list",
        ),
        pytest.param(
            builders.vm(domain={"memory": {"guest": "x"}}),
            "VirtualMachine default/vm: spec.template.spec.domain.memory.guest: "
            "'x' is not a quantity: unknown suffix 'x'; write it as 500m or 4Gi",
            id="no quantity as guest memory",
        ),
        pytest.param(
            {"kind": "VirtualMachine", "metadata": {"name": "v"}},
            "VirtualMachine v: spec.template is missing; a VirtualMachine needs one",
            id="no template",
        ),
        pytest.param(
            builders.vm(accessCredentials=[{1: "a", "b": "c"}]),
            "VirtualMachine default/vm: holds a value that is not JSON: "
            "'<' not supported between instances of 'str' and 'int'",
            id="keys that only YAML has",
        ),
    ],
)
def test_what_cannot_be_read_is_one_sentence(tree, sentence):
    with pytest.raises(ParseError) as refused:
        parse(tree, builders.FEATURES)
    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("tree", "start"),
    [
        pytest.param({"kind": "Pod", "spec": "x"}, "Pod (unnamed): spec: expected ", id="text"),
        pytest.param(
            {"kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [None]}},
            "Pod p: spec.containers[0]: expected ",
            id="null in a list",
        ),
    ],
)
def test_a_wrong_type_is_named_with_its_field(tree, start):
    with pytest.raises(ParseError) as refused:
        parse(tree, builders.FEATURES)
    assert str(refused.value).startswith(start)


@pytest.mark.parametrize(
    ("tree", "sentence"),
    [
        pytest.param(
            {"spec": BAD_CPU},
            "spec.containers[0].resources.requests.cpu: '1K' is not a quantity",
            id="bad",
        ),
        pytest.param({"spec": {"priority": "high"}}, "spec.priority: expected ", id="wrong type"),
    ],
)
def test_a_pod_of_a_person_is_refused_in_the_same_words(tree, sentence):
    with pytest.raises(ParseError) as refused:
        hand_written_pod({"kind": "Pod", "metadata": {"name": "p"}, **tree}, builders.FEATURES)
    assert str(refused.value).startswith(f"Pod p: {sentence}")


@pytest.mark.parametrize(
    "tree",
    [
        pytest.param(builders.node("n1", {"zone": "a"}, unschedulable=True), id="a node"),
        pytest.param(builders.pod("p", labels={"a": "b"}, nodeName="n1"), id="a pod"),
        pytest.param(builders.vm(nodeSelector={"zone": "a"}, hostname="h"), id="a VM"),
        pytest.param(builders.vmi(), id="a VMI"),
    ],
)
def test_bytes_become_the_same_value_as_their_tree(tree):
    raw = json.dumps({key: value for key, value in tree.items() if key != "kind"}).encode()
    assert decode(tree["kind"], raw, builders.FEATURES) == parse(tree, builders.FEATURES)


@pytest.mark.parametrize(
    ("kind", "raw", "sentence"),
    [
        pytest.param("Pod", b"{", "Pod: the object is not JSON (", id="half an object"),
        pytest.param("Pod", b"\xff", "Pod: the object is not JSON (", id="bytes of no text"),
        pytest.param("Pod", b"[]", "Pod: the object is not JSON (", id="a list"),
        pytest.param("Pod", b'{"spec": 5}', "Pod (unnamed): spec: expected ", id="a wrong type"),
        pytest.param(
            "Node",
            b'{"metadata": {"name": "n"}, "status": {"allocatable": {"cpu": "x"}}}',
            "Node n: status.allocatable.cpu: 'x' is not a quantity",
            id="no quantity",
        ),
        pytest.param(
            "VirtualMachine",
            b"{}",
            "VirtualMachine (unnamed): spec.template is missing",
            id="no spec",
        ),
        pytest.param(
            "Pod",
            b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
            "Pod: the object is nested too deeply",
            id="an endless object",
        ),
    ],
)
def test_bytes_that_cannot_be_read_are_one_sentence(kind, raw, sentence):
    with pytest.raises(ParseError) as refused:
        decode(kind, raw, builders.FEATURES)
    assert str(refused.value).startswith(sentence)


def test_a_pod_of_a_person_may_be_empty():
    assert hand_written_pod({"kind": "Pod"}, builders.FEATURES).name == ""
