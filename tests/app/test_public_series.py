"""The main job on public series: it runs, and says of every poor result that it is poor."""

import sys
from pathlib import Path

import pytest

from bayesneuron.app.settings import Settings

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))
from _public import CARRIED, public_series  # noqa: E402
from public_series import row  # noqa: E402

QUICK = Settings(
    history=6, hidden=2, methods=("laplace",), options={"laplace": {"samples": 60, "starts": 2}}
)
SAMPLES = 144  # of each, so that one compiled program serves both


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["airline passengers", "stock index"])  # all: benchmarks/
def test_no_poor_result_goes_unsaid(kind):
    result = row(kind, QUICK, most=SAMPLES)
    assert result["unsaid"] == 0
    if kind == "airline passengers":  # they grow, and beyond all that was trained on
        assert result["poor"] >= 1


@pytest.mark.parametrize("kind", CARRIED)
def test_public_series_are_regular_in_time(kind):
    series = public_series(kind)
    assert series.ndim == 1
    assert len(series) >= 100
