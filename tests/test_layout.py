"""The shape of the repository: what no other tool enforces (design rule 8)."""

import subprocess
import textwrap
from pathlib import Path

import pytest

from tests import layout

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def files() -> list[str]:
    """Return every file that is, or is about to be, committed."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return [name for name in listing.stdout.split("\0") if name]


def _none(rule: str, offenders: list[str]) -> None:
    if offenders:
        pytest.fail("\n  ".join([f"{rule}, but:", *offenders]), pytrace=False)


def test_every_module_has_its_test_at_the_mirrored_path():
    _none("every module has its test", layout.modules_without_test(ROOT))


def test_no_function_is_longer_than_forty_lines():
    _none("no function has more than 40 lines", layout.long_functions(ROOT))


def test_no_module_is_longer_than_250_lines():
    _none("no module has more than 250 lines", layout.long_modules(ROOT))


def test_no_module_has_a_name_that_takes_in_anything():
    _none("a module is named for what it holds", layout.vague_names(ROOT))


def test_every_module_says_what_it_is_for():
    _none("every module has a docstring", layout.modules_without_docstring(ROOT))


def test_every_public_function_and_class_has_a_docstring():
    _none("what is public has a docstring", layout.public_without_docstring(ROOT))


def test_the_top_level_holds_only_what_the_layout_names(files):
    _none("the top level is fixed", layout.foreign_top_level(files))


def test_the_listing_of_webhook_names_exactly_the_modules_that_exist():
    _none("webhook's docstring is its map", layout.listing_differences(ROOT))


def test_no_file_holds_a_path_or_package_index_of_a_machine(files):
    _none("nothing of a machine is committed", layout.traces_of_a_machine(ROOT, files))


# The checks themselves, on small trees: a check that never fires would pass above, too.


@pytest.fixture
def tree(tmp_path: Path):
    """Return a function that writes files, path to text, and gives their root."""

    def write(files: dict[str, str]) -> Path:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text), "utf-8")
        return tmp_path

    return write


CODE = "def f(): ...\n"


@pytest.mark.parametrize(
    ("module", "test"),
    [
        ("webhook/changes.py", "tests/test_changes.py"),
        ("webhook/placement/node_name.py", "tests/placement/test_node_name.py"),
        ("webhook/placement/__init__.py", "tests/placement/test_placement.py"),
        ("webhook/placement/__init__.py", "tests/test_placement.py"),
        ("webhook/__main__.py", "tests/test_main.py"),
        ("webhook/__init__.py", "tests/test_webhook.py"),
        ("certs/pki.py", "tests/certs/test_pki.py"),
        ("certs/__init__.py", "tests/certs/test_certs.py"),
    ],
)
def test_a_module_with_code_is_missed_until_its_test_stands_at_its_path(tree, module, test):
    root = tree({module: CODE})
    assert [line.split(":")[0] for line in layout.modules_without_test(root)] == [module]
    tree({test: ""})
    assert layout.modules_without_test(root) == []


def test_a_module_without_any_function_needs_no_test(tree):
    values = "from webhook.a import B\n\nclass C:\n    d: int = 1\n"
    assert layout.modules_without_test(tree({"webhook/values.py": values})) == []


def test_a_function_is_measured_without_its_docstring(tree):
    def function(name: str, lines: int) -> str:
        return f'def {name}():\n    """One.\n\n    Two.\n    """\n' + "    x = 1\n" * (lines - 1)

    root = tree({"webhook/a.py": function("fits", 40) + function("bulges", 41)})
    assert layout.long_functions(root) == ["webhook/a.py:45 bulges: 41 lines"]


def test_a_method_is_measured_as_a_function_is(tree):
    source = "class A:\n    async def b(self):\n" + "        x = 1\n" * 40
    assert layout.long_functions(tree({"tests/a.py": source})) == ["tests/a.py:2 b: 41 lines"]


def test_a_module_is_long_from_its_251st_line(tree):
    root = tree({"webhook/a.py": "x = 1\n" * 250, "certs/b.py": "x = 1\n" * 251})
    assert layout.long_modules(root) == ["certs/b.py: 251 lines"]


def test_a_vague_name_is_found_in_modules_and_in_packages(tree):
    root = tree({"webhook/utils.py": "", "tests/helpers/x.py": "", "webhook/based.py": ""})
    assert layout.vague_names(root) == ["webhook/utils.py", "tests/helpers/x.py"]


def test_a_missing_docstring_is_found(tree):
    source = '"""Doc."""\ndef a(): ...\nclass B: ...\ndef _c(): ...\ndef d():\n    """Doc."""\n'
    root = tree({"webhook/a.py": source, "webhook/b.py": "X = 1\n", "tests/__init__.py": ""})
    assert layout.public_without_docstring(root) == ["webhook/a.py:2 a", "webhook/a.py:3 B"]
    assert layout.modules_without_docstring(root) == ["webhook/b.py"]


def test_a_foreign_top_level_entry_is_found_and_a_dotfile_is_not():
    files = ["webhook/a.py", ".ci/run", ".gitignore", "demo/a.py", ".hidden/a", "notes.txt"]
    assert layout.foreign_top_level(files) == [".hidden", "demo", "notes.txt"]


def test_the_listing_is_held_against_what_exists(tree):
    listing = (
        '"""Map.\n\nA sentence, with a comma.\n\nparse    bytes\ncli, wsgi, app    roots\n"""\n'
    )
    folders = {"webhook/parse/__init__.py": "", "webhook/__pycache__/x.pyc": ""}
    root = tree({"webhook/__init__.py": listing, **folders})
    tree({"webhook/cli.py": "", "webhook/wsgi.py": "", "webhook/kube.py": ""})
    assert layout.listing_differences(root) == [
        "webhook/kube: not listed",
        "app: listed, but not there",
    ]


@pytest.mark.parametrize(
    ("file", "line", "found"),
    [
        ("a.md", "see /" + "root/x", True),
        ("a.md", "(/" + "work/x)", True),
        ("a.md", "/" + "home/me/x", True),
        ("a.md", "https://example.org/" + "work/x", False),
        ("a.md", "/workload/x", False),
        ("a.md", "see https://example.org", False),
        ("a.txt", "pypi" + ".org", True),
        ("a.lock", "--index-url x", True),
        ("a.lock", "numpy @ https://example.org/numpy.whl", True),
        ("a.lock", "numpy==2.0 --hash=sha256:00", False),
    ],
)
def test_a_trace_of_a_machine_is_found(tree, file, line, found):
    assert bool(layout.traces_of_a_machine(tree({file: line}), [file])) is found
