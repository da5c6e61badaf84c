"""Files are whole or absent, and only of kinds that cannot run code."""

import pickle  # noqa: TID251 (to see it refused)

import numpy as np
import pytest
import xarray as xr

import bayesneuron as bn


def test_an_interrupted_save_leaves_the_old_file(tmp_path, quick, monkeypatch):
    path = bn.save(quick["laplace"], tmp_path / "draws.nc")
    before = path.read_bytes()

    def fail(*args, **kwargs):
        raise RuntimeError("disk full")

    monkeypatch.setattr(xr.DataTree, "to_netcdf", fail)
    with pytest.raises(RuntimeError, match="disk full"):
        bn.save(quick["svi"], path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["draws.nc"]


def test_files_have_the_user_s_usual_mode(tmp_path, quick):
    plain = tmp_path / "plain"
    plain.touch()
    assert bn.save(quick["laplace"], tmp_path / "a.nc").stat().st_mode == plain.stat().st_mode


def test_aligned_draws_are_stored_with_their_reference(tmp_path, quick):
    aligned = bn.align(quick["nuts"])
    again = bn.open(bn.save(aligned, tmp_path / "a.nc"))
    np.testing.assert_array_equal(
        bn.align(quick["svi"], reference=again)["posterior"]["hidden_weight"],
        bn.align(quick["svi"], reference=aligned)["posterior"]["hidden_weight"],
    )


def test_other_files_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="no file"):
        bn.open(tmp_path / "none.nc")
    (tmp_path / "evil.nc").write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(ValueError, match="expected a netCDF file"):
        bn.open(tmp_path / "evil.nc")
    xr.Dataset({"a": ("x", [1.0])}).to_netcdf(tmp_path / "other.nc", engine="h5netcdf")
    with pytest.raises(ValueError, match="expected a DataTree with a layout"):
        bn.open(tmp_path / "other.nc")
    with pytest.raises(FileNotFoundError, match="does not exist"):
        bn.save(xr.DataTree(), tmp_path / "nowhere" / "a.nc")


@pytest.mark.parametrize(
    ("sites", "message"),
    [
        ({"W": np.ones((5, 2, 3))}, "expected site 'V'"),
        ({"W": np.ones((5, 2, 3)), "V": np.ones((5, 2))}, "V: expected 3 axes"),
        ({"W": np.ones((5, 2, 3)), "V": np.ones((5, 1, 4))}, "expected 2 along 'hidden'"),
        ({"W": np.ones((5, 2, 3)), "V": np.ones((4, 1, 2))}, "as many draws of each site"),
    ],
)
def test_bad_arrays(sites, message):
    layout = bn.Layout({"W": ("hidden", "input"), "V": ("output", "hidden")}, {"hidden": "tanh"})
    with pytest.raises(ValueError, match=message):
        bn.from_arrays(sites, layout=layout)
    with pytest.raises(ValueError, match="exactly one of"):
        bn.from_arrays(sites)
