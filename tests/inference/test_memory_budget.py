"""A budget of memory: fewer replicates at once, the same bits; past it a sample and all moments."""

import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from test_elsewhere import assert_same

import bayesneuron as bn
from bayesneuron.inference import replicates
from bayesneuron.numerics.memory_budget import bytes_of

X, Y = bn.windows(bn.datasets.noisy_sine(length=40), history=3)
MODEL = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
COUNT, SMALL = 200, 70_000  # bytes: blocks of 25 fit, and 168 draws of 13 numbers
pytestmark = pytest.mark.filterwarnings("ignore::bayesneuron.StatisticalWarning")


def draws_of(count=COUNT, model=MODEL, **options):
    return bn.bootstrap(model, X, Y, replicates=count, optimizer=bn.Adam(epochs=2), **options)


def moments_of_all(model=MODEL, group="posterior"):
    """Mean and covariance from all draws in memory, aligned to the first block of 25."""
    draws = draws_of(model=model)
    whole = bn.align(draws, reference=bn.align(draws.isel(draw=slice(25))))
    posts = bn.neurons(whole, shrink=False)["hidden"]
    return posts.raw if group == "drawn" else posts


@pytest.mark.parametrize(
    ("text", "size"),
    [("2 GB", 2 * 10**9), ("2gb", 2 * 10**9), (" 1.5 KiB ", 1536), (7, 7), (np.int64(9), 9)],
)
def test_a_budget_is_bytes_or_has_a_unit(text, size):
    assert bytes_of(text) == size


@pytest.mark.parametrize(
    "bad", [0, -1, 2.5, True, float("nan"), "", "2", "GB", "-2 GB", "0 GB", "1e3 MB", "9e99 TB",
            "9999999999 TiB", "inf GB", 2**63, [1]],
)  # fmt: skip
def test_nonsense_is_refused(bad):
    with pytest.raises(ValueError, match="memory: expected a positive number of bytes, or a text"):
        bytes_of(bad)


def test_an_unknown_unit_names_those_there_are():
    with pytest.raises(ValueError, match=r"memory: expected a unit of \['B', .*, got '2 gigs'"):
        draws_of(memory="2 gigs")
    with pytest.raises(ValueError, match=r"memory: expected at least [0-9,]+ bytes, of which 25"):
        draws_of(memory="1 kB")


def test_what_fits_has_the_same_bits():
    trained = []
    whole, span = draws_of(), replicates.Replicates.spans

    def spans(self, first, count):
        for numbers in span(self, first, count):
            trained.append(len(numbers))
            yield numbers

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(replicates.Replicates, "spans", spans)
        assert_same(whole, draws_of(memory=100_000))
        assert max(trained) < COUNT / 2
        trained.clear()
        assert_same(whole, draws_of(memory="1 GB"))
        assert trained == [COUNT]


def test_past_the_budget_moments_are_those_of_all():
    draws, whole = draws_of(memory=SMALL), moments_of_all()
    kept = draws["posterior"].sizes["draw"]
    assert 10 < kept < COUNT / 2
    assert draws.attrs["reservoir_of"] == COUNT
    post = bn.neurons(draws)["hidden"]
    assert post.total == COUNT
    np.testing.assert_allclose(post.mean, whole.mean, atol=1e-10, rtol=1e-10)
    np.testing.assert_allclose(post.cov, whole.cov, atol=1e-10, rtol=1e-10)
    assert len(post.by_draw) == kept
    assert "mean and covariance of 200" in repr(post)
    assert post.select("incoming").region().table().shape[0] == 2


