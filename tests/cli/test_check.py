"""vm-affinity check: the contract of its options, its JSON and its exit codes."""

import json
from copy import deepcopy

import pytest

from tests import builders
from tests.recorded import INVENTORY, items, recorded, vm, written, zone

WITHIN_REACH = {"nodeSelector": {"rack": "a2"}}
NOBODY = {"nodeSelector": {"rack": "nowhere"}}


@pytest.fixture
def check(vm_affinity, cluster, tmp_path):
    """Run `check -f` on trees (or raw text) in a file, against the recorded cluster."""

    def run(*trees, options=(), clusters=(cluster,)):
        path = tmp_path / "vm.yaml"
        if len(trees) == 1 and isinstance(trees[0], str | bytes):
            text = trees[0].encode() if isinstance(trees[0], str) else trees[0]
            path.write_bytes(text)
        else:
            written(path, *trees)
        return vm_affinity("check", "-f", path, "--cluster", *clusters, *options)

    return run


@pytest.fixture
def check_pod(vm_affinity, cluster, tmp_path):
    """Run `check --pod` on one tree against the recorded cluster."""

    def run(tree, *options):
        path = written(tmp_path / "pod.yaml", tree)
        return vm_affinity("check", "--pod", path, "--cluster", cluster, *options)

    return run


JSON = ("-o", "json")


# What is said of one VM.


def test_json_has_exactly_these_keys_and_types(check):
    ran = check(vm("web-1", **WITHIN_REACH), options=JSON)
    (answer,) = ran.objects
    assert list(answer) == [
        "allowed", "code", "question", "message", "warnings", "hash", "summary", "nodes",
    ]  # fmt: skip
    assert (ran.code, ran.err) == (0, "")
    assert answer["allowed"] is True
    assert answer["code"] is None
    assert answer["question"] == "move"
    assert answer["message"] == ""
    assert answer["warnings"] == []
    assert len(answer["hash"]) == 16
    assert int(answer["hash"], 16)
    assert answer["summary"].startswith("1/15 nodes are available: ")


def test_each_node_says_which_plugin_refused_it_and_why(check):
    (answer,) = check(vm("web-1", **WITHIN_REACH), options=JSON).objects
    assert [node["name"] for node in answer["nodes"]] == sorted(
        node["metadata"]["name"] for node in items("Node")
    )
    rows = {node["name"]: node for node in answer["nodes"]}
    assert rows["worker-a2"] == {
        "name": "worker-a2", "feasible": True, "plugin": None, "code": "Success", "reasons": [],
    }  # fmt: skip
    assert rows["worker-a4"] == {
        "name": "worker-a4",
        "feasible": False,
        "plugin": "NodeUnschedulable",
        "code": "UnschedulableAndUnresolvable",
        "reasons": ["node(s) were unschedulable"],
    }


def test_an_unchanged_placement_names_no_nodes(check):
    (answer,) = check(vm("web-1"), options=JSON).objects
    assert answer == {
        "allowed": True,
        "code": None,
        "question": None,
        "message": "",
        "warnings": [],
        "hash": answer["hash"],
        "summary": "",
        "nodes": [],
    }
    assert check(vm("web-1")).out.splitlines() == [
        "VirtualMachine shop/web-1: allowed",
        "  the placement is unchanged",
    ]


def test_a_denial_is_exit_1_with_its_code_and_remedy(check):
    ran = check(vm("web-1", **NOBODY))
    head, message, summary = ran.out.splitlines()
    assert (ran.code, ran.err) == (1, "")
    assert head == "VirtualMachine shop/web-1: denied"
    assert message.startswith("  [VMA-101] ")
    assert " Fix: " in message
    assert summary.startswith("  move: 0/15 nodes are available: ")


def test_text_names_the_nodes_that_can_take_it(check):
    *_, last = check(vm("web-1", **WITHIN_REACH)).out.splitlines()
    assert last == "  nodes: worker-a2"


@pytest.mark.parametrize(
    ("code", "tree", "edit_vm"),
    [
        ("VMA-001", vm("web-1", affinity=None), None),
        ("VMA-002", vm("web-1"), NOBODY),
    ],
)
def test_text_says_nothing_of_a_move_where_nothing_moves(check, tmp_path, code, tree, edit_vm):
    old = vm("web-1", **edit_vm) if edit_vm else vm("web-1")
    node = recorded("Node", "worker-a1")
    if code == "VMA-002":
        node["metadata"]["labels"]["topology.kubernetes.io/zone"] = "elsewhere"
    more = written(tmp_path / "node.yaml", node)
    old_file = written(tmp_path / "old.yaml", old)
    ran = check(tree, options=("--old", old_file, "--cluster", more))
    assert ran.code == 0
    _, message = ran.out.splitlines()
    assert f"[{code}]" in message


