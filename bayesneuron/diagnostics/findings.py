"""Each thing that can be wrong with draws, told by its own function."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import xarray as xr
from arviz_stats.base.array import array_stats

from bayesneuron.diagnostics._modes import MIXED, Modes
from bayesneuron.draws.provenance import provenance_of
from bayesneuron.geometry.posterior import NeuronPosterior, posteriors_of
from bayesneuron.inference.importance import GOOD_K

ENOUGH = 400  # effective draws (Vehtari et al. 2021)
AMBIGUOUS = 0.1  # share of draws whose match of a neuron is ambiguous
WIDE = 0.9  # of the width of aligned prior draws: the data said next to nothing
LIGHT = 0.01  # weight below which a mode is passed over
BFMI = 0.3  # Betancourt 2016
SHRUNK, ALL_SHRUNK = 0.2, 0.5  # intensity of the shrinkage of a covariance: told, serious
CAUSES = (
    "mode",
    "flat direction",
    "slow mixing",
    "too few draws",
    "divergence",
    "tree depth",
    "energy",
    "ambiguous match",
    "no information",
    "failed replicate",
    "poor fit",
    "no posterior",
)


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes
    ----------
    cause : str
        One of `bayesneuron.diagnostics.findings.CAUSES`.
    neurons : tuple of str
        Those that it touches; empty where it is the whole network.
    evidence, advice : str
    serious : bool
        Whether numbers about these neurons are not to be reported as they stand.
    """

    cause: str
    neurons: tuple[str, ...]
    evidence: str
    advice: str
    serious: bool = True

    def __str__(self) -> str:
        who = ", ".join(self.neurons) or "whole network"
        return f"{self.cause} ({who}): {self.evidence}\n     {self.advice}"


def of_modes(found: Modes) -> Iterator[Finding]:
    """Several modes with weight, or some without."""
    heavy = [m for m, w in enumerate(found.weights) if w >= LIGHT]
    if found.stuck.any():
        draws = found.table["draws"].to_numpy()
        share = draws[found.stuck].sum() / draws.sum()
        yield Finding(
            "slow mixing",
            (),
            f"chains that hardly move for {share:.0%} of the draws: under ten effective draws of "
            "their predictions",
            "The posterior is sharper there than where steps were adapted: draw again with "
            "target_accept=0.95, warmup=1000.",
        )
    left = sum(w < LIGHT and not s for w, s in zip(found.weights, found.stuck, strict=True))
    if left:
        yield Finding(
            "mode",
            (),
            f"stacking weight under {LIGHT:.0%}: {left} of {len(found.draws)} modes",
            "Leave them out: bn.modes(draws).draws[0] is the heaviest.",
            serious=False,
        )
    if len(heavy) < 2:
        return
    mixture = found.mixture()
    split = np.flatnonzero(mixture.share_between > 0.5)
    names = tuple(f"{mixture.layer}[{i}]" for i in split)
    gap = found.apart_function[np.ix_(heavy, heavy)]
    same = gap[~np.eye(len(heavy), dtype=bool)].max() <= 1.0
    weights = ", ".join(f"{found.weights[m]:.2f}" for m in heavy)
    yield Finding(
        "mode",
        names,
        f"{len(heavy)} modes with stacking weights {weights}; predictions "
        + ("agree, so they are ways to write one function" if same else "differ between them"),
        "Report neurons mode by mode (bn.modes(draws).draws) or their mixture (.mixture()); one "
        "mean over all is of no network. More starts would show whether there are others.",
    )


def of_mixing(found: Modes) -> Iterator[Finding]:
    """Chains that disagree within a mode, or have too few effective draws."""
    for mode, tree in enumerate(found.draws):
        if found.weights[mode] < LIGHT:
            continue
        where = f" in mode {mode}" if len(found.draws) > 1 else ""
        size = tree["posterior"].sizes
        agree = float(found.table["rhat_function"].iloc[mode])
        for post in posteriors_of(tree).values():
            rhat, ess = _by_neuron(post, size["chain"])
            apart, thin = rhat > MIXED, ess < ENOUGH
            names = _names(post, apart)
            if names and agree <= MIXED:
                yield Finding(
                    "flat direction",
                    names,
                    f"R-hat of weights up to {rhat.max():.3f}, of predictions {agree:.3f}{where}",
                    "The function is known, these neurons' part "
                    "in it is not: see bn.relevance, and bn.reduce the network, or draw longer.",
                )
            elif names:
                more = int(np.ceil(ENOUGH / max(ess.min(), 1.0)))
                yield Finding(
                    "slow mixing",
                    names,
                    f"R-hat of weights up to {rhat.max():.3f}, of "
                    f"predictions {agree:.3f}, {ess.min():.0f} effective draws of "
                    f"{len(post.draws)}{where}",
                    f"Draw about {max(2, more)} times as long, or fit a smaller network.",
                )
            names = _names(post, thin & ~apart)
            if names:
                worst = ess[thin & ~apart].min()
                yield Finding(
                    "too few draws",
                    names,
                    f"{worst:.0f} effective draws{where}, {ENOUGH} are needed for a 90% region",
                    f"samples={int(np.ceil(size['draw'] * 1.1 * ENOUGH / worst))} would do.",
                )


