"""webhook.policy.messages: the catalogue, and what it cuts to size."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook.placement import Diagnosis
from webhook.placement.framework import Refused, Rejection
from webhook.policy.messages import (
    CATALOGUE,
    MESSAGE_BYTES,
    POD_CATALOGUE,
    WARNING_CHARACTERS,
    clean,
    clipped,
    counted,
    first_pod,
    listed,
    message,
    pod_message,
    second_pod,
    warning,
)


def diagnosis(*reasons):
    """Return a diagnosis of as many nodes as these (count, reason) pairs cover."""
    rejections, slot = [], 0
    for count, reason in reasons:
        rejections.append(Rejection(((1 << count) - 1) << slot, reason))
        slot += count
    return Diagnosis((), (1 << slot) - 1, 0, (Refused("P", tuple(rejections)),))


def test_a_message_quotes_the_detail_and_the_nodes_and_ends_with_the_remedy():
    text = message("VMA-201", "affinity", diagnosis((2, "Insufficient cpu"), (1, "Too many pods")))
    assert text == (
        "[VMA-201] No node has room for this VM now under its new affinity. 0/3 nodes are "
        "available: 1 Too many pods, 2 Insufficient cpu. Fix: free, uncordon or add a matching "
        "node, or widen the rules, then apply again."
    )


def test_a_message_without_nodes_or_remedy_is_just_its_sentence():
    assert message("VMA-001", "n1").endswith("its node n1 satisfies the new rules, nothing moves.")
    assert "Fix:" not in message("VMA-002")
    assert message("VMA-501", "why").endswith("this VM: why. Fix: apply again in a moment.")


def test_a_remedy_of_its_own_replaces_that_of_the_code():
    assert message("VMA-501", "why", fix="do this").endswith("this VM: why. Fix: do this.")


def test_a_pod_has_words_of_its_own():
    for code, text in POD_CATALOGUE.items():
        said = pod_message(code, "rules and requests", diagnosis((1, "Insufficient cpu")))
        assert said.startswith(f"[{code}] ")
        assert said.endswith(f" Fix: {text.fix}.")
        assert "this Pod" in said
        assert "VM " not in said
        assert "new " not in said


@pytest.mark.parametrize("code", POD_CATALOGUE)
@given(st.text(max_size=2000), st.lists(st.text(min_size=1, max_size=300), max_size=70))
def test_a_pods_message_never_outgrows_its_bytes(code, detail, reasons):
    text = pod_message(code, detail, diagnosis(*((1, reason) for reason in reasons)))
    assert len(text.encode()) <= MESSAGE_BYTES
    assert text.endswith(f" Fix: {POD_CATALOGUE[code].fix}.")


def test_a_detail_with_braces_is_quoted_as_it_is():
    assert "{detail} {0}" in message("VMA-501", "{detail} {0}")


@pytest.mark.parametrize("code", CATALOGUE)
@given(st.text(max_size=2000), st.lists(st.text(min_size=1, max_size=300), max_size=70))
def test_a_message_never_outgrows_its_bytes_nor_loses_its_remedy(code, detail, reasons):
    text = message(code, detail, diagnosis(*((1, reason) for reason in reasons)))
    assert len(text.encode()) <= MESSAGE_BYTES
    assert text.startswith(f"[{code}] ")
    assert text.endswith(f" Fix: {CATALOGUE[code].fix}." if CATALOGUE[code].fix else "")
    assert "nodes are available:" in text


@pytest.mark.parametrize("code", CATALOGUE)
@given(st.text(max_size=2000))
def test_a_warning_is_one_line_of_at_most_256_characters(code, detail):
    text = warning(code, detail)
    assert len(text) <= WARNING_CHARACTERS
    assert text.isprintable() or not set(text) & set("\n\r\t\x00\x1b\x7f\x85\u2028\u2029")


def test_a_long_warning_ends_with_an_ellipsis():
    assert warning("VMA-502", "x" * 300).endswith("x…")
    assert warning("VMA-502", "x").endswith("checked: x.")


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("  a\r\n\tb\x00c\x1b[0m\x7f ", "a b c [0m"),
        ("a\u2028b\u202ec\u200bd\ufeffe\ud800f", "a b c d e f"),
        ("field is immutable, IMMUTABLE", "field is unchangeable, unchangeable"),
        ("map[a:b] mapmap[", "map (a:b] mapmap ("),
        ("größer als 1 €", "größer als 1 €"),
    ],
)
def test_text_from_elsewhere_is_cleaned(raw, shown):
    assert clean(raw) == shown


@given(st.text(alphabet="imuta ble[map\n\x00MAP", max_size=80))
def test_cleaning_leaves_no_word_that_must_not_appear(text):
    shown = clean(text)
    assert "immutable" not in shown.lower()
    assert "map[" not in shown
    assert clean(shown) == shown


def test_the_rarest_reasons_go_first():
    rare, common, usual = "rare " * 5 + "x", "common " * 5 + "x", "usual " * 5 + "x"
    found = diagnosis((1, rare), (9, common), (3, usual))
    head = "0/13 nodes are available:"
    assert counted(found, 200) == f"{head} 1 {rare}, 3 {usual}, 9 {common}."
    assert counted(found, 125) == f"{head} 3 {usual}, 9 {common}, and 1 more."
    assert counted(found, 90) == f"{head} 9 {common}, and 2 more."
    assert counted(found, 42) == f"{head} and 3 more."
    assert counted(found, 12) == "0/13 node…"


def test_of_equally_rare_reasons_the_last_in_the_alphabet_goes_first():
    found = diagnosis((1, "b" * 30), (1, "a" * 30))
    assert counted(found, 80) == f"0/2 nodes are available: 1 {'a' * 30}, and 1 more."


def test_one_reason_that_is_too_long_is_cut_instead_of_dropped():
    text = counted(diagnosis((1, "x" * 400)), 250)
    assert text.startswith("0/1 nodes are available: 1 xxx")
    assert text.endswith("x….")


def test_without_reasons_only_the_count_is_left():
    assert counted(Diagnosis((), 0, 0), 100) == "0/0 nodes are available:"
    assert counted(Diagnosis((), 1, 0, prefilter="pod affinity terms conflict"), 100) == (
        "0/1 nodes are available: pod affinity terms conflict."
    )


def test_what_a_namespace_does_not_let_in_is_told_apart():
    assert message("VMA-203", second_pod(["quota q: why"])) == (
        "[VMA-203] The namespace does not let in the second pod of a migration: quota q: why. "
        "Fix: free or raise what limits it, then apply again, or annotate the VM with "
        "vmaffinity.io/rollout: OnRestart to apply the change at its next restart."
    )
    assert second_pod("abc").endswith(" migration: a; b and 1 more")
    assert warning("VMA-203", first_pod(["quota q: why"])) == (
        "[VMA-203] The namespace does not let in the pod of this VM as things are: quota q: why."
    )
    assert first_pod("abc").endswith(" as things are: a; b and 1 more")


def test_clipping_never_splits_a_character():
    assert clipped("abc", 3) == "abc"
    assert clipped("abcd", 3) == "…"
    assert clipped("ééééé", 8) == "éé…"


def test_a_list_names_the_first_and_counts_the_others():
    assert listed([]) == ""
    assert listed("abc") == "a, b, c"
    assert listed("abcde") == "a, b, c and 2 more"
    assert listed("abcde", 2, "; ") == "a; b and 3 more"
    assert listed("abcde", 5) == "a, b, c, d, e"
