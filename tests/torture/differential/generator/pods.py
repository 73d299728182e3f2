"""Pods: those that are there, those that are nominated, and those that ask.

A pod starts small and willing. Traits make it demanding, each in the way of one plugin, so that
every plugin of the Filter phase gets to be the first to refuse.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tests.torture.differential.generator import claims, resources, rules, volumes
from tests.torture.differential.generator.chance import Chance
from tests.torture.differential.generator.claims import Claims
from tests.torture.differential.generator.labels import pod_labels
from tests.torture.differential.scene import NAMESPACES, PRIORITIES, Tree


@dataclass(frozen=True)
class Surroundings:
    """What traits draw from: chance, node names, and the maker of claims."""

    chance: Chance
    nodes: list[str]
    claims: Claims


Trait = Callable[[Surroundings, Tree], None]


def plain(around: Surroundings, name: str) -> Tree:
    """Return a pod of one small container."""
    chance = around.chance
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": chance.choice(NAMESPACES),
            "labels": pod_labels(chance),
        },
        "spec": {
            "priorityClassName": chance.choice(list(PRIORITIES)),
            "terminationGracePeriodSeconds": 0,
            "containers": [container(chance, "main")],
        },
    }


def container(chance: Chance, name: str) -> Tree:
    """Return a container that fits nearly anywhere."""
    return {"name": name, "image": "none", "resources": resources.small(chance)}


def add(pod: Tree, count: int, around: Surroundings, traits: dict[Trait, float]) -> None:
    """Give the pod some traits by their weight; limits of the whole pod come last."""
    drawn = around.chance.choices(list(traits), list(traits.values()), k=count)
    for trait in sorted(drawn, key=lambda trait: trait is limited):
        trait(around, pod)


def tolerant(around: Surroundings, pod: Tree) -> None:
    """Give tolerations."""
    count = around.chance.randint(1, 3)
    given = [rules.toleration(around.chance) for _ in range(count)]
    pod["spec"].setdefault("tolerations", []).extend(given)


def selecting(around: Surroundings, pod: Tree) -> None:
    """Give a nodeSelector."""
    pod["spec"]["nodeSelector"] = rules.node_selector(around.chance)


def attracted(around: Surroundings, pod: Tree) -> None:
    """Give node affinity."""
    _affinity(pod)["nodeAffinity"] = rules.node_affinity(around.chance, around.nodes)


def named(around: Surroundings, pod: Tree) -> None:
    """Give node affinity to nodes by name."""
    _affinity(pod)["nodeAffinity"] = rules.named_nodes(around.chance, around.nodes)


def torn(around: Surroundings, pod: Tree) -> None:
    """Give node affinity that no node can have."""
    _affinity(pod)["nodeAffinity"] = rules.conflicting_names(around.chance, around.nodes)


def near(around: Surroundings, pod: Tree) -> None:
    """Give pod affinity, mostly to pods like itself."""
    terms = _terms(around, pod)
    if around.chance.odds(0.3):
        terms = [{**term, "labelSelector": _like(pod)} for term in _without_keys(terms)]
    _affinity(pod)["podAffinity"] = rules.required(terms)


def apart(around: Surroundings, pod: Tree) -> None:
    """Give pod anti-affinity."""
    _affinity(pod)["podAntiAffinity"] = rules.required(_terms(around, pod))


def _terms(around: Surroundings, pod: Tree) -> list[Tree]:
    labels = pod["metadata"]["labels"]
    return [rules.pod_term(around.chance, labels) for _ in range(around.chance.choice((1, 1, 2)))]


def _like(pod: Tree) -> Tree:
    return {"matchLabels": dict(pod["metadata"]["labels"])}


def _without_keys(terms: list[Tree]) -> list[Tree]:
    keys = ("matchLabelKeys", "mismatchLabelKeys")
    return [{k: v for k, v in term.items() if k not in keys} for term in terms]


def _affinity(pod: Tree) -> Tree:
    affinity: Tree = pod["spec"].setdefault("affinity", {})
    return affinity


def evenly_spread(around: Surroundings, pod: Tree) -> None:
    """Give spread constraints."""
    labels = pod["metadata"]["labels"]
    pod["spec"]["topologySpreadConstraints"] = rules.spread(around.chance, labels)


def listening(around: Surroundings, pod: Tree) -> None:
    """Give host ports: of the main container, a sidecar, or all of them by hostNetwork."""
    chance = around.chance
    number = chance.choice((8080, 8081, 9000))
    port: Tree = {"containerPort": number}
    if chance.odds(0.15):
        pod["spec"]["hostNetwork"] = True
    else:
        port["hostPort"] = number
        optional = {
            "protocol": chance.choice(("TCP", "TCP", "UDP")),
            "hostIP": chance.choice(("", "0.0.0.0", "127.0.0.1", "10.0.0.1", "::")),  # noqa: S104
        }
        port |= {field: value for field, value in optional.items() if chance.odds(0.4)}
    if chance.odds(0.2):
        before = pod["spec"].setdefault("initContainers", [])
        sidecar = container(chance, f"listener-{len(before)}")
        before.append(sidecar | {"restartPolicy": "Always", "ports": [port]})
    else:
        pod["spec"]["containers"][0]["ports"] = [port]


def asking_for(make: Callable[[Chance], Tree]) -> Trait:
    """Return the trait of another container with such resources."""

    def trait(around: Surroundings, pod: Tree) -> None:
        number = len(pod["spec"]["containers"])
        one = {"name": f"more-{number}", "image": "none", "resources": make(around.chance)}
        pod["spec"]["containers"].append(one)

    return trait


def preparing(around: Surroundings, pod: Tree) -> None:
    """Give init containers, some of which are sidecars."""
    chance = around.chance
    already = pod["spec"].setdefault("initContainers", [])
    for number in range(chance.randint(1, 3)):
        one: Tree = {"name": f"init-{number}-{len(already)}", "image": "none"}
        one["resources"] = resources.compute(chance)
        already.append({**one, "restartPolicy": "Always"} if chance.odds(0.5) else one)


def limited(around: Surroundings, pod: Tree) -> None:
    """Give resources of the whole pod, which the API wants to cover its containers'."""
    pod["spec"]["containers"] = [{"name": "main", "image": "none"}]
    pod["spec"].pop("initContainers", None)
    amounts = {
        "cpu": around.chance.choice(resources.CPUS[2:]),
        "memory": around.chance.choice(resources.MEMORIES[2:]),
    }
    whole = {around.chance.choice(("requests", "limits")): amounts}
    if around.chance.odds(0.3):
        whole.setdefault("limits", {})[resources.HUGE] = around.chance.choice(("2Mi", "128Mi"))
    pod["spec"]["resources"] = whole