def of_sampler(draws: xr.DataTree) -> Iterator[Finding]:
    """Divergences, trees cut short, energy."""
    if "sample_stats" not in draws.children:
        return
    stats = draws["sample_stats"]
    if "diverging" in stats and (count := int(np.asarray(stats["diverging"]).sum())):
        total = np.asarray(stats["diverging"]).size
        yield Finding(
            "divergence",
            (),
            f"{count} of {total} draws diverged: a corner was cut off",
            "Raise target_accept (0.95) and warmup (1000), or tighten the prior of the scales.",
            serious=count > 0.005 * total,
        )
    if "reached_max_treedepth" in stats:
        share = float(np.asarray(stats["reached_max_treedepth"]).mean())
        if share > 0.01:
            yield Finding(
                "tree depth",
                (),
                f"{share:.0%} of the draws were stopped at the largest tree",
                "Raise max_tree_depth, or start at optima.",
                serious=False,
            )
    if "energy" in stats:
        energy = np.asarray(stats["energy"], float)
        worst = float(np.min(array_stats.bfmi(energy, chain_axis=0, draw_axis=1)))
        if worst < BFMI:
            yield Finding(
                "energy",
                (),
                f"E-BFMI {worst:.2f} is below {BFMI}",
                "Heavy tails: tighten the prior of the scales, or draw longer.",
            )


def of_fit(draws: xr.DataTree) -> Iterator[Finding]:
    """What the estimators that are no chains know of themselves."""
    provenance, size = provenance_of(draws), draws["posterior"].sizes
    details = provenance.details
    failed = int(np.size(details.get("failed", [])))
    if failed:
        share = failed / (failed + size["chain"] * size["draw"])
        yield Finding(
            "failed replicate",
            (),
            f"{failed} replicates failed and are left out",
            "See attrs['failed'].",
            serious=share > 0.05,
        )
    stats = draws["sample_stats"] if "sample_stats" in draws.children else {}
    if details.get("optimizer") == "newton" and "converged" in stats:
        short = float(1 - np.asarray(stats["converged"]).mean())
        if short > 0:
            yield Finding(
                "failed replicate",
                (),
                f"{short:.0%} of the replicates did not reach an optimum",
                "Take optimizer=bn.Newton(max_steps=2000).",
                serious=short > 0.05,
            )
    if float(details.get("pareto_k", 0.0)) > GOOD_K:
        family = details.get("family")
        what = "a normal at one mode" if family is None else f"the family {family!r}"
        yield Finding(
            "poor fit",
            (),
            f"Pareto k {details['pareto_k']:.2f} is above {GOOD_K}: {what} misses much of the "
            "posterior",
            "Use bn.nuts for regions; predictions may still be good, see bn.compare."
            if family in (None, "full")
            else "Try family='full', or bn.nuts.",
        )
    if provenance.method == "bootstrap" or details.get("covariance") in ("sandwich", "hac"):
        yield Finding(
            "no posterior",
            (),
            "regions tell how the estimate varies over data; in a direction that only the prior "
            "holds they have no width",
            "Read them as the stability of training; bn.nuts has the posterior.",
            serious=False,
        )
    singular = int(details.get("singular", 0))
    if singular:
        yield Finding(
            "flat direction",
            (),
            f"the Hessian is not positive in {singular} directions",
            "A normal at one point says little here: use bn.nuts, or bn.reduce the network.",
        )
    if "singular" in details and not details.get("converged", 1):
        yield Finding(
            "failed replicate", (), "the mode was not reached", "Raise starts, or use bn.nuts."
        )


def of_count(posts: dict[str, NeuronPosterior]) -> Iterator[Finding]:
    """Covariances that fewer draws than they need have shrunk."""
    for post in posts.values():
        names = _names(post, np.asarray(post.shrinkage) > SHRUNK)
        if names:
            yield Finding(
                "too few draws",
                names,
                f"{len(post.draws)} draws of "
                f"{len(post.weights)} weights: covariances are shrunk by up to "
                f"{post.shrinkage.max():.0%}",
                "Take more of them before reading shapes of regions.",
                serious=bool(post.shrinkage.max() > ALL_SHRUNK),
            )


def of_neurons(posts: dict[str, NeuronPosterior]) -> Iterator[Finding]:
    """Neurons that are hard to tell apart, or of which data say nothing."""
    for post in posts.values():
        if not np.isfinite(post.margin).any():
            continue  # no symmetry, nothing to match
        names = _names(post, post.ambiguous > AMBIGUOUS)
        if names:
            yield Finding(
                "ambiguous match",
                names,
                f"in up to {post.ambiguous.max():.0%} of the "
                "draws another neuron fits nearly as well",
                "They may be twins, or too wide to tell apart: see bn.relevance and bn.reduce.",
                serious=False,
            )
        names = _names(post, post.null_ratio > WIDE)
        if names:
            yield Finding(
                "no information",
                names,
                f"regions are {post.null_ratio.max():.0%} as wide as those of aligned prior draws",
                "The data do not say what they do: a smaller network would predict as well.",
                serious=False,
            )


def _by_neuron(post: NeuronPosterior, chains: int) -> tuple[np.ndarray, np.ndarray]:
    """Largest R-hat and smallest bulk ESS over the weights of every neuron."""
    values = post.draws.reshape(chains, -1, *post.draws.shape[1:])
    still = np.ptp(values, axis=(0, 1)) == 0
    ess = np.where(still, np.inf, array_stats.ess(values, chain_axis=0, draw_axis=1))
    rhat = np.ones(still.shape)
    if chains > 1:
        rhat = np.where(still, 1.0, array_stats.rhat(values, chain_axis=0, draw_axis=1))
    return rhat.max(axis=1), ess.min(axis=1)


def _names(post: NeuronPosterior, which: np.ndarray) -> tuple[str, ...]:
    return tuple(f"{post.layer}[{i}]" for i in np.flatnonzero(which))
