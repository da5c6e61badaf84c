"""Every column that a table shows is explained, here and in the documentation."""

import re
from pathlib import Path

import numpy as np
import pytest
from conftest import data_for, estimate, network
from test_modes import chains

import bayesneuron as bn
from bayesneuron.diagnostics import explain
from bayesneuron.diagnostics.calibration import coverage, score, simulate
from bayesneuron.diagnostics.glossary import COLUMNS, TABLES, VERDICTS, page
from bayesneuron.draws.provenance import provenance_of
from bayesneuron.draws.tree import data_of
from bayesneuron.reduction.rebuild import task_of
from bayesneuron.structure import verdicts

PAGE = Path(__file__).parents[2] / "docs/glossary.md"


def explained(table):
    return {column.name for column in COLUMNS if column.table == table}


@pytest.fixture(scope="module")
def tables(quick, sine, two_layer):
    """The columns of every public table, by its name in the glossary."""
    draws, held_out = quick["laplace"], tuple(a[:10] for a in sine)
    comparison = bn.compare(quick, test=held_out)
    classes = data_for("mlp_categorical")
    network_of_classes = estimate("laplace", network("mlp_categorical"), *classes)
    by_class = bn.compare({"classes": network_of_classes}, test=classes)
    reduction = bn.reduce(draws, *sine, test=held_out, score="merged")
    modes = bn.modes(chains([(0,), (1,)]))
    truth, _ = simulate(two_layer, np.zeros((5, 4)))
    ranks = score(draws, truth, np.zeros((5, 4))).assign(set=0)
    groups = bn.communities(np.eye(4), null=0)
    series = bn.datasets.noisy_sine(length=40)
    ahead = bn.compare({"nuts": draws}, cv="lfo", refit=lambda x, y: draws)
    return {
        "methods": set(comparison.table()) | set(by_class.table()) | set(ahead.table()),
        "pairs": set(comparison.pairs),
        "neurons": set(bn.neurons(draws)["hidden"].table()),
        "relevance": set(bn.relevance(draws, *sine).table()) | set(switched(sine)),
        "communities": set(groups.table()),
        "reduction": set(reduction.curve) - set(reduction.widths),
        "modes": set(modes.table()),
        "mixture": set(modes.mixture().table()),
        "diagnosis": set(bn.diagnose(draws).table()),
        "calibration": set(ranks),
        "coverage": set(coverage(ranks)),
        "ssa": set(bn.ssa(series, 4).errors(test=series)),
        **tables_of_values(draws, reduction, series),
    }


def tables_of_values(draws, reduction, series):
    """Regions, similarities, partitions, and what networks and data are."""
    x, y = data_of(draws)
    neurons = bn.neurons(draws)["hidden"]
    labels = np.array([[0, 0, 1], [0, 1, 1], [0, 0, 1]])
    clusters = bn.partitions.wasserstein_kmeans(neurons.mean, neurons.cov, 2)
    tested = bn.backtest(draws, series, horizon=2, origins=2, references=())
    inputs, parts = bn.inputs, bn.identified(draws, most=5)["hidden"]
    wave = bn.datasets.noisy_sine(length=150)
    unfolded = bn.embedding(wave, max_delay=5, max_width=2, surrogates=1)
    points = bn.point_normality(wave, 2, surrogates=1)
    return {
        "regions": set(neurons.region().table()),
        "identified": set(parts.table()),
        "trades": set(parts.trades()),
        "similarity": set(bn.similarity.posterior_correlation(neurons).table()),
        "evidence": set(bn.neuron_evidence(draws).table()),
        "clusterability": set(bn.clusterability(draws, k=2, null=2).table()),
        "removal": set(bn.relevance(draws).removed.table()),
        "partition modes": named(bn.partitions.partition_modes(labels)[0][0].table()),
        "credible ball": set(bn.partitions.credible_ball(labels[0], labels).table()),
        "clusters": set(clusters.table()),
        "spectrum": set(bn.ssa(series, 4).table()) | set(inputs.pca(x, 2).table()),
        "backtest": set(tested.table()),
        "embedding": set(unfolded.table()),
        "delays": set(unfolded.delay_table()),
        "points": set(points.table()) | set(points.beside(neurons)),
        "scaling": set(bn.results.Scaling.of(np.asarray(series)[:, None], "zscore").table()),
        "network": set(reduction.at(1).table()),
        "layout": set(provenance_of(draws).layout.table()),
        "task": set(task_of(draws, x, y).table()),
        "selection": set(inputs.qpfs_inputs(x, y, 2).table()),
        "autoencoder": set(inputs.autoencoder(x, 1, epochs=1).table()),
    }


def switched(data):
    """Relevance of neurons that have scales of their own."""
    options = {"inputs": data[0].shape[1], "hidden": 2, "outputs": data[1].shape[1]}
    model = bn.load("two_layer", **options, prior="horseshoe")
    return bn.relevance(bn.prior(model, data[0], samples=10), data[0]).table()


def named(table):
    """Columns and the index."""
    return {table.index.name, *table}


@pytest.mark.slow
def test_every_column_of_every_table_is_in_the_glossary_and_no_other(tables):
    assert set(tables) == set(TABLES)
    for table, columns in tables.items():
        assert columns == explained(table), table


def test_the_page_of_the_documentation_lists_exactly_these():
    written = PAGE.read_text()
    assert written == page(), "python tools/write_glossary.py writes it anew"
    assert re.findall(r"^\| `(\w+)` \|", written, re.MULTILINE) == [c.name for c in COLUMNS]


def test_every_entry_says_what_the_column_means():
    for column in COLUMNS:
        assert column.meaning.endswith(".")
        assert all((column.unit, column.good, column.source))
    names = [(column.table, column.name) for column in COLUMNS]
    assert len(names) == len(set(names))


def test_a_name_is_explained_for_each_table_that_has_it():
    assert "Henze" in explain("hz_p")
    lines = explain("coverage").splitlines()
    assert [line.split(":")[0] for line in lines] == ["coverage (methods)", "coverage (coverage)"]


def test_every_verdict_is_explained():
    said = Path(verdicts.__file__).read_text()
    words = [*re.findall(r"- ``(\w+)[^`]*``:", said), "redundant", "live"]
    assert set(words) == set(VERDICTS)
    assert "take over" in explain("redundant")
    assert "another neuron" in explain("duplicate of hidden[3]")


def test_an_unknown_name_gets_close_matches():
    with pytest.raises(ValueError, match=r"column or verdict such as rhat.*, got 'r_hat'"):
        explain("r_hat")
    with pytest.raises(ValueError, match="expected a column or verdict such as dead"):
        explain("")
