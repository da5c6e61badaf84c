"""Files are read as they are meant, or refused with file, row or column, expected and got."""

import gzip

import numpy as np
import pandas as pd
import pytest

import bayesneuron as bn

TOA5 = (
    '"TOA5","CR1000","CR1000","12345","CR1000.Std.32","CPU:a.CR1","1234","Table"\n'
    '"TIMESTAMP","RECORD","AirTC_Avg"\n"TS","RN","Deg C"\n"","","Avg"\n'
    '"2024-01-01 00:00:00",0,20.5\n"2024-01-01 00:10:00",1,"NAN"\n"2024-01-01 00:20:00",2,21.5\n'
)
HOLIDAYS = (
    "DATE,CLOSE\n2024-01-01,\n2024-01-02,10\n2024-01-03,11\n2024-01-04,12\n2024-01-05,13\n"
    "2024-01-08,\n2024-01-09,15\n"
)
CO2 = "# Mauna Loa\n# year  average\n1958.2 315.7\n1958.3 317.4\n1958.4 -99.99\n1958.5 317.0\n"
ECG = "# Simple Text Format\n# Sampling Rate (Hz):= 1000\n# Labels:= ECG\tEDA\n512\t1\n513\t2\n"


@pytest.fixture
def read(tmp_path):
    def of(text, *, name="series.csv", **options):
        content = text if isinstance(text, bytes) else text.encode()
        (tmp_path / name).write_bytes(content)
        return bn.read_series(tmp_path / name, **options)

    return of


