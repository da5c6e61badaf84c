"""Whatever takes draws says in one line that it expected some, whatever it got instead."""

import inspect

import numpy as np
import pytest

import bayesneuron as bn

TREES = ("draws", "source", "estimates", "ahead", "forecast")
ELSEWHERE = {"clusterability", "report"}  # take lists too, of matrices and of draws
VERBS = {
    name: verb
    for name in bn.__all__
    if inspect.isfunction(verb := getattr(bn, name))
    and next(iter(inspect.signature(verb).parameters), None) in TREES
    and name not in {"load", "merge"}
} | {
    f"plot.{name}": verb
    for name in bn.plot.__all__
    if inspect.isfunction(verb := getattr(bn.plot, name))
    and next(iter(inspect.signature(verb).parameters), None) in TREES
    and name != "phase"  # of series
}


@pytest.fixture(scope="module")
def draws():
    model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    return bn.prior(model, np.zeros((1, 3)), samples=5)


OTHERS = {
    "list": lambda draws: [draws],
    "Dataset": lambda draws: draws["posterior"].to_dataset(),
    "DataArray": lambda draws: draws["posterior"]["hidden_weight"],
    "NoneType": lambda draws: None,
    "ndarray": lambda draws: np.zeros((4, 3)),
}


def needed(verb):
    """Values for the other required arguments; they are not what is wrong."""
    values = {
        "series": np.zeros(20), "history": np.zeros(9), "observed": np.zeros(4), "horizon": 2,
        "steps": 2, "x": np.zeros((4, 3)), "y": np.zeros((4, 1)), "keep": [0], "path": "never.nc",
        "more": 1, "input": 0, "like": None,
    }  # fmt: skip
    parameters = list(inspect.signature(verb).parameters.values())[1:]
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    missing = [p for p in parameters if p.default is p.empty and p.kind not in kinds]
    return {p.name: values[p.name] for p in missing}


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("name", VERBS)
def test_a_verb_says_what_it_expected(name, other, draws, tmp_path, monkeypatch):
    if name in ELSEWHERE and other == "list":
        pytest.skip("a list is welcome")
    if name == "communities" and other in ("DataArray", "ndarray"):
        pytest.skip("arrays are welcome")
    monkeypatch.chdir(tmp_path)
    verb = VERBS[name]
    with pytest.raises(ValueError, match="expected") as caught:
        verb(OTHERS[other](draws), **needed(verb))
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 200
    assert "got" in message
    assert not list(tmp_path.iterdir())


def test_the_siblings_are_all_there():
    assert {"neurons", "communities", "compare", "reduce", "prune", "predict"} <= set(VERBS)
    assert len(VERBS) > 25


def test_lists_of_draws_are_named(draws):
    for verb in (bn.communities, bn.clusterability, bn.similarity.activation_similarity):
        with pytest.raises(ValueError, match=r"got an? ?list of DataTree|got list of DataTree"):
            verb([draws])


def test_a_reference_and_a_start_are_draws(draws):
    with pytest.raises(ValueError, match="reference: expected a DataTree of draws, got list"):
        bn.align(draws, reference=[draws])
    model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    with pytest.raises(ValueError, match=r"start: expected .* or draws, got list of DataTree"):
        bn.nuts(model, np.zeros((4, 3)), np.zeros((4, 1)), start=[draws])
