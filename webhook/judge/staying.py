"""*stay*: whether a VM may be where it is, by nothing but the user's own rules."""

from webhook.judge.world import World
from webhook.objects import PodInfo, SchedulingRules, VirtualMachine, VirtualMachineInstance
from webhook.parse.defaults import admitted
from webhook.placement.index.selection import matching, selected
from webhook.placement.inter_pod_affinity import affinity, anti_affinity


def stays(
    vm: VirtualMachine, rules: SchedulingRules, instance: VirtualMachineInstance, world: World
) -> bool:
    """Whether the instance's node satisfies the rules, by nothing but the user's own.

    Not by cordon, NoSchedule, resources, volumes, or labels that KubeVirt injects. The
    VM's own pods do not count as neighbours; NoExecute taints do.
    """
    index = world.index
    node, info = index.nodes.bit(instance.node_name), index.nodes.infos.get(instance.node_name)
    if info is None:
        return False
    if not node & selected(rules.node_selector, index.nodes):
        return False
    if not node & matching(rules.node_affinity, index.nodes):
        return False
    pods = world.launchers(instance)
    labels = pods[0].labels if pods else vm.labels
    rules = admitted(rules, labels, index.features)
    if any(t.effect == "NoExecute" and not rules.tolerate(t) for t in info.taints):
        return False
    if not (rules.pod_affinity or rules.pod_anti_affinity):
        return True
    pod = PodInfo(vm.namespace, vm.name, labels=labels, rules=rules)
    with index.assuming(gone=pods):
        keyless, unmet = affinity(pod, index)
        return not node & (keyless | unmet | anti_affinity(pod, index))
