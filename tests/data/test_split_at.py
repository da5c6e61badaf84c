"""A series or its windows split at a date."""

import numpy as np
import pandas as pd
import pytest

import bayesneuron as bn

MONTHS = pd.date_range("1957-01-31", periods=24, freq="ME")
VALUES = np.sin(np.arange(24.0))
MONTHLY = pd.Series(VALUES, MONTHS)


@pytest.mark.parametrize("at", ["1958-01", "1958-01-31", pd.Period("1958-01"), MONTHS[12]])
def test_a_series_begins_anew_at_a_date(at):
    early, late = bn.split(MONTHLY, at=at)
    assert (len(early), len(late)) == (12, 12)
    np.testing.assert_array_equal(late["time"], MONTHS[12:])


def test_windows_of_both_parts_share_no_sample():
    x, y = bn.windows(MONTHLY, history=3, horizon=2)
    x_early, x_late, y_early, y_late = bn.split(x, y, at="1958-01")
    assert (x_late["time"].values >= np.datetime64("1958-01-01")).all()
    assert int(x_early["last_sample"].max()) < int(x_late["first_sample"].min())
    assert len(x_early) + len(x_late) == len(x) - 4, "those across are dropped"
    assert (len(y_early), len(y_late)) == (len(x_early), len(x_late))


def test_every_recording_is_split_at_its_own_date():
    index = pd.MultiIndex.from_product([["a", "b"], MONTHS])
    panel = pd.Series(np.tile(VALUES, 2), index)
    early, _ = bn.split(panel, at="1958-01")
    assert early["recording"].values.tolist() == ["a"] * 12 + ["b"] * 12
    x, y = bn.windows(panel, history=3)
    x_early, x_late, *_ = bn.split(x, y, at="1958-01")
    for part in (x_early, x_late):
        assert set(part["recording"].values) == {"a", "b"}
        counts = np.unique(part["recording"].values, return_counts=True)[1]
        assert counts[0] == counts[1]


def test_numbers_where_time_is_a_number_and_zones_are_moments():
    assert len(bn.split(VALUES, at=20)[1]) == 4
    assert len(bn.split(pd.Series(VALUES, np.arange(24) / 10), at=2.0)[1]) == 4
    hours = pd.date_range("2024-01-01", periods=24, freq="h", tz="Europe/Berlin")
    late = bn.split(
        pd.Series(VALUES, hours), at=pd.Timestamp("2024-01-01 20:00", tz="Europe/Berlin")
    )
    assert len(late[1]) == 4


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        (MONTHLY, {"at": "soon"}, "at: expected a date.*got 'soon'"),
        (MONTHLY, {"at": 1958}, "at: expected a date.*got 1958"),
        (MONTHLY, {"at": "03/02/1958"}, "at: expected a date with the year first"),
        (VALUES, {"at": "1958"}, "at: expected a number"),
        (MONTHLY, {"at": "1999"}, "both parts"),
        (MONTHLY, {"at": "1958", "test_size": 0.2}, "test_size or at"),
    ],
)
def test_what_is_no_such_time_is_refused(data, options, message):
    with pytest.raises(ValueError, match=message):
        bn.split(data, **options)
