"""The objects in files and folders, and the sentence about each file that holds none."""

import io
import json
import os
import sys
import time
from types import SimpleNamespace

import pytest

from webhook.files.documents import BadFile, documents, paths_in

POD = "{apiVersion: v1, kind: Pod, metadata: {name: %s}}"


@pytest.fixture
def read(tmp_path):
    """Write a file and read its documents; paths are cut down to the file's name."""

    def run(content, name="x.yaml"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        found = documents(str(path))
        return [
            (d.place.replace(str(path), name), d.tree, d.error.replace(str(path), name))
            for d in found
        ]

    return run


def names(found):
    """Place and name of each object."""
    assert not any(error for _, _, error in found)
    return [(place, tree["metadata"]["name"]) for place, tree, _ in found]


def test_documents_are_counted_without_the_empty_ones(read):
    text = f"# top\n---\n{POD % 'a'}\n---\n\n# nothing\n--- # note\n{POD % 'b'}\n---\n"
    assert names(read(text)) == [("x.yaml, document 1", "a"), ("x.yaml, document 2", "b")]


@pytest.mark.parametrize(
    "text",
    [
        POD % "a",
        "---\n" + POD % "a",
        "%YAML 1.2\n---\n" + POD % "a" + "\n...\n",
        "\ufeff" + POD % "a",
        "apiVersion: v1\r\nkind: Pod\r\nmetadata:\r\n  name: a\r\n---\r\n",
        '{"apiVersion": "v1",\n\t"kind": "Pod", "metadata": {"name": "a"}}',
    ],
)
def test_one_object_stands_for_its_file(read, text):
    assert names(read(text)) == [("x.yaml", "a")]


def test_json_may_be_a_stream(read):
    pods = [json.dumps({"kind": "Pod", "metadata": {"name": n}}) for n in "ab"]
    expected = [("x.json [0]", "a"), ("x.json [1]", "b")]
    assert names(read("\n ".join(pods), "x.json")) == expected
    assert names(read("".join(pods) + "\n", "x.json")) == expected


def test_lists_are_taken_apart_and_items_of_a_typed_list_get_its_kind(read):
    text = """
        {apiVersion: v1, kind: List, items: [
          {apiVersion: v1, kind: Pod, metadata: {name: a}},
          {apiVersion: kubevirt.io/v1, kind: VirtualMachineList, items: [{metadata: {name: b}}]},
          {apiVersion: v1, kind: PodList, items: null}]}"""
    (_, first, _), (place, second, _) = read(text)
    assert first["metadata"]["name"] == "a"
    assert place == "x.yaml, items[1], items[0]"
    assert second == {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachine",
        "metadata": {"name": "b"},
    }


ALIASES = "a: &a [x, x, x, x, x, x, x, x, x]\n"
for name, before in zip("bcdefghi", "abcdefgh", strict=True):
    ALIASES += f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("hello", "plain text"),
        ("42", "a number"),
        ("1.5", "a number"),
        ("true", "a bool"),
        ("- a", "a list"),
        ("a: 1", "an object without kind"),
        ("kind: 5", "an object without kind"),
        ("kind: ''", "an object without kind"),
    ],
)
def test_a_document_that_is_no_object_says_what_it_is(read, content, found):
    ((_, tree, error),) = read(content)
    expected = "x.yaml: expected a Kubernetes object with apiVersion and kind, got"
    assert (tree, error) == (None, f"{expected} {found}")


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ("kind: PodList\nitems: 5", "items: expected a list in a PodList, got a number"),
        ("kind: PodList\nitems: {}", "items: expected a list in a PodList, got an object"),
        ("a:\n- b: c: d", "is not YAML (line 2): mapping values are not allowed in this context"),
        ("kind: Pod\n" + ALIASES, "cannot be used: its aliases repeat too much"),
        ("kind: Pod\na: &a [*a, *a]", "cannot be used: it is nested more than 200 levels deep"),
    ],
)
def test_a_document_that_cannot_be_used_is_one_sentence_at_once(read, content, error):
    started = time.monotonic()
    ((_, tree, found),) = read(content)
    assert tree is None
    assert found.startswith(f"x.yaml: {error}")
    assert "\n" not in found
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ('{"a":', "is not JSON (line 1, column 6): Expecting value; correct it there"),
        ('{"kind": NaN}', "cannot be used: NaN is not a number in JSON"),
        ('{"kind": "\\ud800"}', "cannot be used: 'utf-8' codec can't encode"),
        ('{"a":' * 100_000, "cannot be used: maximum recursion depth exceeded"),
        ('{"a":' * 300 + "1" + "}" * 300, "cannot be used: it is nested more than 200 levels"),
    ],
)
def test_json_that_cannot_be_used_says_why(read, content, error):
    ((_, tree, found),) = read(content, "x.json")
    assert tree is None
    assert found.startswith(f"x.json: {error}")


def test_a_large_number_in_json_is_a_float(read):
    ((_, tree, _),) = read('{"kind": "Pod", "a": ' + "9" * 300 + ', "b": 18446744073709551615}')
    assert (type(tree["a"]), tree["b"]) == (float, (1 << 64) - 1)