def sandboxed(around: Surroundings, pod: Tree) -> None:
    """Give a RuntimeClass: one with overhead, or one with rules of its own."""
    classes = {"sandboxed": 3, "picky": 1}
    pod["spec"]["runtimeClassName"] = around.chance.weighted(classes)


def storing(around: Surroundings, pod: Tree) -> None:
    """Give one to three volumes by claim."""
    makers = list(claims.KINDS)
    chosen = around.chance.choices(makers, list(claims.KINDS.values()), k=_few(around.chance))
    for maker in chosen:
        mount(pod, maker(around.claims, pod["metadata"]["namespace"]))


def _few(chance: Chance) -> int:
    return chance.choice((1, 1, 1, 2, 3))


def mount(pod: Tree, claim: str) -> None:
    """Give a volume by claim."""
    source = {"persistentVolumeClaim": {"claimName": claim}}
    mounted = pod["spec"].setdefault("volumes", [])
    mounted.append({"name": f"volume-{len(mounted)}", **source})


def ephemeral(around: Surroundings, pod: Tree) -> None:
    """Give a generic ephemeral volume whose claim is there, is not yet, or is another's."""
    template = {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": around.chance.choice(("late", "late-zone", "tracked")),
        "resources": {"requests": {"storage": "1Gi"}},
    }
    mounted = pod["spec"].setdefault("volumes", [])
    volume = {"name": f"volume-{len(mounted)}"}
    mounted.append(volume | {"ephemeral": {"volumeClaimTemplate": {"spec": template}}})
    metadata = pod["metadata"]
    claim = {"name": f"{metadata['name']}-{volume['name']}", "namespace": metadata["namespace"]}
    made = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": claim,
        "spec": template,
    }
    state = around.chance.weighted({"owned": 3, "waiting": 2, "foreign": 2})
    if state == "owned":
        uid = f"Pod/{metadata['namespace']}/{metadata['name']}"
        owner = {"apiVersion": "v1", "kind": "Pod", "name": metadata["name"], "uid": uid}
        claim["ownerReferences"] = [{**owner, "controller": True}]
    if state != "waiting":
        around.claims.objects.append(made)


def disk(around: Surroundings, pod: Tree) -> None:
    """Give a disk of an old kind, inline; there are few of each."""
    chance = around.chance
    read_only = chance.choice(({}, {"readOnly": True}))
    number = chance.randint(1, 2)
    sources = (
        {"gcePersistentDisk": {"pdName": f"disk-{number}", **read_only}},
        {"awsElasticBlockStore": {"volumeID": f"vol-{number}", **read_only}},
        {"iscsi": _iscsi(number) | read_only},
        {"rbd": _rbd(chance, number) | read_only},
        volumes.in_tree(chance, f"disk-{number}"),
    )
    source = chance.choice(sources)
    mounted = pod["spec"].setdefault("volumes", [])
    mounted.append({"name": f"volume-{len(mounted)}", **source})


def _iscsi(number: int) -> Tree:
    return {"iqn": f"iqn.2001-04.com.example:disk-{number}", "targetPortal": "10.0.0.9", "lun": 0}


def _rbd(chance: Chance, number: int) -> Tree:
    monitors = chance.some(("10.0.0.1:6789", "10.0.0.2:6789", "10.0.0.3:6789"), 1, 2)
    pool = chance.choice(({}, {"pool": "rbd"}, {"pool": "fast"}))
    return {"monitors": monitors, "image": f"disk-{number}", **pool}


DEMANDS: dict[Trait, float] = {
    tolerant: 4,
    selecting: 3,
    attracted: 5,
    named: 2,
    torn: 0.7,
    near: 5,
    apart: 5,
    evenly_spread: 9,
    listening: 4,
    asking_for(resources.compute): 4,
    asking_for(resources.storage): 2,
    asking_for(resources.extended): 3,
    asking_for(resources.huge_pages): 2,
    preparing: 2,
    limited: 1.5,
    sandboxed: 1.5,
    storing: 12,
    ephemeral: 3,
    disk: 4,
}
"""What a pod may ask for."""


def asking(around: Surroundings, name: str) -> Tree:
    """Return a pod that asks for a place: usually with one or two demands."""
    pod = plain(around, name)
    if around.chance.odds(0.4):
        tolerant(around, pod)
    add(pod, around.chance.choice((1, 1, 1, 2, 2, 3)), around, DEMANDS)
    return pod
