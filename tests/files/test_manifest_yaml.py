"""YAML as Kubernetes reads it."""

import time

import pytest

from webhook.files.manifest_yaml import BadYaml, load


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2026-11-22", "2026-11-22"),
        ("2026-11-22T14:45:34Z", "2026-11-22T14:45:34Z"),
        ("=", "="),
        ("1:30", "1:30"),
        ("22:22:22", "22:22:22"),
        ("12", 12),
        ("-1_000", -1000),
        ("0x1f", 31),
        ("0o17", 15),
        ("017", 15),
        ("0b11", 3),
        ("08", 8.0),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("1.2.3", "1.2.3"),
        (".", "."),
        ("1e400", "1e400"),
        ("9223372036854775808", 1 << 63),
        ("18446744073709551616", float(1 << 64)),
        ("9" * 5000, "9" * 5000),
        ("0x" + "f" * 5000, "0x" + "f" * 5000),
        ("!!int x", "x"),
        ("!!float 5", 5.0),
        ("!!str 5", "5"),
        ("'5'", "5"),
        ("yes", True),
        ("off", False),
        ("~", None),
        ("", None),
        ("null", None),
    ],
)
def test_a_scalar_is_what_go_makes_of_it(text, value):
    found = load(f"a: {text}")["a"]
    assert (type(found), found) == (type(value), value)


def test_keys_become_text():
    assert load("{1: a, true: b, 1.5: c, d: e}") == {"1": "a", "true": "b", "1.5": "c", "d": "e"}
    assert load("false: a") == {"false": "a"}


def test_merge_keys_and_aliases_work():
    text = "base: &base {a: 1, b: 2}\nmore: {<<: *base, b: 3}\nlist: [*base]"
    found = load(text)
    assert (found["more"], found["list"]) == ({"a": 1, "b": 3}, [{"a": 1, "b": 2}])


EXPLODING = "a: &a {" + ", ".join(f"k{i}: 1" for i in range(9)) + "}\n"
for name, before in zip("bcdefghij", "abcdefghi", strict=True):
    EXPLODING += f"{name}: &{name} {{<<: [{', '.join([f'*{before}'] * 9)}]}}\n"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: [1,\nb", 3, "did not find expected ',' or ']'"),
        ("a:\n\tb: 1", 2, "cannot start any token"),
        ("a: *b", 1, "undefined alias"),
        ("a: &x 1\nb: &x 2", 2, "duplicate anchor"),
        ("a: 1\n...\nb: 2", 3, "expected <document start>"),
        ("a\x01", 0, "#x0001"),
        ('a: "\\ud800"', 1, "Unicode"),
        ("\n? {a: b}\n: c", 2, "a key must be text"),
        ("a:\n  ~: b", 2, "a key must be text"),
        ("a: .inf", 1, ".inf is not a number in JSON"),
        ("a: -.INF", 1, "-.INF is not a number in JSON"),
        ("a: .NaN", 1, ".NaN is not a number in JSON"),
        ("a: !!binary aGk=", 1, "binary has no meaning in a manifest"),
        ("a: !!set {b}", 1, "set has no meaning"),
        ("a: !!timestamp 2026-01-01", 1, "timestamp has no meaning"),
        ("a: !!python/object/apply:os.abort []", 1, "os.abort has no meaning"),
        ("a: {<<: 5}", 1, "expected a mapping"),
        ("a: !!map [b]", 1, "expected a mapping"),
        ("- " * 201, 1, "nested more than 200 levels deep"),
        ("[" * 200_000, 1, "nested more than 200 levels deep"),
        (EXPLODING, 4, "`<<` merges more than 1000 keys"),
    ],
)
def test_what_kubernetes_would_not_take_is_one_line_with_its_place(text, line, words):
    started = time.monotonic()
    with pytest.raises(BadYaml) as refusal:
        load(text)
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert refusal.value.line == line
    assert time.monotonic() - started < 5


def test_two_hundred_levels_are_fine():
    assert load("[" * 199 + "]" * 199)
    assert load("- " * 150 + "a")
