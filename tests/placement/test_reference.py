"""The engine against the slow, obvious implementation, on random small clusters."""

from hypothesis import HealthCheck, event, given, settings

from tests.placement import clusters
from tests.placement.reference import Cluster, verdicts
from webhook.objects import Applied
from webhook.objects.profile import Namespace
from webhook.placement import ClusterIndex, evaluate


def indexed(cluster: Cluster) -> ClusterIndex:
    """The cluster in an index, its pods before its nodes."""
    index = ClusterIndex()
    index.features = cluster.features
    named = tuple(Namespace(name, labels) for name, labels in cluster.namespaces.items())
    for objects in (cluster.pods, cluster.nodes, named, (cluster.profile,)):
        for object_ in objects:
            index.apply(Applied(object_))
    return index


@settings(
    max_examples=250,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(pod=clusters.asking, cluster=clusters.clusters())
def test_the_engine_answers_as_the_obvious_implementation_does(pod, cluster):
    expected = {
        name: ("Success", None, ()) if refusal is None else (refusal[1], refusal[0], refusal[2])
        for name, refusal in verdicts(pod, cluster).items()
    }
    diagnosis = evaluate(pod, indexed(cluster))
    for _, plugin, _ in expected.values():
        event(f"a node's answer comes from {plugin}")
    table = {row.name: (row.code.value, row.plugin, row.reasons) for row in diagnosis.table()}
    assert table == expected
