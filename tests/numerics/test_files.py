"""Files are whole: what stops the writing leaves the old one, and nothing beside it."""

from pathlib import Path

import pytest
from conftest import full_disk

from bayesneuron.numerics import files
from bayesneuron.numerics.files import check_path, write_whole


@pytest.mark.parametrize("named", [False, True])
def test_a_full_disk_is_an_error_and_leaves_the_old_file(tmp_path, monkeypatch, named):
    if named:  # as on systems without files that have no name
        monkeypatch.delattr(files.os, "O_TMPFILE", raising=False)
    path = write_whole(tmp_path / "a", b"old")
    with full_disk(), pytest.raises(ValueError, match="expected a file that can be written"):
        write_whole(path, bytes(10_000))
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a"]
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_the_mode_is_kept_and_links_are_followed(tmp_path):
    path = write_whole(tmp_path / "a", b"1")
    path.chmod(0o640)
    link = tmp_path / "link"
    link.symlink_to(path)
    write_whole(link, b"2")
    assert link.is_symlink()
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"2", 0o640)


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="no folder that nobody may write")
def test_a_folder_that_cannot_be_written_is_one_line():
    with pytest.raises(
        ValueError, match=r"/proc/self/a\.nc: expected a file that can be"
    ) as caught:
        write_whole("/proc/self/a.nc", b"1")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", [None, 3, "", "a\0b", "x" * 300])
def test_what_is_no_path(value):
    with pytest.raises(ValueError, match="save: expected a path"):
        check_path("save", value)


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(ValueError, match="got a folder"):
        write_whole(tmp_path, b"")
    with pytest.raises(FileNotFoundError, match="does not exist"):
        check_path("save", tmp_path / "none" / "a")
