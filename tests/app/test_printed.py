"""Tables for papers."""

import numpy as np
import pandas as pd
import pytest

import bayesneuron as bn


class Result:
    """What any result of the library has."""

    def table(self):
        return pd.DataFrame(
            {
                "elpd": [-104.26, -98.7],
                "se": [10.4, 0.96],
                "neurons": [3, 12],
                "own": [True, False],
            },
            index=pd.Index(["50%", "a_b"], name="size"),
        )


def test_a_number_and_its_standard_error_are_one_cell():
    text = bn.to_markdown(Result())
    assert text.splitlines()[0].split() == [
        "|",
        "size",
        "|",
        "elpd",
        "|",
        "neurons",
        "|",
        "own",
        "|",
    ]
    assert "−104 ± 10" in text
    assert "−98.70 ± 0.96" in text


def test_chosen_columns_keep_their_uncertainty_and_order():
    header = bn.to_markdown(Result(), columns=["neurons", "elpd"]).splitlines()[0]
    assert [cell.strip() for cell in header.strip("|").split("|")] == ["size", "neurons", "elpd"]
    assert "±" in bn.to_markdown(Result(), columns=["elpd"])


def test_latex_is_escaped():
    text = bn.to_latex(Result(), caption=r"Sizes, \emph{merged}", label="tab:sizes")
    assert r"50\% & $-$104 $\pm$ 10 & 3 & True \\" in text
    assert r"a\_b" in text
    assert text.startswith("\\begin{table}\n\\centering\n\\caption{Sizes, \\emph{merged}}")
    assert "\\label{tab:sizes}" in text
    table = pd.DataFrame({r"a\b{c}~^#$&": ["x & y"]})
    assert r"a\textbackslash{}b\{c\}\textasciitilde{}\textasciicircum{}\#\$\&" in bn.to_latex(table)


def test_digits_follow_the_size_of_the_numbers():
    table = pd.DataFrame(
        {
            "small": [0.001234, 0.00567],
            "large": [123456.7, 9.1e5],
            "holes": [np.nan, 1.25],
            "ends": [np.inf, -np.inf],
            "zero": [-0.0001, 2.0],
        }
    )
    rows = bn.to_markdown(table, digits=2).splitlines()[2:]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    assert cells == [
        ["0.0012", "123457", "–", "∞", "0.0"],
        ["0.0057", "910000", "1.2", "−∞", "2.0"],
    ]


def test_keys_of_several_levels_stand_in_columns_of_their_own():
    index = pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["pair", "neuron"])
    text = bn.to_latex(pd.DataFrame({"p": [0.5, 0.25]}, index=index))
    assert r"pair & neuron & p \\" in text
    assert r"b & 2 & 0.250 \\" in text


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="source: expected a DataFrame or a result"):
        bn.to_latex([1, 2])
    with pytest.raises(ValueError, match="columns: expected some of"):
        bn.to_markdown(Result(), columns=["loo"])
    with pytest.raises(ValueError, match="label: expected a caption"):
        bn.to_latex(Result(), label="tab:x")
    with pytest.raises(ValueError, match="digits"):
        bn.to_markdown(Result(), digits=0)
