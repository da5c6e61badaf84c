"""The folder of results is complete before it appears, and no user's file is replaced."""

import pytest

from bayesneuron.app.files import MARK, staged


def write(folder, text="results"):
    with staged(folder) as work:
        (work / "figures").mkdir()
        (work / "figures" / "a.png").write_text(text)
        (work / "summary.md").write_text(f"{text}\n{MARK}\n")


def test_a_new_folder_appears_with_all_its_files(tmp_path):
    with staged(tmp_path / "deep" / "out") as work:
        (work / "a").write_text("1")
        assert not (tmp_path / "deep" / "out").exists()
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["out"]
    usual = tmp_path / "usual"
    usual.mkdir()
    assert (tmp_path / "deep" / "out").stat().st_mode == usual.stat().st_mode


def test_an_error_leaves_no_trace(tmp_path):
    def fail():
        with staged(tmp_path / "out") as work:
            (work / "a").write_text("1")
            raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        fail()
    assert not list(tmp_path.iterdir())


def test_an_existing_folder_is_staged_inside_itself(tmp_path):
    # it may be where another disk is mounted, to which no file can be moved from outside
    out = tmp_path / "out"
    out.mkdir()
    with staged(out) as work:
        assert work.parent == out
        (work / "a").write_text("1")
    assert [p.name for p in out.iterdir()] == ["a"]


def test_only_the_folder_of_an_earlier_run_is_written_again(tmp_path):
    out = tmp_path / "out"
    write(out)
    (out / "mine.txt").write_text("kept")
    write(out, "again")
    assert (out / "mine.txt").read_text() == "kept"
    assert (out / "summary.md").read_text().startswith("again")
    (out / "summary.md").write_text("my own summary")
    with pytest.raises(ValueError, match=r"earlier run, got one with mine\.txt"):
        write(out)
    assert (out / "summary.md").read_text() == "my own summary"
    with pytest.raises(ValueError, match="earlier run"), staged(tmp_path, parts=("out",)):
        pass
