"""webhook.judge.stores: objects by kind, by key, and by what they are about."""

from hypothesis import given
from hypothesis import strategies as st

from webhook.judge.stores import Stores
from webhook.objects import Migration, VirtualMachine
from webhook.objects.quota import LimitRange, ResourceQuota

KINDS = (ResourceQuota, Migration, VirtualMachine)


def test_only_the_given_kinds_are_kept():
    stores = Stores(KINDS)
    assert ResourceQuota in stores
    assert LimitRange not in stores
    assert stores.of(LimitRange) == {}
    assert [type_ for type_, _ in stores.items()] == list(KINDS)


def test_the_latest_version_of_an_object_stands():
    stores = Stores(KINDS)
    stores.put(VirtualMachine("ns", "vm", uid="1"))
    stores.put(VirtualMachine("ns", "vm", uid="2"))
    assert [vm.uid for vm in stores.of(VirtualMachine).values()] == ["2"]
    stores.remove(VirtualMachine, ("ns", "vm"))
    stores.remove(VirtualMachine, ("ns", "vm"))
    assert stores.of(VirtualMachine) == {}


def test_what_limits_a_namespace_is_found_by_it():
    stores = Stores(KINDS)
    quotas = [ResourceQuota(ns, name, {}, {}) for ns, name in [("a", "2"), ("b", "1"), ("a", "1")]]
    for quota in quotas:
        stores.put(quota)
    assert stores.about(ResourceQuota, "a") == [quotas[2], quotas[0]]
    assert stores.about(ResourceQuota, "c") == []


names = st.sampled_from("abc")
migrations = st.builds(Migration, names, names, instance_name=names, phase=names)
steps = st.lists(migrations | st.tuples(names, names), max_size=12)


@given(steps)
def test_what_is_about_a_vmi_is_what_a_look_through_all_finds(steps):
    stores, kept = Stores(KINDS), {}
    for step in steps:
        if isinstance(step, Migration):
            stores.put(step)
            kept[step.key] = step
        else:
            stores.remove(Migration, step)
            kept.pop(step, None)
        assert stores.of(Migration) == kept
        for namespace in "abc":
            for name in "abc":
                wanted = [
                    m for m in kept.values() if (m.namespace, m.instance_name) == (namespace, name)
                ]
                wanted.sort(key=lambda migration: migration.key)
                assert stores.about(Migration, (namespace, name)) == wanted