def test_a_broken_item_of_a_list_does_not_hide_the_others(read):
    found = read("{kind: List, items: [5, null, {kind: Pod}]}")
    assert [(place, bool(tree)) for place, tree, _ in found] == [
        ("x.yaml, items[0]", False),
        ("x.yaml, items[1]", False),
        ("x.yaml, items[2]", True),
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file holds no object"),
        (b"\n# only this\n---\n", "the file holds no object"),
        (b"null", "the file holds no object"),
        (b"--- # nothing\n---\nnull\n---\n~\n", "the file holds no object"),
        (b"a: \xe9", "is not UTF-8 text"),
        (bytes(range(256)), "is not UTF-8 text"),
        ("a: b".encode("utf-16"), "is not UTF-8 text"),
    ],
)
def test_a_file_without_objects_is_one_sentence(read, tmp_path, content, words):
    with pytest.raises(BadFile) as refusal:
        read(content)
    assert str(refusal.value) == f"{tmp_path / 'x.yaml'}: {words}; give a YAML or JSON manifest"


@pytest.mark.parametrize(
    "content",
    [
        "apiVersion: v1\nitems: []\nkind: List\nmetadata:\n  resourceVersion: ''\n",
        '{"apiVersion": "v1", "items": [], "kind": "List"}',
        "{kind: List, items: null}",
        "kind: List",
        "{kind: PodList, items: []}",
        "{kind: List, items: [{kind: PodList, items: []}]}",
        "---\n---\n{kind: List, items: []}\n---\nnull",
    ],
)
def test_an_empty_list_is_no_object_but_no_mistake_either(read, content):
    assert read(content) == []
    assert [name for _, name in names(read(f"{content}\n---\n{POD % 'a'}"))] == ["a"]


def test_a_kind_that_ends_in_list_is_a_list_only_with_items(read):
    ((place, tree, _),) = read("{kind: AllowList, metadata: {name: a}, spec: {}}")
    assert (place, tree["kind"]) == ("x.yaml", "AllowList")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"--- {POD % 'a'}\n---\t{POD % 'b'}", ["a", "b"]),
        (
            f'--- {{"kind": "Pod",\n\t"metadata": {{"name": "a"}}}}\n--- # b\n{POD % "b"}',
            ["a", "b"],
        ),
        (f"---\t# note\n{POD % 'a'}\n---   \n{POD % 'b'}", ["a", "b"]),
        (f"{POD % 'a'}\n--- !!map {POD % 'b'}", ["a", "b"]),
    ],
)
def test_what_stands_on_the_separator_line_is_read(read, text, found):
    assert [name for _, name in names(read(text))] == found


def test_what_is_no_object_on_the_separator_line_is_an_error_with_its_line(read):
    (_, (_, tree, error)) = read(f"{POD % 'a'}\n--- text")
    assert (tree, error.rpartition(", ")[2]) == (None, "got plain text")
    (_, (_, tree, error)) = read(f"{POD % 'a'}\n--- {{a: [}}\n")
    assert tree is None
    assert "is not YAML (line 2): " in error


def test_a_path_that_is_no_file_is_one_sentence(tmp_path):
    with pytest.raises(BadFile, match=r"nowhere\.yaml: no such file; check the path$"):
        documents(str(tmp_path / "nowhere.yaml"))
    with pytest.raises(BadFile, match=r": is a folder; name a file$"):
        documents(str(tmp_path))
    with pytest.raises(BadFile, match=r"cannot be read \(.*null byte.*\)"):
        documents("a\0b")
    with pytest.raises(BadFile, match=r"cannot be read \(File name too long\)"):
        documents("a" * 5000)


def test_a_file_that_may_not_be_read_is_one_sentence(tmp_path, monkeypatch):
    """Root may read everything, so the refusal is one that root gets as well."""
    loop = tmp_path / "loop.yaml"
    loop.symlink_to(loop)
    with pytest.raises(BadFile, match=r"loop\.yaml: cannot be read \(Too many levels"):
        documents(str(loop))
    path = tmp_path / "secret.yaml"
    path.write_text(POD % "a")
    path.chmod(0)
    if os.geteuid() != 0:
        with pytest.raises(BadFile, match=r"cannot be read \(Permission denied\)"):
            documents(str(path))


def test_standard_input_is_a_file_named_by_a_dash(monkeypatch):
    stdin = SimpleNamespace(buffer=io.BytesIO((POD % "a").encode()))
    monkeypatch.setattr(sys, "stdin", stdin)
    (found,) = documents("-")
    assert found.place == "standard input"
    with pytest.raises(BadFile, match="standard input: the file holds no object"):
        documents("-")


def test_a_folder_is_read_by_name_with_what_is_below(tmp_path):
    for name in ("b.yaml", "a.json", "sub/c.yml", "notes.txt", "Makefile"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("")
    (tmp_path / "folder.yaml").mkdir()
    found = [path.removeprefix(f"{tmp_path}/") for path in paths_in(str(tmp_path))]
    assert found == ["a.json", "b.yaml", "sub/c.yml"]
    assert paths_in("any/file") == ["any/file"]


def test_a_folder_without_manifests_is_one_sentence(tmp_path):
    with pytest.raises(BadFile, match=r"the folder holds no \.yaml, \.yml, \.json file; add one$"):
        paths_in(str(tmp_path))
    with pytest.raises(BadFile, match="cannot be read"):
        paths_in("a" * 5000)