@pytest.mark.slow
def test_moments_and_draws_kept_are_aligned_alike_where_neurons_are_many():
    x = np.random.default_rng(5).normal(size=(80, 4))
    y = np.tanh(x[:, :2] - x[:, 2:]).sum(axis=1, keepdims=True)
    model = bn.load("two_layer", inputs=4, hidden=64, outputs=1)
    options = {"replicates": 120, "optimizer": bn.Adam(epochs=30), "start": "prior"}
    draws = bn.bootstrap(model, x, y, **options, memory=1_300_000)
    whole = bn.align(bn.bootstrap(model, x, y, **options), reference=draws)
    one, all_of_them = (bn.neurons(t, shrink=False)["hidden"] for t in (draws, whole))
    assert one.total == 120
    np.testing.assert_allclose(one.mean, all_of_them.mean, atol=1e-10)
    np.testing.assert_allclose(one.cov, all_of_them.cov, atol=1e-10)
    again = bn.neuron_moments(draws)["hidden"]
    assert again.count == 120
    np.testing.assert_array_equal(again.cov, one.cov)
    changed = draws.isel(draw=slice(50))
    with pytest.warns(bn.StatisticalWarning, match="alone; the moments of all 120 replicates"):
        assert bn.neurons(changed)["hidden"].total is None


def test_draws_kept_are_those_of_their_numbers():
    draws, whole = draws_of(memory=SMALL), draws_of()
    numbers = draws["sample_stats"]["replicate"].to_numpy()[0]
    assert (np.diff(numbers) > 0).all()
    same = whole["sample_stats"].to_dataset().isel(draw=numbers)["loss"].to_numpy()
    np.testing.assert_array_equal(draws["sample_stats"]["loss"].to_numpy(), same)
    for site in ("hidden_weight", "output_weight"):  # but for order and signs of neurons
        one, other = (np.sort(t["posterior"][site].to_numpy()[0] ** 2, axis=None) for t in
                      (draws, whole.isel(draw=numbers)))  # fmt: skip
        np.testing.assert_allclose(one, other, rtol=1e-12)


def test_the_sample_depends_on_the_seed_but_not_on_chunks_or_executors():
    with ThreadPoolExecutor(2) as pool:
        ways = ({}, {"chunk": 25, "executor": pool}, {"seed": 1})
        one, same, other = (draws_of(memory=SMALL, **options) for options in ways)
    assert_same(one, same)
    replicate = [t["sample_stats"]["replicate"].to_numpy() for t in (one, other)]
    assert not np.array_equal(*replicate)


def test_every_replicate_is_kept_as_often_as_another():
    from bayesneuron.draws.tree import Fit
    from bayesneuron.inference.reservoir import Reservoir

    counts = np.zeros(40)
    for seed in range(2000):
        reservoir = Reservoir(10, seed)
        for part in (range(25), range(25, 40)):
            stats = {"replicate": np.array([part]), "converged": np.ones((1, len(part)), bool)}
            reservoir.add(Fit(np.zeros((1, len(part), 1)), stats, {"failed": []}), part)
        counts[reservoir.fit.stats["replicate"][0]] += 1
    assert counts.sum() == 20_000
    assert np.abs(counts / 2000 - 0.25).max() < 4 * np.sqrt(0.25 * 0.75 / 2000)


def test_positive_scales_as_drawn_have_moments_of_all_too():
    model = bn.load("two_layer", inputs=3, hidden=2, outputs=1, activation="relu")
    raw = bn.neurons(draws_of(model=model, memory=SMALL))["hidden"].raw
    whole = moments_of_all(model, "drawn")
    assert raw.total == COUNT
    np.testing.assert_allclose(raw.mean, whole.mean, atol=1e-10, rtol=1e-10)
    np.testing.assert_allclose(raw.cov, whole.cov, atol=1e-10, rtol=1e-10)


def test_saved_and_opened_they_are_the_same(tmp_path):
    draws = draws_of(memory=SMALL)
    again = bn.open(bn.save(draws, tmp_path / "draws.nc"))
    one, other = (bn.neurons(t)["hidden"] for t in (draws, again))
    assert other.total == COUNT
    np.testing.assert_array_equal(one.mean, other.mean)
    np.testing.assert_array_equal(one.cov, other.cov)


def test_draws_that_are_changed_have_moments_of_their_own():
    draws = draws_of(memory=SMALL)
    fewer = draws.isel(draw=slice(10))
    assert bn.neurons(fewer)["hidden"].total is None
    shrunk = bn.neurons(draws, shrink=True)["hidden"]
    assert shrunk.total is None
    assert (shrunk.shrinkage > 0).all()


