"""Claims in every state, each with the volume that it needs to be in it."""

from collections.abc import Callable

from tests.torture.differential.generator import volumes
from tests.torture.differential.generator.chance import Chance
from tests.torture.differential.scene import BEING_DELETED, Tree

BOUND = "pv.kubernetes.io/bind-completed"
SELECTED = "volume.kubernetes.io/selected-node"
OLD_CLASS = "volume.beta.kubernetes.io/storage-class"


class Claims:
    """Makes claims; they and their volumes gather in `objects`."""

    def __init__(self, chance: Chance, nodes: list[str]) -> None:
        self.chance, self.nodes = chance, nodes
        self.objects: list[Tree] = []
        self._shared: dict[tuple[str, str], list[str]] = {}
        self._count = 0

    @property
    def volumes(self) -> list[Tree]:
        """The volumes that were made."""
        return [each for each in self.objects if each["kind"] == "PersistentVolume"]

    def any_bound(self, namespace: str) -> str:
        """Return a claim that is bound: mostly one that other pods may use, too."""
        return self._any(namespace, "ReadWriteOnce")

    def any_once(self, namespace: str) -> str:
        """Return a bound claim for a single pod, which another may have already."""
        return self._any(namespace, "ReadWriteOncePod")

    def _any(self, namespace: str, mode: str) -> str:
        known = self._shared.setdefault((namespace, mode), [])
        if known and self.chance.odds(0.7):
            return self.chance.choice(known)
        known.append(self.make_bound(namespace, mode))
        return known[-1]

    def make_bound(self, namespace: str, mode: str = "ReadWriteOnce") -> str:
        """Make a claim and the volume that it is bound to."""
        claim = self._claim(namespace, mode)
        spec = {"storageClassName": claim["spec"]["storageClassName"], "accessModes": [mode]}
        volume = volumes.volume(self.chance, self._bind(claim), 5, **spec)
        self.objects.append(volume)
        return self._name(claim)

    def once_and_late(self, namespace: str) -> str:
        """Make a claim for a single pod that waits for it."""
        claim = self._claim(namespace, "ReadWriteOncePod", "late")
        return self._name(claim)

    def missing(self, namespace: str) -> str:
        """Name a claim that does not exist."""
        return self._next()

    def orphaned(self, namespace: str) -> str:
        """Make a bound claim whose volume is gone."""
        claim = self._claim(namespace)
        self._bind(claim)
        return self._name(claim)

    def lost(self, namespace: str) -> str:
        """Make a claim that has noticed that."""
        claim = self._claim(namespace)
        self._bind(claim)
        claim["status"] = {"phase": "Lost"}
        return self._name(claim)

    def deleted(self, namespace: str) -> str:
        """Make a claim that is being deleted."""
        name = self.make_bound(namespace)
        self.objects[-2]["metadata"] |= BEING_DELETED
        return name

    def unbound(self, namespace: str) -> str:
        """Make a claim that should have been bound before: by its class, or by its volume."""
        class_name = self.chance.choice(("immediate", "gone", ""))
        claim = self._claim(namespace, class_name=class_name)
        if self.chance.odds(0.4):
            self._bind(claim)
            del claim["metadata"]["annotations"]
            claim["spec"]["storageClassName"] = self.chance.choice(("late", class_name))
        return self._name(claim)

    def late(self, namespace: str) -> str:
        """Make a claim that waits for its first consumer."""
        class_name = self.chance.choice(("late", "late-zone", "late-zone", "late-gce"))
        return self._waiting(namespace, class_name)

    def tracked(self, namespace: str) -> str:
        """Make one of a class whose driver tracks what is left."""
        return self._waiting(namespace, self.chance.choice(("tracked", "tracked-zone")))

    def local(self, namespace: str) -> str:
        """Make one that only an existing volume can satisfy."""
        name = self._waiting(namespace, "local")
        if self.chance.odds(0.15):
            self._reserve(namespace, name)
        return name

    def _waiting(self, namespace: str, class_name: str) -> str:
        claim = self._claim(namespace, class_name=class_name)
        size = self.chance.choice(("500Mi", "1Gi", "2Gi", "5Gi", "5368709121", "8Gi"))
        claim["spec"]["resources"]["requests"]["storage"] = size
        if self.chance.odds(0.1):
            claim["metadata"]["annotations"] = {SELECTED: self.chance.choice(self.nodes)}
        if class_name in ("local", "late") and self.chance.odds(0.3):
            claim["spec"]["selector"] = {"matchLabels": {"tier": self.chance.choice("xy")}}
        if class_name == "local" and self.chance.odds(0.15):
            claim["spec"]["volumeMode"] = "Block"
        if class_name == "local" and self.chance.odds(0.15):
            claim["spec"]["volumeAttributesClassName"] = "gold"
        if self.chance.odds(0.05):
            del claim["spec"]["storageClassName"]
            claim["metadata"].setdefault("annotations", {})[OLD_CLASS] = class_name
        return self._name(claim)

    def _reserve(self, namespace: str, name: str) -> None:
        reference = {"kind": "PersistentVolumeClaim", "namespace": namespace, "name": name}
        if self.chance.odds(0.3):
            reference["uid"] = "another"
        spec = {"claimRef": reference, "storageClassName": "local"}
        self.objects.append(volumes.volume(self.chance, f"for-{name}", 20, **spec))

    def _claim(
        self, namespace: str, mode: str = "ReadWriteOnce", class_name: str = "immediate"
    ) -> Tree:
        claim: Tree = {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": self._next(), "namespace": namespace},
            "spec": {
                "accessModes": [mode],
                "storageClassName": class_name,
                "resources": {"requests": {"storage": "5Gi"}},
            },
        }
        self.objects.append(claim)
        return claim

    def _bind(self, claim: Tree) -> str:
        """Bind it to a volume of its own, and return that volume's name."""
        name = f"pv-{claim['metadata']['name']}"
        claim["metadata"]["annotations"] = {BOUND: "yes"}
        claim["spec"]["volumeName"] = name
        claim["status"] = {"phase": "Bound"}
        return name

    def _next(self) -> str:
        self._count += 1
        return f"claim-{self._count}"

    def _name(self, claim: Tree) -> str:
        return str(claim["metadata"]["name"])


Maker = Callable[[Claims, str], str]

KINDS: dict[Maker, float] = {
    Claims.any_bound: 10,
    Claims.any_once: 10,
    Claims.once_and_late: 0.7,
    Claims.missing: 2,
    Claims.orphaned: 4,
    Claims.lost: 2.5,
    Claims.deleted: 4,
    Claims.unbound: 3,
    Claims.late: 6,
    Claims.tracked: 5,
    Claims.local: 6,
}
"""How a pod that asks comes by a claim, with weights."""
