"""Results print on one screen, and numbers keep the digits that matter."""

import numpy as np
import pandas as pd
import pytest

from bayesneuron.numerics.display import html, number, show


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.0041, "1.004"), (0.00012, "0.00012"), (3, "3"), (np.inf, "inf"), (np.nan, "–"), ("a", "a")],
)
def test_four_significant_digits(value, text):
    assert number(value) == text


def test_long_tables_are_cut():
    text = show("Many", pd.DataFrame({"a": np.arange(500)}))
    assert len(text.splitlines()) < 30
    assert text.startswith("Many\n")


def test_an_empty_table_is_its_headline():
    assert show("None", pd.DataFrame()) == "None"
    assert html("None", pd.DataFrame()) == "<p>None</p>"


def test_html_is_escaped():
    page = html("a < b\nc", pd.DataFrame({"x & y": [1.0]}))
    assert "a &lt; b<br>c" in page
    assert "x &amp; y" in page