@pytest.mark.parametrize(
    ("verb", "call"),
    [
        ("merge", lambda draws: bn.merge(draws, [0, 0])),
        ("prune", lambda draws: bn.prune(draws, [0])),
        ("refit", lambda draws: bn.refit(draws, optimizer=bn.Adam(epochs=1))),
        ("reduce", lambda draws: bn.reduce(draws, score="merged")),
    ],
)
def test_smaller_networks_say_that_moments_are_lost(verb, call):
    with pytest.warns(bn.StatisticalWarning) as caught:
        call(draws_of(memory=SMALL))
    messages = [str(w.message) for w in caught if "moments of all 200" in str(w.message)]
    assert len(messages) == 1
    assert messages[0].startswith(f"{verb}: ")


def test_align_leaves_moments_of_another_numbering_out_and_says_so_once():
    draws = draws_of(memory=SMALL)
    with warnings.catch_warnings(record=True) as kept_as_they_were:
        warnings.simplefilter("always")
        assert bn.neurons(bn.align(draws, reference=draws))["hidden"].total == 200
    assert not kept_as_they_were
    other = bn.align(bn.prior(MODEL, X, samples=50, seed=3))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        moved = bn.align(draws, reference=other)
        assert bn.neurons(moved)["hidden"].total is None
    (message,) = [str(w.message) for w in caught if "200 replicates" in str(w.message)]
    assert message.startswith("align: the neurons are numbered anew")


def test_merged_draws_still_say_of_how_many_they_are_a_sample():
    with pytest.warns(bn.StatisticalWarning, match="merge: the result is of the sample"):
        merged = bn.merge(draws_of(memory=SMALL), [0, 0])
    assert merged.draws.attrs["reservoir_of"] == 200


def test_a_warning_of_moments_names_the_function_that_was_called():
    fewer = draws_of(memory=SMALL).isel(draw=slice(10))
    with pytest.warns(bn.StatisticalWarning, match="^neuron_moments: means and covariances are"):
        bn.neuron_moments(fewer)
    with pytest.warns(bn.StatisticalWarning, match="^neurons: means and covariances are those"):
        bn.neurons(fewer)


def test_more_of_a_sample_is_refused_in_one_line():
    with pytest.raises(ValueError, match="expected all replicates, got a sample of 200"):
        bn.extend(draws_of(memory=SMALL), 10)


def test_a_stop_goes_on_from_its_checkpoint(tmp_path, monkeypatch):
    import bayesneuron.inference.reservoir as module

    whole, train = draws_of(memory=SMALL), module.train_span

    def stopping(plan, begun, numbers, **options):
        if numbers.start >= 100:
            raise KeyboardInterrupt
        return train(plan, begun, numbers, **options)

    with monkeypatch.context() as patch:
        patch.setattr(module, "train_span", stopping)
        with pytest.raises(KeyboardInterrupt):
            draws_of(memory=SMALL, checkpoint=tmp_path / "run")
    again = draws_of(memory=SMALL, checkpoint=tmp_path / "run")
    assert_same(whole, again)
    np.testing.assert_array_equal(
        whole["moments"]["hidden_cov"].to_numpy(), again["moments"]["hidden_cov"].to_numpy()
    )
    with pytest.raises(ValueError, match="checkpoint: expected memory=71000, got memory=70000"):
        draws_of(memory=71_000, checkpoint=tmp_path / "run")


def test_replicates_that_failed_are_counted_and_not_kept(monkeypatch):
    import bayesneuron.inference.reservoir as module

    train, lost = module.train_span, (3, *range(25, 50), 120)

    def losing(plan, begun, numbers, **options):
        end = train(plan, begun, numbers, **options)
        return end._replace(loss=np.where(np.isin(np.array(numbers), lost), np.nan, end.loss))

    monkeypatch.setattr(module, "train_span", losing)
    with pytest.warns(bn.StatisticalWarning, match="27 of 200 replicates failed"):
        draws = draws_of(memory=SMALL)
    assert draws.attrs["failed"] == list(lost)
    assert draws.attrs["reservoir_of"] == COUNT - 27
    assert not np.isin(draws["sample_stats"]["replicate"], lost).any()
    assert bn.neurons(draws)["hidden"].total == COUNT - 27
