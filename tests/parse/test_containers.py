"""webhook.parse.containers: what admission reads of a pod, container by container."""

from tests.builders import pod, value
from webhook.objects import Version
from webhook.objects.resources import Container, PodResources

NANO = 10**9
LAUNCHER = {"kubevirt.io": "virt-launcher"}


def resources(filled=None, version=None, **spec):
    """Return the resources of a launcher pod with this spec and note of LimitRanger."""
    tree = pod(labels=LAUNCHER, **spec)
    if filled is not None:
        tree["metadata"]["annotations"] = {"kubernetes.io/limit-ranger": filled}
    return value(tree, version).resources


def container(name, requests=None, limits=None, **fields):
    """Return a container."""
    given = {"requests": requests, "limits": limits}
    return {"name": name, "resources": given, **fields}


def test_only_pods_that_a_migration_doubles_are_held_in_detail():
    for labels, held in (
        (LAUNCHER, True),
        ({"kubevirt.io": "hotplug-disk"}, True),
        ({"kubevirt.io": "virt-handler"}, False),
        ({}, False),
        (None, False),
    ):
        tree = pod()
        tree["metadata"]["labels"] = labels
        assert (value(tree).resources is not None) is held


def test_requests_and_limits_are_exact_and_per_container():
    found = resources(
        containers=[
            container("compute", {"cpu": "100m"}, {"memory": "1Gi"}),
            {"name": None},
        ],
        initContainers=[
            container("log", {"cpu": "5m"}, restartPolicy="Always"),
            container("copy", restartPolicy="Never"),
        ],
        overhead={"cpu": "250m"},
        priorityClassName="high",
        activeDeadlineSeconds=0,
    )
    assert found == PodResources(
        containers=(
            Container("compute", {"cpu": NANO // 10}, {"memory": NANO << 30}),
            Container(""),
        ),
        inits=(Container("log", {"cpu": NANO // 200}, restartable=True), Container("copy")),
        overhead={"cpu": NANO // 4},
        priority_class="high",
        has_deadline=True,
    )


def test_an_empty_pod_has_no_resources():
    assert resources(containers=None) == PodResources()


def test_what_limit_ranger_filled_in_is_taken_out_again():
    amounts = {"cpu": "1", "memory": "1Gi"}
    found = resources(
        "LimitRanger plugin set: cpu, memory request for container a; memory limit for container a"
        "; cpu limit for init container d",
        containers=[container("a", amounts, amounts), container("b", amounts, amounts)],
        initContainers=[container("d", amounts, amounts), container("c", amounts)],
    )
    both = {"cpu": NANO, "memory": NANO << 30}
    assert found.containers == (
        Container("a", {}, {"cpu": NANO}),
        Container("b", both, both),
    )
    assert found.inits == (Container("d", both, {"memory": NANO << 30}), Container("c", both))


def test_a_note_of_another_form_takes_nothing_out():
    amounts = {"cpu": "1"}
    for note in ("", "cpu request for container a", "LimitRanger plugin set: cpu for container a"):
        (found,) = resources(note, containers=[container("a", amounts)]).containers
        assert found.requests == {"cpu": NANO}


def test_resources_of_the_pod_itself_are_held_where_kubernetes_heeds_them():
    given = {
        "requests": {"cpu": "1", "hugepages-2Mi": "2Mi", "ephemeral-storage": "1Gi"},
        "limits": {"memory": "1Gi", "example.org/gpu": "1"},
    }
    found = resources(resources=given).pod_level
    assert found == Container(
        "", {"cpu": NANO, "hugepages-2Mi": NANO << 21}, {"memory": NANO << 30}
    )
    assert resources(resources={"limits": {"memory": "1Gi"}}).pod_level is not None
    assert resources(resources={"requests": {"ephemeral-storage": "1"}}).pod_level == Container("")
    assert resources(resources={}).pod_level == Container("")
    assert resources().pod_level is None
    assert resources(version=Version(1, 33), resources=given).pod_level is None
