"""How far long work has come is shown, logged, or neither."""

import logging
from concurrent.futures import ThreadPoolExecutor

import pytest
import rich.console

from bayesneuron.numerics.progress import progress


@pytest.fixture
def in_a_terminal(monkeypatch):
    monkeypatch.setattr(rich.console.Console, "is_terminal", True)


def work():
    with progress("work", 40) as advance:
        for _ in range(40):
            advance(1)


def test_a_line_for_each_tenth(caplog):
    with caplog.at_level(logging.INFO, logger="bayesneuron"):
        work()
    assert len(caplog.messages) == 10
    assert caplog.messages[4].startswith("work: 20 of 40 in ")
    assert caplog.messages[-1].endswith("about 0.0 s left")


def test_nothing_is_printed_where_there_is_no_terminal(capsys):
    work()
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(("switch", "shown"), [("on", True), ("off", False)])
def test_one_switch(in_a_terminal, monkeypatch, capsys, switch, shown):
    monkeypatch.setenv("BAYESNEURON_PROGRESS", switch)
    work()
    assert ("40/40" in capsys.readouterr().err) == shown


def test_threads_are_counted_once(caplog):
    caplog.set_level(logging.INFO, logger="bayesneuron")
    with progress("work", 100) as advance, ThreadPoolExecutor(4) as pool:
        list(pool.map(advance, [1] * 100))
    assert caplog.messages[-1].startswith("work: 100 of 100")
    assert len(caplog.messages) == 10


def test_work_within_work_has_lines_and_no_second_bar(in_a_terminal, capsys, caplog):
    caplog.set_level(logging.INFO, logger="bayesneuron")
    with progress("outer", 2) as advance:
        work()
        advance(2)
    shown = capsys.readouterr().err
    assert "outer" in shown
    assert "work" not in shown
    assert len([m for m in caplog.messages if m.startswith("work:")]) == 10
    work()
    assert "work" in capsys.readouterr().err
