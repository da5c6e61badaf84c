"""Files are whole or absent, and only of kinds that cannot run code."""

import hashlib
import pickle  # noqa: TID251 (to see it refused)
import struct

import fuzzing.forged as forged
import h5py
import numpy as np
import pytest
import xarray as xr
from conftest import full_disk

import bayesneuron as bn
from bayesneuron.draws.storage import MARK


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


@pytest.mark.parametrize("chains", [1, 2, 3])
def test_large_arrays_of_several_chains_come_back_as_they_were(chains, tmp_path):
    layout = bn.Layout({"W": ("hidden", "input"), "V": ("output", "hidden")}, {"hidden": "tanh"})
    rng, lead = np.random.default_rng(0), (chains, 999)  # 6 MB per chain
    sites = {"W": rng.normal(size=(*lead, 40, 20)), "V": rng.normal(size=(*lead, 1, 40))}
    draws = bn.from_arrays(sites, layout=layout, chains=True)
    again = bn.open(bn.save(draws, tmp_path / "draws.nc"))
    assert again.posterior.equals(draws.posterior)


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


@pytest.fixture
def saved(tmp_path, quick):
    return bn.save(quick["laplace"], tmp_path / "draws.nc")


def test_a_flipped_bit_is_refused(saved):
    draws, content = bn.open(saved), saved.read_bytes()
    places = np.random.default_rng(0).integers(0, 8 * len(content), 100)
    for place in places.tolist():
        flipped = bytearray(content)
        flipped[place // 8] ^= 1 << place % 8
        saved.write_bytes(flipped)
        try:
            again = bn.open(saved)
        except ValueError:
            continue
        assert again.identical(draws), "only a bit of the mark at the end may be lost"


def test_a_truncated_file_is_refused(saved):
    content = saved.read_bytes()
    end = content.rindex(MARK)
    for size in (*range(0, end, end // 40), len(content) - 1):
        saved.write_bytes(content[:size])
        with pytest.raises(ValueError, match=r"draws\.nc") as caught:
            bn.open(saved)
        assert "\n" not in str(caught.value)


def test_other_readers_of_netcdf_read_it(saved, quick):
    with xr.open_datatree(saved, engine="h5netcdf") as tree:
        assert tree["posterior"].equals(quick["laplace"]["posterior"])


def test_a_full_disk_loses_no_draws(saved, quick):
    before = saved.read_bytes()
    with full_disk(), pytest.raises(ValueError, match="expected a file that can be written"):
        bn.save(quick["nuts"], saved)
    assert saved.read_bytes() == before
    assert [p.name for p in saved.parent.iterdir()] == ["draws.nc"]
    assert bn.open(bn.save(quick["nuts"], saved)).equals(quick["nuts"])


@pytest.mark.parametrize(
    ("attrs", "message"),
    [
        ({"a": None}, "values and attributes that netCDF holds"),
        ({"a": {"b": 1}}, "values and attributes that netCDF holds"),
        ({"a": "\0"}, "values and attributes that netCDF holds"),
        ({"layout": "{"}, "layout: expected JSON"),
        ({"layout": "3"}, "layout: expected a JSON object"),
    ],
)
def test_save_refuses_what_open_would(tmp_path, quick, attrs, message):
    draws = quick["laplace"].copy()
    draws.attrs |= attrs
    with pytest.raises(ValueError, match=message):
        bn.save(draws, tmp_path / "a.nc")
    assert not list(tmp_path.iterdir())


def test_draws_that_are_not_finite_are_not_saved(tmp_path, quick):
    draws = quick["laplace"].copy(deep=True)
    draws["posterior"]["hidden_weight"].values[0, 3] = np.nan
    with pytest.raises(ValueError, match="hidden_weight: expected finite values"):
        bn.save(draws, tmp_path / "a.nc")


def crafted(path, kind):
    with h5py.File(path, "w") as file:
        group = file.create_group("posterior")
        if kind == "nested":
            for _ in range(3000):
                group = group.create_group("g")
        elif kind == "circle":
            group["again"] = file["/"]
        else:
            group.create_dataset("w", (10**13,), "f8", chunks=(1000,))


@pytest.mark.parametrize("kind", ["nested", "circle", "large"])
def test_crafted_files_are_refused_at_once(tmp_path, kind):
    path = tmp_path / "crafted.nc"
    crafted(path, kind)
    with pytest.raises(ValueError, match="open: expected"):
        bn.open(path)


def pointing(group, kind, other, name):
    """Put an array into `group` whose numbers lie in another file, or elsewhere in this one."""
    match kind:
        case "external link":
            group[name] = h5py.ExternalLink(str(other), "/posterior/W")
        case "soft link":
            group[name] = h5py.SoftLink("/posterior/V")
        case "virtual dataset":
            layout = h5py.VirtualLayout((1, 5, 2, 3), "f8")
            layout[...] = h5py.VirtualSource(str(other), "posterior/W", (1, 5, 2, 3))
            group.create_virtual_dataset(name, layout)
        case "raw storage":
            group.create_dataset(name, (1, 5, 2, 3), "f8", external=[(str(other), 0, 240)])


@pytest.mark.parametrize("place", ["posterior", "/"])
@pytest.mark.parametrize("kind", ["external link", "soft link", "virtual dataset", "raw storage"])
def test_no_other_file_is_read(tmp_path, kind, place):
    layout = bn.Layout({"W": ("hidden", "input"), "V": ("output", "hidden")}, {"hidden": "tanh"})
    draws = bn.from_arrays({"W": np.ones((5, 2, 3)), "V": np.ones((5, 1, 2))}, layout=layout)
    other, path = bn.save(draws, tmp_path / "other.nc"), bn.save(draws, tmp_path / "draws.nc")
    with h5py.File(path, "r+") as file:
        pointing(file[place], kind, other, "W2")
    path.write_bytes(path.read_bytes().partition(MARK)[0])  # another writer's has no checksum
    with pytest.raises(ValueError, match=r"open: expected .*draws\.nc"):
        bn.open(path)


def sealed(body):
    return body + MARK + hashlib.sha256(body).hexdigest().encode()


def test_a_forged_heap_without_end_is_read_or_refused(saved):
    """HDF5 itself does not return from it."""
    body = bytearray(saved.read_bytes().partition(MARK)[0])
    draws, at = bn.open(saved), body.index(b"GCOL") + 16
    while (head := struct.unpack_from("<HHIQ", body, at))[0]:
        at += 16 + -(-head[3] // 8) * 8
    body[at + 8 : at + 16] = bytes(8)  # free space without a length
    saved.write_bytes(sealed(bytes(body)))
    assert bn.open(saved).identical(draws)


@pytest.mark.slow
def test_a_forged_header_that_leads_to_itself_is_refused(saved):
    body = bytearray(saved.read_bytes().partition(MARK)[0])
    blocks = {struct.pack("<Q", i): i for i in range(len(body)) if body[i : i + 4] == b"OCHK"}
    block = next(i for i in blocks.values() if bytes(body[i + 10 : i + 18]) in blocks)
    at = body.index(struct.pack("<Q", block))  # where the header names it, and its size
    body[block + 10 : block + 26] = body[at : at + 16]
    saved.write_bytes(sealed(bytes(body)))
    with pytest.raises(ValueError, match=r"draws\.nc.* expected netCDF that ends"):
        bn.open(saved)


def test_a_file_can_name_no_code(tmp_path):
    """A model's name in a file is looked for among the shipped ones, and nowhere else."""
    (tmp_path / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    draws = bn.prior(bn.load("two_layer", inputs=3, hidden=2, outputs=1), np.zeros((4, 3)))
    for name in (str(tmp_path / "evil.py"), "os", "bayesneuron.models.two_layer", "../models/mlp"):
        draws.attrs |= {"model": name, "shipped": 1, "options": '{"activation": "os.system"}'}
        again = bn.open(bn.save(draws, tmp_path / "draws.nc"))
        with pytest.raises(ValueError, match="not a shipped one"):
            bn.predict(again, np.zeros((4, 3)))
    assert not (tmp_path / "ran").exists()


def test_an_attribute_may_claim_no_more_values_than_bytes(saved):
    """2³² of them would take 34 GB before one is looked for."""
    body = saved.read_bytes().partition(MARK)[0]
    forged.learn(body)
    data, at = bytearray(body), body.index(b"DIMENSION_LIST\0")
    at = body.index(b"\x01\x01\x00", at) + 8  # after version, rank and flags of its dataspace
    struct.pack_into("<Q", data, at, 2**32)
    first, length = next(part for part in forged.KNOWN[body] if part[0] < at < sum(part))
    struct.pack_into("<I", data, first + length, forged.lookup3(data[first : first + length]))
    saved.write_bytes(sealed(bytes(data)))
    with pytest.raises(ValueError, match=r"draws\.nc.* expected an attribute of values that are"):
        bn.open(saved)


def test_arrays_may_claim_no_more_than_their_file_can_hold(saved):
    with h5py.File(saved, "r+") as file:
        file["posterior"].create_dataset("empty", (1, 5, 2**30), "f8", chunks=(1, 5, 2**10))
    body = saved.read_bytes().partition(MARK)[0]
    saved.write_bytes(body)
    with pytest.raises(ValueError, match=r"expected arrays that fit into memory and the file, got"):
        bn.open(saved)
