"""What draws know of themselves is typed, survives a file, and is read from older trees too."""

import json
from dataclasses import replace

import numpy as np
import pytest

import bayesneuron as bn
from bayesneuron.draws.fingerprint import fingerprint_of
from bayesneuron.draws.network import network_of
from bayesneuron.draws.provenance import (
    SCHEMA,
    Provenance,
    Start,
    TargetScaling,
    provenance_of,
    with_provenance,
)

LAYOUT = bn.Layout({"W": ("hidden", "input"), "V": ("output", "hidden")}, {"hidden": "tanh"})


@pytest.fixture
def draws():
    sites = {"W": np.ones((5, 2, 3)), "V": np.ones((5, 1, 2))}
    return bn.from_arrays(sites, layout=LAYOUT)


FULL = Provenance(
    layout=LAYOUT,
    method="mine",
    model="two_layer",
    options={"hidden": 2},
    shipped=True,
    seed=3,
    aligned=True,
    canonical=False,
    independent=True,
    pooled=True,
    whitened=True,
    start=Start("optima", (0, 1, 0), (1.5, 2.5), (-1.0, -2.0), optima=3, left_out=1),
    scaling=TargetScaling((1.0, 2.0), 3.0, "g", "watch"),
    fingerprint="0123456789abcdef",
    details={"seconds": 1.5, "scheme": "pairs"},
)


def test_every_field_survives_a_file(draws, tmp_path):
    known = with_provenance(draws, FULL)
    assert provenance_of(known) == FULL
    assert provenance_of(bn.open(bn.save(known, tmp_path / "draws.nc"))) == FULL
    assert "independent" not in provenance_of(draws).details  # the argument stays as it was
    assert not provenance_of(draws).independent


@pytest.mark.parametrize("method", ["bootstrap", "svi", "laplace", "nuts"])
def test_what_every_estimator_knows(method, quick, two_layer, sine, tmp_path):
    provenance = provenance_of(quick[method])
    assert provenance.method == method
    assert provenance.layout == two_layer.layout
    assert provenance.model == "two_layer"
    assert provenance.options == two_layer.options
    assert provenance.seed == 0
    assert provenance.independent == (method != "nuts")
    assert provenance.whitened == (method == "nuts")
    assert not provenance.pooled
    assert not provenance.aligned
    assert provenance.scaling is not None
    assert provenance.scaling.scale == sine[1].attrs["scale"]
    assert provenance.fingerprint == fingerprint_of(*(np.asarray(v, float) for v in sine))
    assert provenance.details["seconds"] == quick[method].attrs["seconds"]  # by the same names
    again = provenance_of(bn.open(bn.save(quick[method], tmp_path / "draws.nc")))
    assert replace(again, details={}) == replace(provenance, details={})
    assert network_of(quick[method]) == two_layer


def test_alignment_is_known(quick):
    for canonical in (True, False):
        provenance = provenance_of(bn.align(quick["laplace"], canonical=canonical))
        assert provenance.aligned
        assert provenance.canonical == canonical


def test_a_bag_is_pooled(two_layer, sine):
    bagged = bn.bag(bn.laplace, two_layer, *sine, bags=2, samples=60, starts=2)
    assert provenance_of(bagged).pooled
    assert not provenance_of(bagged).independent


def test_data_are_told_apart_by_their_fingerprint(sine):
    x, y = (np.asarray(v) for v in sine)
    assert fingerprint_of(x, y) == fingerprint_of(x.copy(), y.copy())
    others = [(x + 1e-12, y), (x.astype(np.float32), y), (x[:-1], y), (y, x)]
    assert len({fingerprint_of(*other) for other in others} | {fingerprint_of(x, y)}) == 5


def test_trees_without_the_newer_attributes_are_read(draws):
    layout = LAYOUT.to_json()
    draws.attrs = {"layout": layout, "aligned": 1, "method": "bagged svi", "seed": -1}
    provenance = provenance_of(draws)
    assert provenance.aligned
    assert provenance.canonical
    assert provenance.pooled
    assert provenance.seed is None
    assert provenance.schema == SCHEMA
    draws.attrs = {"layout": layout, "start": "optima", "start_evidence": [1.0]}
    assert provenance_of(draws).whitened
    draws.attrs = {"layout": layout}
    assert provenance_of(draws) == Provenance(LAYOUT)


def test_draws_of_classes_from_schema_1_keep_their_normal_prior():
    model = bn.load("mlp", inputs=2, hidden=(2,), outputs=2, likelihood="categorical")
    draws = bn.prior(model, np.zeros((3, 2)), samples=4, seed=0)
    assert "prior" not in provenance_of(draws).options
    draws.attrs["schema"] = 1
    assert provenance_of(draws).options["prior"] == "normal"


def test_a_newer_schema_is_refused(draws, tmp_path):
    draws.attrs["schema"] = SCHEMA + 1
    path = tmp_path / "draws.nc"
    draws.to_netcdf(path, engine="h5netcdf")
    with pytest.raises(
        ValueError, match=f"expected schema version {SCHEMA} or older, got"
    ) as error:
        bn.open(path)
    assert "\n" not in str(error.value)


def test_a_file_cannot_name_code_to_run(draws, tmp_path):
    script = tmp_path / "evil.py"
    script.write_text("raise SystemExit('executed')")
    claim = replace(provenance_of(draws), model=str(script), shipped=True)
    with pytest.raises(ValueError, match="not a shipped one"):
        network_of(with_provenance(draws, claim))


def test_attributes_are_flat(quick):
    for name, value in bn.align(quick["nuts"]).attrs.items():
        assert isinstance(value, str | int | float | list), name
    assert json.loads(quick["nuts"].attrs["options"])["hidden"] == 2
