"""The four files of a certificate set, each replaced in one step and never left half written."""

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from certs.lifecycle import Settled, Stored
from certs.values import KeyPair

CA_CERTIFICATE, CA_KEY = "ca.crt", "ca.key"
CERTIFICATE, KEY = "tls.crt", "tls.key"
FILES = (CA_KEY, CA_CERTIFICATE, KEY, CERTIFICATE)
"""In the order in which they are written: a certificate never stands before its key."""

SIZE_LIMIT = 1 << 20
"""No certificate comes near; a wrong path such as a device or a log is not read whole."""


class FolderProblem(Exception):
    """A file or folder is not as it must be: one sentence with the path and the remedy."""


def read_file(path: Path) -> bytes:
    """Read a small file."""
    try:
        with path.open("rb") as file:
            content = file.read(SIZE_LIMIT + 1)
    except (OSError, ValueError) as error:
        remedy = "give the path of a file that you may read"
        raise FolderProblem(f"Cannot read {path} ({_why(error)}): {remedy}.") from None
    if len(content) > SIZE_LIMIT:
        remedy = "give the path of a certificate in PEM"
        raise FolderProblem(f"{path} is larger than 1 MiB: {remedy}.")
    return content


def read_files(folder: Path) -> Mapping[str, bytes]:
    """Read those of the four files that are there; the folder itself must be."""
    try:
        there = set(os.listdir(folder))
    except (OSError, ValueError) as error:
        remedy = "give the folder of a certificate set, or make one with `init`"
        raise FolderProblem(f"Cannot read {folder} ({_why(error)}): {remedy}.") from None
    return {name: read_file(folder / name) for name in FILES if name in there}


def read_stored(folder: Path) -> Stored:
    """Read the set as pairs; an absent folder holds nothing, half a set is an error."""
    if not os.path.lexists(folder):
        return Stored()
    files = read_files(folder)
    if not files:
        return Stored()
    with_leaf = CERTIFICATE in files or KEY in files
    require(folder, files, FILES if with_leaf else (CA_KEY, CA_CERTIFICATE))
    ca = KeyPair(files[CA_CERTIFICATE], files[CA_KEY])
    return Stored(ca, KeyPair(files[CERTIFICATE], files[KEY]) if with_leaf else None)


def require(folder: Path, files: Mapping[str, bytes], required: tuple[str, ...]) -> None:
    """Refuse a set of which some files are missing."""
    missing = [name for name in required if name not in files]
    if missing:
        found = f"only {' and '.join(sorted(files))}" if files else "none of the set"
        raise FolderProblem(
            f"{folder} lacks {' and '.join(sorted(missing))} (it holds {found}): restore what"
            " is missing, or replace the whole set with `init --force`."
        )


def contents(stored: Stored) -> dict[str, bytes]:
    """Name the files that a set is made of."""
    return {
        name: content
        for pair, certificate, key in (
            (stored.ca, CA_CERTIFICATE, CA_KEY),
            (stored.serving, CERTIFICATE, KEY),
        )
        if pair
        for name, content in ((certificate, pair.certificate), (key, pair.key))
    }


def write(folder: Path, stored: Stored, settled: Settled) -> None:
    """Write each file that differs from what was stored; what was kept is not touched."""
    before = contents(stored)
    after = contents(Stored(settled.ca.pair, settled.serving.pair))
    try:
        if not folder.exists():
            folder.mkdir(mode=0o700, parents=True)
        for name in FILES:
            if before.get(name) != after[name]:
                _replace(folder / name, after[name])
    except (OSError, ValueError) as error:
        remedy = "choose a folder that you may write to"
        raise FolderProblem(f"Cannot write to {folder} ({_why(error)}): {remedy}.") from None


def _replace(path: Path, content: bytes) -> None:
    """Write beside the file and rename over it: a reader sees the old or the new, whole."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), 0o600 if path.name in (CA_KEY, KEY) else 0o644)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def _why(error: OSError | ValueError) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error)
