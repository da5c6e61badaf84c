"""The shell completes values of options, in a real bash and, where there is one, a real zsh."""

import os
import shutil
import subprocess
import sys
from types import SimpleNamespace

import pytest

from bayesneuron.app.completion import column_names, methods
from bayesneuron.app.settings import METHODS


def shell(name, folder, code):
    """What a shell writes in `folder`, with ``bayesneuron`` among its commands."""
    command = folder / "bayesneuron"
    command.write_text(f"#!{sys.executable}\nfrom bayesneuron.app.cli import main\nmain()\n")
    command.chmod(0o755)
    env = os.environ | {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        [name, "-c", code], cwd=folder, env=env, capture_output=True, text=True, check=True
    )
    return done.stdout.split()


BASH = """
eval "$(_BAYESNEURON_COMPLETE=source_bash bayesneuron)"
COMP_WORDS=({line} ''); COMP_CWORD={at}
COMP_WORDS[{at}]={word}
"$(complete -p bayesneuron | sed 's/.*-F \\([^ ]*\\).*/\\1/')" bayesneuron
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash(tmp_path):
    line = "bayesneuron run --prior"
    words = shell("bash", tmp_path, BASH.format(line=line, at=3, word="h"))
    assert words == ["hierarchical", "horseshoe"]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("zsh") is None, reason="needs zsh")
def test_zsh(tmp_path):
    code = """
    compdef() { :; }
    _arguments() { print -r -- "$@"; }
    eval "$(_BAYESNEURON_COMPLETE=source_zsh bayesneuron)"
    words=(bayesneuron run --prior h); CURRENT=4
    _bayesneuron_completion
    """
    text = " ".join(shell("zsh", tmp_path, code))
    assert "hierarchical" in text
    assert "horseshoe" in text
    assert "normal" not in text


def test_methods_between_commas():
    assert methods("svi,n") == ["svi,nuts"]
    assert methods("") == list(METHODS)


def test_columns_are_those_of_the_file(tmp_path):
    path = tmp_path / "series.csv"
    path.write_text("date;load;two words;price\n2020-01-01;1;2;3\n2020-01-02;2;3;4\n")
    context = SimpleNamespace(params={"file": path})
    assert column_names(context, "") == ["date", "load", "price"]  # others need quotes
    assert column_names(context, "l") == ["load"]
    for file in (None, tmp_path / "none.csv", tmp_path):
        assert column_names(SimpleNamespace(params={"file": file}), "") == []
