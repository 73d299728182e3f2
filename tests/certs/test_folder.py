"""certs.folder: reading a set, refusing half of one, and replacing files in one step."""

import os
import stat
import tempfile
from pathlib import Path

import pytest

from certs import folder
from certs.folder import FILES, FolderProblem
from certs.lifecycle import Issued, Settled, Stored
from tests.certs.samples import CA, OTHER_CA, SERVING

SET = Stored(CA, SERVING)
SETTLED = Settled(Issued(CA, "new"), Issued(SERVING, "new"))


@pytest.fixture
def written(tmp_path):
    """Return a folder with a whole set in it."""
    directory = tmp_path / "certs"
    folder.write(directory, Stored(), SETTLED)
    return directory


def mode(path: Path) -> int:
    """Return the permission bits."""
    return stat.S_IMODE(path.stat().st_mode)


def test_what_is_written_is_read_back(written):
    assert folder.read_stored(written) == SET
    assert sorted(path.name for path in written.iterdir()) == sorted(FILES)


def test_keys_and_a_folder_made_for_them_are_for_the_owner_only(written):
    assert mode(written) == 0o700
    assert [mode(written / name) for name in ("ca.key", "tls.key")] == [0o600, 0o600]
    assert [mode(written / name) for name in ("ca.crt", "tls.crt")] == [0o644, 0o644]


def test_missing_parents_are_made_and_a_folder_that_was_there_keeps_its_mode(tmp_path):
    (tmp_path / "open").mkdir(mode=0o755)
    (tmp_path / "open").chmod(0o755)
    folder.write(tmp_path / "open", Stored(), SETTLED)
    folder.write(tmp_path / "a" / "b", Stored(), SETTLED)
    assert mode(tmp_path / "open") == 0o755
    assert folder.read_stored(tmp_path / "a" / "b") == SET


def test_what_was_kept_is_not_touched(written):
    before = {name: (written / name).stat().st_ino for name in FILES}
    folder.write(written, SET, SETTLED)
    assert {name: (written / name).stat().st_ino for name in FILES} == before


def test_a_replaced_file_is_a_new_one_so_that_a_reader_of_the_old_sees_it_whole(written):
    with (written / "tls.crt").open("rb") as reader:
        renewed = Issued(OTHER_CA, "renewed")
        folder.write(written, SET, Settled(Issued(CA, None), renewed))
        assert reader.read() == SERVING.certificate
    assert (written / "tls.crt").read_bytes() == OTHER_CA.certificate


def test_an_absent_or_empty_folder_holds_nothing(tmp_path):
    assert folder.read_stored(tmp_path / "absent") == Stored()
    assert folder.read_stored(tmp_path) == Stored()


def test_an_authority_alone_is_a_set(written):
    for name in ("tls.crt", "tls.key"):
        (written / name).unlink()
    assert folder.read_stored(written) == Stored(CA)


@pytest.mark.parametrize(
    ("gone", "missing"),
    [
        (["ca.key"], "ca.key"),
        (["ca.crt"], "ca.crt"),
        (["tls.key"], "tls.key"),
        (["tls.crt"], "tls.crt"),
        (["ca.crt", "ca.key"], "ca.crt and ca.key"),
        (["ca.key", "tls.crt"], "ca.key and tls.crt"),
    ],
)
def test_half_a_set_is_refused_by_the_names_of_what_is_missing(written, gone, missing):
    for name in gone:
        (written / name).unlink()
    with pytest.raises(FolderProblem) as refusal:
        folder.read_stored(written)
    assert str(refusal.value).startswith(f"{written} lacks {missing} (it holds only ")
    assert "init --force" in str(refusal.value)


def test_a_file_in_place_of_a_folder_is_refused(tmp_path):
    path = tmp_path / "file"
    path.write_text("")
    for attempt in (
        lambda: folder.read_stored(path),
        lambda: folder.write(path, Stored(), SETTLED),
    ):
        with pytest.raises(FolderProblem, match="Not a directory"):
            attempt()


def test_a_folder_in_place_of_a_file_is_refused(written):
    (written / "tls.crt").unlink()
    (written / "tls.crt").mkdir()
    with pytest.raises(FolderProblem, match=r"Cannot read .*tls.crt \(Is a directory\)"):
        folder.read_stored(written)
    with pytest.raises(FolderProblem, match=r"Cannot write to .*\(Is a directory\)"):
        folder.write(written, Stored(), SETTLED)
    assert sorted(path.name for path in written.iterdir()) == sorted(FILES)


def test_a_path_that_no_system_takes_is_refused():
    path = Path("x\0y")
    for attempt in (
        lambda: folder.read_file(path),
        lambda: folder.read_files(path),
        lambda: folder.write(path, Stored(), SETTLED),
    ):
        with pytest.raises(FolderProblem, match="null"):
            attempt()


def test_a_file_without_end_is_not_read_whole():
    with pytest.raises(FolderProblem, match="larger than 1 MiB"):
        folder.read_file(Path("/dev/zero"))


@pytest.fixture
def nobody():
    """Give a folder of nobody's and act as nobody: root may write and read everywhere."""
    with tempfile.TemporaryDirectory() as parent:
        directory = Path(parent) / "certs"
        directory.mkdir()
        if root := os.geteuid() == 0:
            os.chown(parent, 65534, -1)
            os.chown(directory, 65534, -1)
            os.seteuid(65534)
        yield directory
        directory.chmod(0o700)
        if root:
            os.seteuid(0)


def test_a_folder_without_write_permission_is_refused_and_stays_as_it_is(nobody):
    nobody.chmod(0o500)
    with pytest.raises(FolderProblem) as refusal:
        folder.write(nobody, Stored(), SETTLED)
    assert str(refusal.value) == (
        f"Cannot write to {nobody} (Permission denied): choose a folder that you may write to."
    )
    assert list(nobody.iterdir()) == []


def test_a_file_without_read_permission_is_refused(nobody):
    folder.write(nobody, Stored(), SETTLED)
    (nobody / "ca.key").chmod(0)
    with pytest.raises(FolderProblem, match=r"Cannot read .*ca.key \(Permission denied\)"):
        folder.read_stored(nobody)


def test_a_folder_without_read_permission_is_refused(nobody):
    nobody.chmod(0)
    with pytest.raises(FolderProblem, match=r"Cannot read .*certs \(Permission denied\)"):
        folder.read_stored(nobody)
