"""Whatever is wrong with what is given: one sentence on stderr, exit 2, never a traceback."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import builders
from tests.recorded import items, recorded, review, vm, written

TEMPLATE = "spec.template.spec"
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def affinity(required):
    """Node affinity with this in its required place."""
    return {"affinity": {"nodeAffinity": {REQUIRED: required}}}


def expression(**fields):
    """Node affinity of one expression."""
    one = {"key": "a", "operator": "In", "values": ["b"], **fields}
    return affinity({"nodeSelectorTerms": [{"matchExpressions": [one]}]})


def domain(**fields):
    """A domain with these fields replaced."""
    return {"domain": {**vm("web-1")["spec"]["template"]["spec"]["domain"], **fields}}


WRONG_TYPES = [
    ({"nodeSelector": ["a"]}, "nodeSelector: expected an object, got a list"),
    ({"nodeSelector": "a"}, 'nodeSelector: expected an object, got "a"'),
    ({"nodeSelector": {"a": 5}}, "nodeSelector.a: expected text, got 5"),
    ({"nodeSelector": {"a": True}}, "nodeSelector.a: expected text, got true"),
    ({"nodeSelector": {"a": {}}}, "nodeSelector.a: expected text, got {}"),
    ({"affinity": "soft"}, 'affinity: expected an object, got "soft"'),
    ({"affinity": []}, "affinity: expected an object, got []"),
    (affinity([]), f"affinity.nodeAffinity.{REQUIRED}: expected an object, got []"),
    (
        affinity({"nodeSelectorTerms": {"a": 1}}),
        f"affinity.nodeAffinity.{REQUIRED}.nodeSelectorTerms: expected a list, got an object",
    ),
    (expression(values="b"), 'matchExpressions[0].values: expected a list, got "b"'),
    (expression(values=[1]), "matchExpressions[0].values[0]: expected text, got 1"),
    (expression(key=1), "matchExpressions[0].key: expected text, got 1"),
    ({"tolerations": {"key": "a"}}, "tolerations: expected a list, got an object"),
    ({"tolerations": [{"key": 5}]}, "tolerations[0].key: expected text, got 5"),
    (domain(cpu={"cores": "2"}), 'domain.cpu.cores: expected a whole number, got "2"'),
    (domain(cpu=2), "domain.cpu: expected an object, got 2"),
    (domain(memory={"guest": [1]}), "domain.memory.guest: expected"),
    ({"volumes": {}}, "volumes: expected a list, got {}"),
    ({"architecture": 64}, "architecture: expected text, got 64"),
]  # fmt: skip


@pytest.fixture
def refused(vm_affinity, cluster, tmp_path):
    """Run check on a file of these trees or this text; the sentence, without the file's path."""

    def run(content, name="vm.yaml"):
        path = tmp_path / name
        if isinstance(content, bytes | str):
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        else:
            written(path, content)
        ran = vm_affinity("check", "-f", path, "--cluster", cluster, "-o", "json")
        assert ran.code == 2
        assert ran.objects == [{"error": ran.sentence}]
        assert ran.sentence.startswith(f"{path}")
        return ran.sentence.removeprefix(str(path))

    return run


@pytest.mark.parametrize(("template", "words"), WRONG_TYPES)
def test_a_wrong_type_is_named_by_file_object_field_and_value(refused, template, words):
    sentence = refused(vm("web-1", **template))
    assert sentence.startswith(f": VirtualMachine shop/web-1: {TEMPLATE}.")
    assert words in sentence


@pytest.mark.parametrize(
    "quantity", ["12 GiB", "4gi", "", "1e", "--1", "0x10", "1e5000", "9" * 5000]
)
def test_what_is_no_quantity_is_named(refused, quantity):
    sentence = refused(vm("web-1", **domain(memory={"guest": quantity})))
    where = ": VirtualMachine shop/web-1: spec.template.spec.domain.memory.guest: "
    assert sentence.startswith(where)
    assert "is not a quantity" in sentence
    assert sentence.endswith("; write it as 500m or 4Gi")


