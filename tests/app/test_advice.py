"""What the command says names options of the command."""

import warnings

import pytest

from bayesneuron.app.advice import IN_PYTHON, for_command, warned
from bayesneuron.app.cli import main
from bayesneuron.diagnostics.findings.predictions import against_linear
from bayesneuron.diagnostics.linear_model import LinearGap
from bayesneuron.numerics.warn import StatisticalWarning


def test_arguments_become_options():
    text = "reduce: Pareto k is bad for 3 of 9 observations; better give test=(x, y)"
    assert "--test" in for_command(text)
    assert "test=" not in for_command(text)
    assert for_command("Use bn.nuts for regions.") == "Use --methods nuts for regions."
    assert for_command("Draw longer.") == "Draw longer."


def test_an_error_about_a_file_names_the_option(tmp_path, capsys, monkeypatch):
    (tmp_path / "a.csv").write_text("t;speed\n1;21,22\n2;20,5\n")
    arguments = ["run", str(tmp_path / "a.csv"), "--column", "speed", "--decimal", "."]
    monkeypatch.setattr("sys.argv", ["bayesneuron", *arguments, "--output", str(tmp_path / "o")])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 2
    assert capsys.readouterr().err.strip().endswith("a decimal comma needs --decimal ,")


def test_what_has_no_option_is_said_to_be_python():
    assert for_command("samples=800 would do.") == f"samples=800 would do ({IN_PYTHON})."
    assert IN_PYTHON in for_command("Raise target_accept (0.95) and warmup (1000).")


@pytest.mark.parametrize("difference", [100.0, 0.0])
@pytest.mark.parametrize("direct", [False, True])
def test_a_remedy_that_the_network_has_is_not_advised(difference, direct):
    gap = LinearGap("ridge", 50, -1.0, -3.0, difference, 1.0, learnt=True, direct=direct)
    finding = against_linear(gap)
    assert finding is not None
    assert ("skip=True" in finding.advice) is not direct
    assert "hierarchical" not in finding.advice


def test_warnings_of_libraries_are_one_line_and_the_rest_is_logged(caplog):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(2):
            warnings.warn("overflow encountered in exp", RuntimeWarning, stacklevel=1)
            warnings.warn("divide by zero encountered in log", RuntimeWarning, stacklevel=1)
            warnings.warn("svi: lost", StatisticalWarning, stacklevel=1)
        warnings.warn("soon", FutureWarning, stacklevel=1)
    ours, sums = warned(caught)
    assert ours == "svi: lost"
    assert sums.count("overflow") == sums.count("divide by zero") == 1
    assert caplog.messages == ["FutureWarning: soon"]