@pytest.mark.parametrize(
    ("text", "options", "values"),
    [
        ("t,x,y\n0,1,10,\n1,2,20,\n2,3,30,\n", {"column": "x"}, [1, 2, 3]),
        ("t,x,y\n0,1,10,\n1,2,20\n2,3,30\n", {"column": "x"}, [1, 2, 3]),
        ("date;temp\n2024-01-01 00:00:00;20,0251\n2024-01-01 01:00:00;20,5\n", {}, [20.0251, 20.5]),
        ("a\tb\n1\t2\n3\t4\n", {"column": "b"}, [2, 4]),
        ("  a   b\n  1   2\n 3  4\n", {"column": "b"}, [2, 4]),
        ("sep=;\na;b\n1;2\n3;4\n", {"column": "b"}, [2, 4]),
        ("a,b\r1,2\r3,4\r", {"column": "b"}, [2, 4]),
        ("\ufeffa,b\n1,2\n3,4\n", {"column": "a"}, [1, 3]),
        ("a,b\n1,2\n3,4\n".encode("utf-16"), {"column": "a"}, [1, 3]),
        ("a,t °C\n1,2\n3,4\n".encode("latin-1"), {"column": 1, "encoding": "latin-1"}, [2, 4]),
        ("x,x\n1,2\n3,4\n", {"column": 1}, [2, 4]),
        ("t,x\ns,m/s\n0,1.5\n1,2.5\n", {"column": "x", "skip_rows": [2]}, [1.5, 2.5]),
        ("Station: A\n\nt,x\n0,1\n1,2\n", {"column": "x", "skip_rows": 2}, [1, 2]),
        ("2024-01-01,3\n2024-01-02,2\n", {"column": 1, "header": False}, [3, 2]),
        ("% t x\n1 2\n2 3\n", {"column": "x", "comment": "%"}, [2, 3]),
        (
            pd.Series([1.0, 2.0], name="v", index=pd.date_range("2020", periods=2)).to_csv(),
            {},
            [1, 2],
        ),
        ("x\n997\n999\n998\n", {}, [997, 999, 998]),
        ("x\n3\n-9999\n5\n", {"missing_values": []}, [3, -9999, 5]),
        ("x\n3\n-9999\n5\n", {"missing_values": [-9999], "missing": "drop"}, [3, 5]),
        ("x\n3\nND\n5\n", {"missing_values": ["ND"], "missing": "interpolate"}, [3, 4, 5]),
        (TOA5, {"column": "AirTC_Avg", "missing": "interpolate"}, [20.5, 21, 21.5]),
        (HOLIDAYS, {"missing": "drop"}, [10, 11, 12, 13, 15]),
        (HOLIDAYS, {"missing": "interpolate"}, [10, 11, 12, 13, 14, 15]),
        (
            CO2,
            {"column": "average", "missing_values": [-99.99], "missing": "split"},
            [315.7, 317.4, 317],
        ),
        (ECG, {"column": "EDA"}, [1, 2]),
        ("date,x\n30/12/2023,3\n31/12/2023,2\n01/01/2024,1\n02/01/2024,5\n", {}, [3, 2, 1, 5]),
        ("date,x\nJan 2024,1\nFeb 2024,2\nMar 2024,3\n", {}, [1, 2, 3]),
        ("date,x\n20240130,1\n20240131,2\n20240201,3\n", {}, [1, 2, 3]),
        ("day,at,x\n1.1.2024,22:00,1\n1.1.2024,23:00,2\n2.1.2024,00:00,3\n", {}, [1, 2, 3]),
    ],
)
def test_files_that_are_meant_are_read(read, text, options, values):
    assert read(text, **options).values.tolist() == pytest.approx(values)


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        (
            "t,x\ns,m/s\n0,1\n1,2\n",
            {"column": "x"},
            "column 'x': expected a number, got 'm/s' in row 2",
        ),
        ("t,x\n0,1\n1,3\nTotal,4.0\n", {"column": "x"}, "row 4: .* got 'Total' in column 't'"),
        ("day,x\nMon,1\nTue,3\nTotal,4\n", {}, "row 4: .* got 'Total' in column 'day'"),
        (
            "t,x\n0,1\n1,3\nSource: us\n",
            {"column": "x"},
            "row 4: expected 2 cells as in the header, got 1",
        ),
        ("t,x\n0,1\n1,3,5\n", {"column": "x"}, "row 3: expected 2 cells as in the header, got 3"),
        (
            "x,y\n1,10,100\n2,20,200\n",
            {"column": "x"},
            "row 2: expected 2 cells as in the header, got 3",
        ),
        ("x,x\n1,2\n3,4\n", {"column": "x"}, "expected one column 'x', got 2"),
        (
            "x\n1\n-9999\n3\n",
            {},
            "got -9999 in 1 of the samples, far from all others .1 to 3., first in row 3",
        ),
        (CO2, {"column": "average"}, "got -99.99 .* first in row 5: .* missing_values=.-99.99."),
        (
            "who,v\na,1\n,2\na,3\n",
            {"column": "v", "recording": "who"},
            "label of the recording in row 3",
        ),
        ('t,n,x\n1,"abc,5\n2,b,6\n', {"column": "x"}, "row 4: expected cells .* unexpected end"),
        (
            't,x\n1,"1,234"\n2,"2,345"\n',
            {"column": "x"},
            "got '1,234' in row 2, which may have a decimal",
        ),
        ("t;x\n1;20,5\n2;21.5\n", {"column": "x"}, "got '20,5' in row 2 and '21.5' in row 3"),
        ("t;x\n1;21,22\n", {"column": "x", "decimal": "."}, "'21,22' .* needs decimal=','"),
        ("t;x\n1;21.22\n", {"column": "x", "decimal": ","}, "'21.22' .* needs decimal='.'"),
        ("t;x\n1;1.020,5\n2;2,5\n", {"column": "x", "decimal": ","}, "got '1.020,5' in row 2"),
        (
            "t,x\n1,20,5\n2,21,5\n",
            {"column": "x"},
            "row 2: expected 2 cells as in the header, got 3",
        ),
        ("a,b\n1,2 °\n".encode("latin-1"), {}, "row 2: expected text in utf-8, got byte 0xb0"),
        ("a,b\n1,2\n".encode("utf-16-le"), {}, "row 1: expected text, got a zero byte"),
        ("x\n1\ninf\n", {}, "column 'x': expected a number, got 'inf' in row 3"),
        ("x\n1\n1e999\n", {}, "got 1 infinite, first in row 3"),
        ("t,x\n0,1\n1,2\nt,x\n0,3\n", {"column": "x"}, "got 'x' in row 4"),
        ("2024-01-01,3\n2024-01-02,2\n", {"column": 1}, "expected a header, got numbers"),
        ("a,3\nb,2\n", {"column": 1}, "expected a header, got numbers"),
        (
            "date,x\n2024-01-03,3\n2024-01-02,2\n2024-01-01,1\n",
            {},
            "in reverse, from 2024-01-03 to 2024-01-01",
        ),
        ("date,x\n2024-01-01,3\n2024-01-02,2\n2024-01-02,1\n", {}, "got 2024-01-02 again in row 4"),
        (
            "t,x\n0,1\n1,2\n2,3\n6,4\n7,5\n",
            {"column": "x"},
            "equal steps, got 1 .* from 2 to 6 in row 5",
        ),
        ("q,x\n2020Q1,1\n2020Q2,2\n2020Q4,3\n2021Q1,4\n2021Q2,5\n", {}, r"equal steps, got 1"),
        ("at,x\n09:00,1\n09:01,2\n09:05,3\n09:06,4\n", {}, r"equal steps, got 1 .* in row 4"),
        ("date,x\n2024-01-01,1\n02/01/2024,2\n2024-01-03,3\n", {}, r"got '02/01/2024' in row 3"),
        ("x\n1\n#REF!\n2\n", {}, r"expected a number, got '#REF!' in row 3"),
        (HOLIDAYS, {}, "got 2 missing, first in row 2: choose missing="),
        ("a,b\n1,2\n3,4\n", {"column": 7}, "by name or number, 0 to 1, got 7"),
        ("a,b\n1,2\n3,4\n", {"column": ["a", "a"]}, "expected different columns"),
        ("a,b\n1,2\n", {"column": "a", "separator": ";;"}, "separator: expected one character"),
        ("a,b\n1,2\n", {"column": "a", "encoding": "klingon"}, "encoding: expected the name"),
        ("a,b\n1,2\n", {"column": "a", "sheet": "1"}, "sheet is not an option of .csv files"),
        ("a,b\n1,2\n", {"column": "a", "skip_rows": [0]}, "skip_rows: expected a positive"),
        ("a,b\n1,2\n", {"column": "a", "missing": "ignore"}, "missing: expected one of"),
        ("a,b\n1,2\n", {"column": "a", "missing_values": -9}, "missing_values: expected a list"),
    ],
)
def test_files_that_could_be_misread_are_refused(read, text, options, message):
    with pytest.raises(ValueError, match=message) as error:
        read(text, **options)
    assert "\n" not in str(error.value)


