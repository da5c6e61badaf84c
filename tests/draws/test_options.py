"""Options that a file claims are refused unless they fit the weights that it holds."""

import json

import pytest

import bayesneuron as bn


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hidden": 3}, r"expected options that fit them \(.*shape"),
        ({"activation": "relu"}, r"expected options that fit them \(layer 'hidden' tanh\), got"),
        ({"inputs": 7}, "expected options that fit them"),
        ({"hidden": "2"}, "expected"),
        ({"hidden": -1}, "expected"),
        ({"evil": 1}, "got unknown"),
        ({"activation": "os.system"}, "expected an activation|expected one of"),
    ],
)
def test_tampered_options_of_a_file_are_refused(options, message, quick, tmp_path):
    draws = quick["laplace"].copy()
    draws.attrs["options"] = json.dumps(json.loads(draws.attrs["options"]) | options)
    again = bn.open(bn.save(draws, tmp_path / "draws.nc"))
    for call in (bn.predict, bn.activations, bn.reduce):
        with pytest.raises(ValueError, match=message):
            call(again)


@pytest.mark.parametrize("text", ["[1, 2]", "3", "{", '"hidden"'])
def test_options_that_are_no_options(text, quick):
    draws = quick["laplace"].copy()
    draws.attrs["options"] = text
    with pytest.raises(ValueError, match="expected options as"):
        bn.predict(draws)