def test_the_summary_is_never_cut(check_pod):
    """Thirty resources that no node has make a sentence far longer than a message may be."""
    names = [f"example.org/a-rather-long-device-name-number-{i:02}" for i in range(30)]
    (answer,) = check_pod(builders.pod("p", requests=dict.fromkeys(names, "1")), *JSON).objects
    assert all(f"Insufficient {name}" in answer["summary"] for name in names)
    assert len(answer["summary"]) > 1500
    assert len(answer["message"].encode()) <= 700


# Requests of a VM that no pod shows.


def test_the_answer_about_a_vm_that_never_ran_says_that_requests_are_estimated(check):
    tree = vm("stopped", **WITHIN_REACH)
    (answer,) = check(tree, options=JSON).objects
    assert (answer["allowed"], answer["code"], answer["warnings"]) == (True, None, [])
    assert answer["message"] == "requests are estimated by KubeVirt's formula"
    head, summary, _ = check(tree).out.splitlines()
    assert head.endswith("/stopped: allowed")
    assert summary.startswith("  place (requests estimated): ")


def test_the_refusal_of_a_vm_that_never_ran_says_it_where_labels_are_not_to_blame(check):
    (answer,) = check(vm("stopped", **NOBODY), options=JSON).objects
    assert "estimated" not in answer["message"]
    huge = vm("stopped", **WITHIN_REACH)
    huge["metadata"]["name"] = "newcomer"
    huge["spec"]["template"]["spec"]["domain"]["resources"] = {"requests": {"cpu": "4k"}}
    (answer,) = check(huge, options=JSON).objects
    assert answer["code"] == "VMA-101"
    assert "requests are estimated by KubeVirt's formula. 0/15 nodes" in answer["message"]


# Several documents.


def test_every_document_is_answered_in_its_order(check):
    trees = [vm("web-1", **NOBODY), vm("web-2"), {**vm("stopped", **NOBODY)}]
    ran = check(*trees, options=JSON)
    assert [(o["allowed"], o["code"], o["question"]) for o in ran.objects] == [
        (False, "VMA-101", "move"),
        (True, None, None),
        (False, "VMA-101", "place"),
    ]
    assert ran.code == 1


def test_an_unusable_document_has_its_own_line_and_the_others_are_answered(check):
    broken = vm("web-2", affinity="soft")
    ran = check(vm("web-1", **NOBODY), broken, vm("web-3"), options=JSON)
    first, second, third = ran.objects
    assert (first["code"], third["allowed"]) == ("VMA-101", True)
    assert second == {"error": ran.sentence}
    assert "document 2: " in ran.sentence
    assert 'spec.template.spec.affinity: expected an object, got "soft"' in ran.sentence
    assert ran.code == 2, "an unusable input beats a denial"


def test_text_puts_the_sentence_of_an_unusable_document_on_stderr_only(check):
    ran = check(vm("web-1"), "{", vm("web-2"))
    assert ran.out.count("the placement is unchanged") == 2
    assert ran.code == 2
    assert "document 2: expected a Kubernetes object" in ran.sentence


def test_a_document_that_is_no_yaml_is_named_by_its_line(check):
    text = (
        f"---\n# first\n{json.dumps(vm('web-1'))}\n---\na: [1,\nb\n---\n{json.dumps(vm('web-2'))}\n"
    )
    ran = check(text, options=JSON)
    assert ["error" in o for o in ran.objects] == [False, True, False]
    assert "document 2: is not YAML (line 7): " in ran.sentence