def test_what_a_logger_states_of_its_columns_is_kept(read):
    series = read(TOA5, column="AirTC_Avg", missing="split")
    assert series.attrs == {
        "units": "Deg C", "source": "series.csv, cut where samples are missing", "missing": "split",
    }  # fmt: skip
    assert series["recording"].values.tolist() == [0, 1]
    assert series["time"].values[1] == np.datetime64("2024-01-01T00:20")


def test_several_columns_are_channels(read):
    series = read("a,b,c\n1,2,3\n4,5,6\n", column=["c", 0])
    assert series.values.tolist() == [[3, 1], [6, 4]]
    assert series["channel"].values.tolist() == ["c", "a"]
    x, _ = bn.windows(series, 1)
    assert x.attrs["channels"] == ["c", "a"]


def test_blank_lines_between_blocks_are_holes(read):
    with pytest.raises(ValueError, match=r"got 1 missing, first in row 4"):
        read("x\n1\n2\n\n3\n4\n\n")
    blocks = read("x\n1\n2\n\n3\n4\n\n", missing="split")
    assert blocks["recording"].values.tolist() == [0, 0, 1, 1]


def test_short_rows_are_missing_values_where_these_are_expected(read):
    text = "a,b,c\n1,2,3\n4\n6,7,8\n"
    with pytest.raises(ValueError, match=r"row 3: expected 3 cells as in the header, got 1"):
        read(text, column="b")
    assert read(text, column="b", missing="interpolate").values.tolist() == [2, 4.5, 7]


def test_columns_of_arrays_have_numbers_only(tmp_path):
    path = tmp_path / "two.npy"
    np.save(path, np.arange(6.0).reshape(3, 2))
    assert bn.read_series(path, column=1).values.tolist() == [1, 3, 5]
    assert bn.read_series(path).shape == (3, 2)
    for column in ("nosuch", 2, True, -1):
        with pytest.raises(ValueError, match=r"expected column numbers 0 to 1"):
            bn.read_series(path, column=column)
    with pytest.raises(ValueError, match=r"recording is not an option of .npy files"):
        bn.read_series(path, recording="who")
    with pytest.raises(ValueError, match=r"decimal is not an option of .npy files"):
        bn.read_series(path, decimal=",")


def test_tables_of_other_formats_are_read_alike(tmp_path):
    days = pd.date_range("2020", periods=4)
    table = pd.DataFrame({"when": days, "v": [1.0, np.nan, 3.0, 4.0], "who": list("aabb")})
    table.to_csv(tmp_path / "a.csv", index=False)
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress((tmp_path / "a.csv").read_bytes()))
    table.to_parquet(tmp_path / "a.parquet")
    table.set_index("when").to_parquet(tmp_path / "b.parquet")
    table.to_excel(tmp_path / "a.xlsx", index=False)
    for name in ("a.csv", "a.csv.gz", "a.parquet", "b.parquet", "a.xlsx"):
        options = {"column": "v", "recording": "who"}
        series = bn.read_series(tmp_path / name, **options, missing="drop")
        assert series.values.tolist() == [1, 3, 4]
        assert series["recording"].values.tolist() == ["a", "b", "b"]
        assert (series["time"].values == days[[0, 2, 3]].to_numpy()).all()
        with pytest.raises(ValueError, match=rf"{name}, column 'v': .* got 1 missing"):
            bn.read_series(tmp_path / name, **options)
    with pd.ExcelWriter(tmp_path / "b.xlsx") as book:
        table.to_excel(book, sheet_name="first")
        table.to_excel(book, sheet_name="second")
    with pytest.raises(ValueError, match=r"expected a sheet, one of \['first', 'second'\]"):
        bn.read_series(tmp_path / "b.xlsx", column="v")
    for name in ("c.parquet", "c.xlsx", "c.npy", "c.csv.gz", "c.json"):
        (tmp_path / name).write_text("neither")
        with pytest.raises(ValueError, match=rf"{name}: expected"):
            bn.read_series(tmp_path / name)