def test_labels_that_are_numbers_are_named(refused):
    tree = vm("web-1")
    tree["spec"]["template"]["metadata"]["labels"] = {"tier": "web", "age": 5}
    field = "spec.template.metadata.labels.age"
    assert refused(tree) == f": VirtualMachine shop/web-1: {field}: expected text, got 5"


def without(tree, *path):
    """The tree without the field at this path."""
    at = tree
    for key in path[:-1]:
        at = at[key]
    del at[path[-1]]
    return tree


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        (without(vm("web-1"), "spec"), "spec.template is missing"),
        (without(vm("web-1"), "spec", "template"), "spec.template is missing"),
        (without(vm("web-1"), "spec", "template", "spec"), "spec.template.spec is missing"),
        (without(vm("web-1"), "metadata"), "metadata.name is missing"),
        (without(vm("web-1"), "metadata", "name"), "metadata.name is missing"),
        (without(vm("web-1"), "apiVersion"), "got VirtualMachine of no apiVersion"),
        ({**vm("web-1"), "apiVersion": "apps/v1"}, "got VirtualMachine of apps/v1"),
        ({**vm("web-1"), "metadata": []}, "metadata: expected an object, got []"),
        ({**vm("web-1"), "spec": "x"}, 'spec: expected an object, got "x"'),
        (recorded("VirtualMachineInstance", "web-1"), "got VirtualMachineInstance of"),
        (recorded("Pod", "api-00"), "expected a VirtualMachine of kubevirt.io, got Pod of v1"),
        (review(vm("web-1")), "got AdmissionReview of admission.k8s.io/v1"),
    ],
)
def test_an_object_that_is_no_vm_with_a_template_says_so(refused, tree, words):
    assert words in refused(tree)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("a: [1,\nb", "is not YAML (line 3)"),
        ("a:\n\tb: 1\n", "is not YAML (line 2)"),
        ("a: &x 1\nb: &x 2\n", "duplicate anchor"),
        ("[" * 200_000, "nested more than 200 levels deep"),
        ("", "the file holds no object"),
        ("# nothing\n", "the file holds no object"),
        (b"\xff\xfe\x00", "is not UTF-8 text"),
        (b"\x7fELF\x02\x01\x01\x00\x00", "is not YAML"),
    ],
)
def test_a_file_that_cannot_be_read_says_so(refused, content, words):
    assert words in refused(content)


def test_paths_that_are_no_files_are_named(vm_affinity, cluster, tmp_path):
    for path, words in (
        (tmp_path / "nowhere.yaml", "no such file; check the path"),
        (tmp_path, "is a folder; name a file"),
    ):
        ran = vm_affinity("check", "-f", path, "--cluster", cluster, "-o", "json")
        assert (ran.code, ran.sentence) == (2, f"{path}: {words}")
        assert ran.objects == [{"error": ran.sentence}]


BROKEN_CLUSTERS = [
    (items("Pod"), "no Node in the --cluster files; add the output of kubectl get nodes -o yaml"),
    ([builders.node(), builders.pod(nodeName=5)], "Pod default/p: spec.nodeName: expected text"),
    ([builders.node(allocatable={"cpu": "many"})], "is not a quantity"),
    ([builders.node(), "text"], "expected a Kubernetes object"),
    ([{**builders.node(), "metadata": {"name": ""}}], "has no metadata.name"),
    ([builders.node(), builders.vm(affinity=5)], "affinity: expected an object, got 5"),
]  # fmt: skip


@pytest.mark.parametrize("command", [("check", "-f", "-"), ("reconcile",), ("serve",)])
@pytest.mark.parametrize(("trees", "words"), BROKEN_CLUSTERS)
def test_a_broken_cluster_is_one_sentence_of_every_command(
    vm_affinity, tmp_path, command, trees, words
):
    path = written(tmp_path / "cluster.yaml", *trees)
    ran = vm_affinity(*command, "--cluster", path, stdin=json.dumps(vm("web-1")))
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.sentence


def test_a_folder_without_manifests_and_a_missing_one_are_named(vm_affinity, tmp_path):
    ran = vm_affinity("reconcile", "--cluster", tmp_path)
    assert ran.sentence == f"{tmp_path}: the folder holds no .yaml, .yml, .json file; add one"
    ran = vm_affinity("reconcile", "--cluster", tmp_path / "x")
    assert ran.sentence == f"{tmp_path / 'x'}: no such file; check the path"


