"""What a request changes: the placement fields, and the fields that need a restart."""

from collections.abc import Mapping
from dataclasses import dataclass

from webhook.objects import Placement, VirtualMachine

Fields = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Changes:
    """Field paths that differ between the old and the new VM.

    `created` has no old VM; its placement counts as changed even where it is empty.
    """

    created: bool = False
    deleting: bool = False
    placement: tuple[str, ...] = ()
    restart: tuple[str, ...] = ()

    @property
    def placed_differently(self) -> bool:
        """Whether there is anything to judge."""
        return not self.deleting and (self.created or bool(self.placement))

    @property
    def reference(self) -> tuple[str, ...]:
        """The changed references to an instancetype or preference."""
        return tuple(p for p in self.placement if p in ("spec.instancetype", "spec.preference"))


def detect(old: VirtualMachine | None, new: VirtualMachine) -> Changes:
    """Compare two versions of a VM; `old` is None for a VM that is being created."""
    before = old.placement if old is not None else Placement()
    return Changes(
        created=old is None,
        deleting=new.deleting,
        placement=_differing(before.fields, new.placement.fields),
        restart=() if old is None else _differing(old.other_fields, new.other_fields),
    )


def _differing(before: Fields, after: Fields) -> tuple[str, ...]:
    if before == after:
        return ()
    return tuple(sorted({path for path, _ in before.items() ^ after.items()}))