def test_lists_typed_lists_and_empty_documents_are_taken_apart(check):
    bare = {k: v for k, v in vm("web-2").items() if k not in ("apiVersion", "kind")}
    typed = {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineList", "items": [bare]}
    mixed = {"apiVersion": "v1", "kind": "List", "items": [vm("web-1"), typed]}
    ran = check(mixed, None, vm("web-3"), options=JSON)
    assert (ran.code, len(ran.objects), ran.err) == (0, 3, "")


def test_a_manifest_may_come_from_standard_input(vm_affinity, cluster):
    text = json.dumps(vm("web-1", **NOBODY)).encode()
    ran = vm_affinity("check", "-f", "-", "--cluster", cluster, *JSON, stdin=text)
    assert (ran.code, ran.objects[0]["code"]) == (1, "VMA-101")
    ran = vm_affinity("check", "-f", "-", "--cluster", cluster, stdin=b"")
    assert ran.sentence == "standard input: the file holds no object; give a YAML or JSON manifest"


# The VM before.


def test_the_vm_of_that_name_in_the_cluster_is_the_old_one(check):
    (answer,) = check(vm("web-1", **WITHIN_REACH), options=JSON).objects
    assert answer["question"] == "move"


def test_a_vm_that_is_nowhere_is_being_created(check):
    new = vm("web-1", **NOBODY)
    new["metadata"]["name"] = "newcomer"
    (answer,) = check(new, options=JSON).objects
    assert (answer["question"], answer["code"]) == ("place", "VMA-101")
    new["spec"]["template"]["spec"]["nodeSelector"] = None
    (answer,) = check(new, options=JSON).objects
    assert (answer["question"], answer["code"], answer["allowed"]) == ("place", None, True)
    assert len(answer["nodes"]) == 15, "a VM that is being created is always judged"


def test_old_replaces_the_vm_of_the_cluster(check, tmp_path):
    new = vm("web-1", **NOBODY)
    old = written(tmp_path / "old.yaml", vm("web-2"), new)
    (answer,) = check(new, options=("--old", old, *JSON)).objects
    assert (answer["allowed"], answer["nodes"]) == (True, [])


def without(tree, *keys):
    """The tree with fewer keys in its metadata."""
    metadata = {k: v for k, v in tree["metadata"].items() if k not in keys}
    return {**tree, "metadata": metadata}


@pytest.mark.parametrize("bare", ["new", "old"])
def test_a_namespace_that_only_one_of_the_two_names_is_that_of_both(check, tmp_path, bare):
    new, old = vm("web-1", **NOBODY), vm("web-1")
    new = without(new, "namespace") if bare == "new" else new
    old = without(old, "namespace") if bare == "old" else old
    path = written(tmp_path / "old.yaml", old)
    ran = check(new, options=("--old", path))
    assert ran.out.startswith("VirtualMachine shop/web-1: denied\n  [VMA-101] ")
    assert "\n  move: " in ran.out, "it is the VM that runs in that namespace"


def test_a_namespace_is_not_guessed_between_two_or_against_what_is_written(check, tmp_path):
    bare = without(vm("web-1", **NOBODY), "namespace")
    other = deepcopy(vm("web-1"))
    other["metadata"]["namespace"] = "other"
    two = written(tmp_path / "two.yaml", vm("web-1"), other)
    assert "--old holds no VM of this name" in check(bare, options=("--old", two)).sentence
    one = written(tmp_path / "one.yaml", other)
    assert "--old holds no VM of this name" in check(vm("web-1"), options=("--old", one)).sentence


def test_what_an_explicit_old_has_and_the_vm_has_not_is_a_change(check, tmp_path):
    """Only against the cluster does a manifest leave out what was filled in."""
    new = vm("web-1", **WITHIN_REACH)
    new["spec"]["template"]["spec"].pop("terminationGracePeriodSeconds", None)
    old = vm("web-1")
    old["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = 7
    before = written(tmp_path / "old.yaml", old)
    (answer,) = check(new, options=("--old", before, *JSON)).objects
    assert answer["question"] == "place"
    assert "terminationGracePeriodSeconds, which needs a restart" in answer["warnings"][0]
    cluster = written(tmp_path / "vm-before.yaml", old)
    (answer,) = check(new, options=("--cluster", cluster, *JSON)).objects
    assert (answer["question"], answer["warnings"]) == ("move", [])


def test_old_without_the_vm_is_a_mistake(check, tmp_path):
    old = written(tmp_path / "old.yaml", vm("web-2"))
    ran = check(vm("web-1"), options=("--old", old))
    assert ran.code == 2
    assert ran.sentence.endswith(
        "VirtualMachine shop/web-1: --old holds no VM of this name; add it, or omit --old"
    )


def test_a_broken_old_file_is_one_sentence(check, tmp_path):
    for tree, words in (("x", "got plain text"), (recorded("Node", "gpu-a1"), "got Node of v1")):
        old = written(tmp_path / "old.yaml", tree)
        ran = check(vm("web-1"), options=("--old", old, *JSON))
        assert ran.code == 2
        assert ran.objects == [{"error": ran.sentence}]
        assert words in ran.sentence


def test_a_manifest_need_not_repeat_what_kubevirt_filled_in(check):
    applied = "kubectl.kubernetes.io/last-applied-configuration"
    tree = json.loads(vm("web-1")["metadata"]["annotations"][applied])
    tree["spec"]["template"]["spec"]["nodeSelector"] = {"rack": "a2"}
    (answer,) = check(tree, options=JSON).objects
    assert (answer["question"], answer["warnings"]) == ("move", [])


# Plain Pods.


def test_a_pod_is_judged_by_the_question_place(check_pod):
    ran = check_pod(builders.pod("p", requests={"cpu": "1"}), *JSON)
    (answer,) = ran.objects
    assert (ran.code, answer["allowed"], answer["code"], answer["question"]) == (
        0, True, None, "place",
    )  # fmt: skip
    assert len(answer["nodes"]) == 15


@pytest.mark.parametrize(
    ("pod", "code"),
    [
        (builders.pod("p", nodeSelector={"rack": "nowhere"}), "VMA-101"),
        (builders.pod("p", nodeSelector={"rack": "a4"}), "VMA-201"),
        (builders.pod("p", schedulerName="another"), "VMA-501"),
    ],
)
def test_a_pod_is_refused_with_these_codes(check_pod, pod, code):
    ran = check_pod(pod, *JSON)
    assert (ran.code, ran.objects[0]["code"], ran.objects[0]["allowed"]) == (1, code, False)
    assert "this Pod" in ran.objects[0]["message"]
    assert "VM " not in ran.objects[0]["message"]
    assert "(requests estimated)" not in check_pod(pod).out


def test_as_stored_skips_what_the_api_server_would_default(check_pod):
    """A limit without a request is a request, but only once the API server made it one."""
    pod = builders.pod("p")
    pod["spec"]["containers"][0]["resources"] = {"limits": {"cpu": "1000"}}
    assert check_pod(pod).code == 1
    assert check_pod(pod, "--as-stored").code == 0


def test_a_pod_without_spec_or_name_is_a_mistake(check_pod):
    pod = builders.pod("p")
    assert check_pod({**pod, "spec": None}).sentence.endswith("spec is missing; a Pod needs one")
    assert check_pod({**pod, "spec": []}).code == 2
    nameless = check_pod({**pod, "metadata": {}})
    assert nameless.sentence.endswith("metadata.name is missing; name the Pod")
    assert check_pod(vm("web-1")).sentence.endswith(
        "expected a Pod, got VirtualMachine of kubevirt.io/v1"
    )


# The cluster's files.


def test_several_paths_may_follow_one_cluster_option_and_it_may_be_repeated(vm_affinity, tmp_path):
    folder = tmp_path / "folder" / "below"
    folder.mkdir(parents=True)
    one = written(tmp_path / "nodes.yaml", *items("Node"))
    two = written(tmp_path / "pods.json", {"kind": "PodList", "items": items("Pod")})
    written(folder / "vms.yml", *items("VirtualMachine", "VirtualMachineInstance"))
    written(folder / "rest.yaml", *items("KubeVirt", "Namespace"))
    (folder / "notes.txt").write_text("not a manifest")
    path = written(tmp_path / "vm.yaml", vm("web-1", **WITHIN_REACH))
    for options in (
        ("--cluster", one, two, folder.parent, "-f", path),
        ("-f", path, "--cluster", one, two, "--cluster", folder.parent),
        (f"--cluster={one}", two, folder.parent, "-f", path),
    ):
        ran = vm_affinity("check", *options, *JSON)
        assert (ran.code, ran.err) == (0, "")
        assert ran.objects[0]["summary"].startswith("1/15 ")


def test_a_later_object_replaces_an_earlier_one(check, cluster, tmp_path):
    node = recorded("Node", "worker-a2")
    node["spec"]["unschedulable"] = True
    later = written(tmp_path / "node.yaml", node)
    ran = check(vm("web-1", **WITHIN_REACH), clusters=(cluster, later), options=JSON)
    assert (ran.code, ran.objects[0]["code"]) == (1, "VMA-201")
    ran = check(vm("web-1", **WITHIN_REACH), clusters=(later, cluster), options=JSON)
    assert ran.code == 0


def test_kinds_that_are_absent_are_named_once_and_only_nodes_are_needed(check, tmp_path):
    nodes = written(tmp_path / "nodes.yaml", *items("Node"))
    ran = check(vm("web-1"), clusters=(nodes,), options=JSON)
    assert (ran.code, ran.objects[0]["question"]) == (0, "place")
    assert ran.err == (
        "warning: no Pod, Namespace, VirtualMachine, VirtualMachineInstance, KubeVirt "
        "in the --cluster files\n"
    )


def test_the_kubernetes_version_is_the_kubelets_or_the_one_given(check_pod):
    """Taint values left the scheduler's reason in 1.34.2."""
    pod = builders.pod("p", nodeSelector={"rack": "g1"})
    newest = check_pod(pod, *JSON).objects[0]["summary"]
    older = check_pod(pod, "--kubernetes-version", "1.33", *JSON).objects[0]["summary"]
    assert "{accelerator: nvidia}" in older
    assert "{accelerator: nvidia}" not in newest


def test_the_recorded_yaml_gives_the_same_answer_as_its_json(check):
    tree = vm("web-1", affinity=zone("eu-b"))
    assert check(tree, options=JSON, clusters=(INVENTORY,)) == check(tree, options=JSON)


def test_an_empty_list_in_the_cluster_counts_as_no_objects(check, cluster, tmp_path):
    """As kubectl get vmim -A -o yaml prints it where there is none."""
    path = tmp_path / "vmim.yaml"
    path.write_text("apiVersion: v1\nitems: []\nkind: List\nmetadata:\n  resourceVersion: ''\n")
    ran = check(vm("web-1", **WITHIN_REACH), clusters=(cluster, path))
    assert (ran.code, ran.err) == (0, "")
    alone = check(vm("web-1"), clusters=(path,))
    assert alone.sentence.startswith("no Node in the --cluster files")
    odd = written(tmp_path / "odd.yaml", {"apiVersion": "x.io/v1", "kind": "AllowList", "spec": {}})
    assert check(vm("web-1"), clusters=(cluster, odd)).code == 0


def test_an_empty_list_holds_nothing_to_judge(check, vm_affinity, cluster):
    ran = check("{kind: List, items: []}", options=JSON)
    assert (ran.code, ran.objects) == (2, [{"error": ran.sentence}])
    assert ran.sentence.endswith("vm.yaml: the List is empty; give an object to judge")
    ran = vm_affinity("check", "--pod", "-", "--cluster", cluster, stdin=b"kind: List\nitems: []")
    assert ran.sentence == "standard input: the List is empty; give an object to judge"


# Options that do not go together.


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "name what to judge: either -f VM.yaml or --pod POD.yaml"),
        (("-f", "a", "--pod", "b"), "name what to judge"),
        (("--pod", "a", "--old", "b"), "--old goes with -f"),
        (("-f", "a", "--as-stored"), "--as-stored goes with --pod"),
        (("-f", "a"), "--cluster is missing"),
        (("-f", "a", "--cluster"), "Option '--cluster' requires an argument"),
        (("-f", "a", "--cluster", "b", "-o", "xml"), "'xml' is not one of 'text', 'json'"),
        (("-f", "a", "--wat"), "No such option"),
        (("-f", "a", "b"), "unexpected extra argument"),
        (("-f", "a", "--kubernetes-version", "new"), "write it as 1.36.2"),
    ],
)
def test_options_that_cannot_be_used_are_one_sentence(vm_affinity, options, words):
    ran = vm_affinity("check", *options)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.sentence


def test_a_change_of_the_answer_leaves_the_given_trees_alone(check):
    """The hash is that of the placement, whatever else the manifest holds."""
    tree = vm("web-1", **WITHIN_REACH)
    other = deepcopy(tree)
    other["metadata"]["labels"] = {"a": "b"}
    one, two = check(tree, other, options=JSON).objects
    assert one["hash"] == two["hash"]


# What the namespace lets in.


def test_a_quota_among_the_files_speaks_up(check):
    ran = check(vm("etl", nodeSelector={"rack": "a1"}))
    assert ran.code == 1
    assert "VirtualMachine analytics/etl: denied" in ran.out
    assert "[VMA-203] The namespace does not let in the second pod of a migration: quota" in ran.out
    assert "  nodes: worker-a1" in ran.out


def test_files_without_quotas_are_no_matter(check, tmp_path):
    quiet = written(tmp_path / "quiet.yaml", *(i for i in items() if i["kind"] != "ResourceQuota"))
    moved = vm("etl", nodeSelector={"rack": "a1"})
    ran = check(moved, clusters=(quiet,))
    assert (ran.code, ran.err) == (0, "")
