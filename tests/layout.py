"""What the layout tests look for: each function takes a tree and returns its offenders."""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

MAX_FUNCTION_LINES = 40
MAX_MODULE_LINES = 250
SOURCE = ("webhook", "certs")
PYTHON = (*SOURCE, "tests")
VAGUE_NAMES = frozenset({"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"})
TOP_LEVEL = frozenset(
    {
        ".ci",
        "certs",
        "docs",
        "manifests",
        "tests",
        "webhook",
        "CHANGELOG.md",
        "Dockerfile",
        "Makefile",
        "README.md",
        "pyproject.toml",
        "requirements-dev.lock",
        "requirements.lock",
        "setup.cfg",
    }
)
# Spelled in pieces, or this file would be its own first offender.
_MACHINE_PATH = re.compile(r"(?<![\w.~-])/(?:" + "root|work|home/[a-z]+" + r")/")
_INDEX_HOST = re.compile(
    "|".join(("pypi" + r"\.org", "pythonhosted" + r"\.org", "proxy" + r"\.golang\.org"))
)
_LOCK_SOURCE = re.compile(r"https?://|--(?:extra-)?index-url|--find-links|--trusted-host")
_LISTED = re.compile(r"^(\w+(?:, \w+)*)(?:\s{2,}|$)", re.MULTILINE)

Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules_without_test(root: Path) -> list[str]:
    """Return the source modules that have code of their own and no test at the mirrored path.

    A module without any function (a re-exporting `__init__`, constants, plain values) has
    nothing that a test could call. webhook/x.py belongs to tests/test_x.py, webhook/p/x.py to
    tests/p/test_x.py, certs/x.py to tests/certs/test_x.py, and a package's `__init__` to
    test_p.py beside or inside tests/p/.
    """
    wanted = {path: _tests_of(path, root) for path in _modules(root, SOURCE) if _has_code(path)}
    return [
        f"{path.relative_to(root)}: no {' or '.join(map(str, tests))}"
        for path, tests in wanted.items()
        if not any((root / test).is_file() for test in tests)
    ]


def long_functions(root: Path) -> list[str]:
    """Return the functions of more than 40 lines, their docstring not counted."""
    return [
        f"{path.relative_to(root)}:{node.lineno} {node.name}: {lines} lines"
        for path in _modules(root, PYTHON)
        for node in ast.walk(_tree(path))
        if isinstance(node, Function) and (lines := _length(node)) > MAX_FUNCTION_LINES
    ]


def long_modules(root: Path) -> list[str]:
    """Return the source modules of more than 250 lines: those become a package."""
    return [
        f"{path.relative_to(root)}: {lines} lines"
        for path in _modules(root, SOURCE)
        if (lines := len(path.read_text("utf-8").splitlines())) > MAX_MODULE_LINES
    ]


def vague_names(root: Path) -> list[str]:
    """Return the modules and packages whose name would take in anything."""
    return [
        str(path.relative_to(root))
        for path in _modules(root, PYTHON)
        if not VAGUE_NAMES.isdisjoint({path.stem, path.parent.name})
    ]


def modules_without_docstring(root: Path) -> list[str]:
    """Return the modules that do not say what they are for; an empty `__init__` need not."""
    return [
        str(path.relative_to(root))
        for path in _modules(root, PYTHON)
        if (tree := _tree(path)).body and not ast.get_docstring(tree)
    ]


def public_without_docstring(root: Path) -> list[str]:
    """Return the public functions and classes at the top of a source module without a docstring."""
    return [
        f"{path.relative_to(root)}:{node.lineno} {node.name}"
        for path in _modules(root, SOURCE)
        for node in _tree(path).body
        if isinstance(node, Function | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]


def foreign_top_level(files: Iterable[str]) -> list[str]:
    """Return the top-level entries that have no place in the layout; single dotfiles have."""
    entries = {file.split("/", 1)[0]: "/" in file for file in files}
    return sorted(
        entry
        for entry, is_folder in entries.items()
        if entry not in TOP_LEVEL and (is_folder or not entry.startswith("."))
    )


def listing_differences(root: Path) -> list[str]:
    """Return what the listing in webhook/__init__.py leaves out, and what it names in vain."""
    docstring = ast.get_docstring(_tree(root / "webhook" / "__init__.py")) or ""
    listed = {name for line in _LISTED.findall(docstring) for name in line.split(", ")}
    paths = (root / "webhook").iterdir()
    existing = {path.stem for path in paths if path.suffix == ".py" or any(path.glob("*.py"))}
    existing.discard("__init__")
    return [f"webhook/{name}: not listed" for name in sorted(existing - listed)] + [
        f"{name}: listed, but not there" for name in sorted(listed - existing)
    ]


def traces_of_a_machine(root: Path, files: Iterable[str]) -> list[str]:
    """Return the lines that hold a path or a package index of the machine they were made on."""
    return [
        f"{file}:{number} {line.strip()[:80]}"
        for file in files
        for number, line in _lines(root / file)
        if _MACHINE_PATH.search(line)
        or _INDEX_HOST.search(line)
        or (file.endswith(".lock") and _LOCK_SOURCE.search(line))
    ]


def _modules(root: Path, packages: Iterable[str]) -> Iterator[Path]:
    for package in packages:
        yield from sorted((root / package).rglob("*.py"))


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def _has_code(path: Path) -> bool:
    return any(isinstance(node, Function) for node in ast.walk(_tree(path)))


def _tests_of(path: Path, root: Path) -> list[Path]:
    package, *rest = path.relative_to(root).with_suffix("").parts
    folder = Path("tests", *([] if package == "webhook" else [package]), *rest[:-1])
    if rest[-1] != "__init__":
        return [folder / f"test_{rest[-1].strip('_')}.py"]
    name = f"test_{path.parent.name}.py"
    return [folder / name, folder.parent / name] if len(folder.parts) > 1 else [folder / name]


def _length(node: Function) -> int:
    first = node.body[0]
    has_docstring = ast.get_docstring(node, clean=False) is not None
    docstring = (first.end_lineno or 0) - first.lineno + 1 if has_docstring else 0
    return (node.end_lineno or 0) - node.lineno + 1 - docstring


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    if path.is_file():
        yield from enumerate(path.read_text("utf-8", errors="replace").splitlines(), start=1)