# Anything at all.

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=-(1 << 70), max_value=1 << 70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["4Gi", "1e1000", "-1", "12 GiB", "Exists", "In", "eu-a", "\ud800", "∞"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
SMALL = [
    *(recorded("Node", name) for name in ("worker-a1", "worker-a2", "gpu-a1")),
    recorded("Pod", "virt-launcher-web-1-njx87"),
    recorded("VirtualMachine", "web-1"),
    recorded("VirtualMachineInstance", "web-1"),
    *items("KubeVirt"),
    recorded("Namespace", "shop"),
]
SUBJECTS = [vm("web-1", nodeSelector={"rack": "a2"}), vm("stopped"), vm("orders-db", affinity=None)]
POD = builders.pod("p", requests={"cpu": "1"}, nodeSelector={"rack": "a2"}, tolerations=[{}])


def places(tree, path=()):
    """Every path into a tree."""
    pairs = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, value in pairs:
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from places(value, (*path, key))


@st.composite
def mutated(draw, trees):
    """One of the trees with one to three fields deleted or replaced by any JSON."""
    tree = json.loads(json.dumps(draw(st.sampled_from(trees))))
    for _ in range(draw(st.integers(1, 3))):
        paths = [path for path in places(tree) if "managedFields" not in path]
        if not paths:
            return tree
        *above, last = draw(st.sampled_from(paths))
        at = tree
        for key in above:
            at = at[key]
        if draw(st.booleans()):
            del at[last]
        else:
            at[last] = draw(JSON)
    return tree


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder that every example writes its files to."""
    return tmp_path_factory.mktemp("fuzz")


FUZZ = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def run_and_judge(vm_affinity, folder, subject, cluster, *options):
    """Run check; whatever was given, it answers in the agreed form."""
    path = folder / "subject.json"
    path.write_text(json.dumps(subject))
    whole = folder / "cluster.json"
    whole.write_text(json.dumps({"kind": "List", "items": cluster}))
    ran = vm_affinity("check", *options, path, "--cluster", whole, "-o", "json")
    assert ran.code in (0, 1, 2)
    for answer in ran.objects:
        assert isinstance(answer.get("error", ""), str)
        assert "error" in answer or isinstance(answer["allowed"], bool)
    if ran.code == 2:
        assert ran.sentence
    else:
        (answer,) = ran.objects
        assert answer["allowed"] is (ran.code == 0)
    assert "Traceback" not in ran.err


@FUZZ
@given(subject=mutated(SUBJECTS))
def test_any_vm_has_an_answer_or_a_sentence(vm_affinity, folder, subject):
    run_and_judge(vm_affinity, folder, subject, SMALL, "-f")


@FUZZ
@given(subject=mutated([POD, recorded("Pod", "virt-launcher-web-1-njx87")]))
def test_any_pod_has_an_answer_or_a_sentence(vm_affinity, folder, subject):
    for options in (("--pod",), ("--as-stored", "--pod")):
        run_and_judge(vm_affinity, folder, subject, SMALL, *options)


@FUZZ
@given(changed=mutated(SMALL), subject=st.sampled_from(SUBJECTS))
def test_any_cluster_has_an_answer_or_a_sentence(vm_affinity, folder, changed, subject):
    run_and_judge(vm_affinity, folder, subject, [*SMALL, changed], "-f")
    whole = folder / "cluster.json"
    ran = vm_affinity("reconcile", "--cluster", whole, "-o", "json")
    assert ran.code in (0, 2)


@FUZZ
@given(
    noise=st.binary(max_size=60)
    | st.text(alphabet="{}[]:-,&*!|>'\"%@` \n\tab1.~<?#").map(str.encode)
)
def test_any_bytes_are_a_sentence(vm_affinity, folder, cluster, noise):
    path = folder / "noise.yaml"
    path.write_bytes(noise)
    ran = vm_affinity("check", "-f", path, "--cluster", cluster, "-o", "json")
    assert ran.code == 2
    assert ran.err
    assert all(set(answer) == {"error"} for answer in ran.objects)
