"""A VM with its instancetype and preference in its template, as KubeVirt expands it.

The expansion has KubeVirt's defaults in it, too. Mirrors what `syncRestartRequired` of
`pkg/virt-controller/watch/vm/vm.go` compares: two expanded templates, not two written ones.
"""

from dataclasses import replace
from typing import cast

from webhook.objects import Features, VirtualMachine
from webhook.parse import Tree, parse
from webhook.parse.fields import DEVICES, LIVE, other_fields, placement


def expanded(tree: Tree, answer: Tree, features: Features) -> VirtualMachine:
    """The VM of `tree` with the spec of `answer`, which refers to nothing; raises ParseError.

    Its placement is still the one that stands in `tree`. Disks and interfaces are taken over
    by a running VM as they are plugged in, but not with another bus or model: those that the
    expansion changed are among the fields that need a restart.
    """
    whole = {**tree, "spec": answer.get("spec")}
    vm = cast(VirtualMachine, parse(whole, features))
    written, seen = (other_fields(each, LIVE - DEVICES) for each in (tree, whole))
    changed = {path: text for path, text in seen.items() if written.get(path) != text}
    return replace(vm, placement=placement(tree), other_fields={**changed, **vm.other_fields})
