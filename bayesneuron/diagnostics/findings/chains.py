"""What can be wrong with chains: modes, mixing, the sampler's own statistics."""

import numpy as np

from bayesneuron.diagnostics.facts import Sampler
from bayesneuron.diagnostics.findings.finding import Finding, where
from bayesneuron.diagnostics.findings.fit import few_distinct
from bayesneuron.diagnostics.mixing import Mixing
from bayesneuron.diagnostics.mixtures.result import LIGHT, MIXED, Modes
from bayesneuron.inference.warm_start import NEGLIGIBLE

ENOUGH = 400  # effective draws (Vehtari et al. 2021)
BFMI = 0.3  # Betancourt 2016
DIVERGENT = 0.005  # share of divergent draws that is serious
DEEP = 0.01  # share of the draws cut short by the largest tree that is reported


def stuck_chains(modes: Modes) -> Finding | None:
    """Chains that hardly move for a while."""
    if not modes.stuck.any():
        return None
    draws = modes.table()["draws"].to_numpy()
    share = draws[modes.stuck].sum() / draws.sum()
    return Finding(
        "slow mixing",
        (),
        f"chains that hardly move for {share:.0%} of the draws: under ten effective draws of "
        "their predictions",
        "The posterior is sharper there than where steps were adapted: draw again with "
        "target_accept=0.95, warmup=1000.",
    )


def light_modes(modes: Modes) -> Finding | None:
    """Modes without weight, stuck ones apart."""
    count = sum(w < LIGHT and not s for w, s in zip(modes.weights, modes.stuck, strict=True))
    if not count:
        return None
    return Finding(
        "mode",
        (),
        f"weight ({modes.weighted_by}) under {LIGHT:.0%}: {count} of {len(modes.trees)} modes",
        "Leave them out: bn.modes(draws).trees[0] is the heaviest.",
        serious=False,
    )


def heavy_modes(modes: Modes) -> Finding | None:
    """Several modes with weight."""
    heavy = [m for m, w in enumerate(modes.weights) if w >= LIGHT]
    if len(heavy) < 2:
        return None
    mixture = modes.mixture()
    split = np.flatnonzero(mixture.share_between > 0.5)
    gap = modes.apart_function[np.ix_(heavy, heavy)]
    same = gap[~np.eye(len(heavy), dtype=bool)].max() <= 1.0
    weights = ", ".join(f"{modes.weights[m]:.2f}" for m in heavy)
    return Finding(
        "mode",
        tuple(f"{mixture.layer}[{i}]" for i in split),
        f"{len(heavy)} modes with weights {weights} by {modes.weighted_by}; predictions "
        + ("agree, so they are ways to write one function" if same else "differ between them"),
        "Report neurons mode by mode (bn.modes(draws).trees) or their mixture (.mixture()); the "
        "mean over all modes is of no network. More starts would show whether there are others.",
    )


def unvisited_optima(modes: Modes) -> Finding | None:
    """Distinct optima with mass at which no chain started."""
    count = modes.start.left_out
    if not count:
        return None
    return Finding(
        "mode",
        (),
        f"{count} of {modes.heavy} distinct optima with evidence within {NEGLIGIBLE:g} nats of the "
        "best got no chain",
        f"Part of the posterior may be missing: draw with chains={2 * modes.heavy} or more.",
    )


def deserted_optima(modes: Modes) -> Finding | None:
    """Distinct optima with mass whose chains all left for another, none ever coming back."""
    started = np.asarray(modes.start.mode)
    if len(started) != len(modes.labels) or len(set(started.tolist())) < 2:
        return None
    homes = {int(k): set(modes.labels[started == k, 0].tolist()) for k in set(started.tolist())}
    stayed = {k: set(modes.labels[started == k, -1].tolist()) for k in homes}
    gone = [
        k
        for k in homes
        if homes[k].isdisjoint(stayed[k]) and not any(homes[k] & stayed[other] for other in homes)
    ]
    if not gone:
        return None
    return Finding(
        "mode",
        (),
        f"all chains left {len(gone)} of {modes.heavy} distinct optima with mass, and none is "
        "there at the end",
        "Chains have not forgotten where they started: raise warmup and draw longer.",
    )


def disagreement(mixing: Mixing) -> Finding | None:
    """Chains that disagree within a mode: in weights only, or in predictions too."""
    names = where(mixing.names, mixing.rhat > MIXED)
    if not names:
        return None
    weights = f"R-hat of weights up to {mixing.rhat.max():.3f}"
    predictions = f"of predictions {mixing.rhat_function:.3f}"
    if np.isnan(mixing.rhat_function):
        predictions = "of predictions not known (give model=)"
    if mixing.rhat_function <= MIXED:
        worst, free = int(np.argmax(mixing.rhat)), ""
        if mixing.free_along and mixing.free_along[worst] != "–":
            free = f"; {mixing.names[worst]} is free along {mixing.free_along[worst]}"
        return Finding(
            "flat direction",
            names,
            f"{weights}, {predictions}{mixing.where}{free}",
            "The function is known, these neurons' part in it is not: see bn.identified, "
            "bn.relevance and bn.reduce, or draw longer.",
        )
    fewest = mixing.ess.min()
    longer = int(np.ceil(ENOUGH / max(fewest, 1.0)))
    return Finding(
        "slow mixing",
        names,
        f"{weights}, {predictions}, {fewest:.0f} effective draws of {mixing.draw_count}"
        f"{mixing.where}",
        f"Draw about {max(2, longer)} times as long, or fit a smaller network.",
    )


def few_effective_draws(mixing: Mixing) -> Finding | None:
    """Chains that agree, but have too few effective draws."""
    few = (mixing.ess < ENOUGH) & ~(mixing.rhat > MIXED)
    if not few.any():
        return None
    fewest = mixing.ess[few].min()
    enough = int(np.ceil(mixing.chain_length * 1.1 * ENOUGH / fewest))
    return Finding(
        "too few draws",
        where(mixing.names, few),
        f"{fewest:.0f} effective draws{mixing.where}, {ENOUGH} are needed for a 90% region",
        f"samples={enough} would do.",
    )


def repeated_draws(mixing: Mixing) -> Finding | None:
    """Chains that repeat a few draws."""
    return few_distinct(mixing.draw_count, mixing.distinct)


def _higher(target_accept: float) -> str:
    return "0.95" if not target_accept >= 0.95 else f"0.99; here {target_accept:g}"


def divergences(sampler: Sampler) -> Finding | None:
    """Trajectories that diverged."""
    if not sampler.divergences:
        return None
    return Finding(
        "divergence",
        (),
        f"{sampler.divergences} of {sampler.draw_count} draws diverged: a corner was cut off",
        f"Raise target_accept ({_higher(sampler.target_accept)}) and warmup (1000), or tighten the "
        "prior of the scales.",
        serious=sampler.divergences > DIVERGENT * sampler.draw_count,
    )


def short_trees(sampler: Sampler) -> Finding | None:
    """Trajectories cut short at the largest tree."""
    if not sampler.treedepth_share > DEEP:
        return None
    return Finding(
        "tree depth",
        (),
        f"{sampler.treedepth_share:.0%} of the draws were stopped at the largest tree",
        "Raise max_tree_depth, or start at optima.",
        serious=False,
    )


def low_energy(sampler: Sampler) -> Finding | None:
    """Energies that change too slowly for the tails."""
    if not sampler.bfmi < BFMI:
        return None
    return Finding(
        "energy",
        (),
        f"E-BFMI {sampler.bfmi:.2f} is below {BFMI}",
        "Heavy tails: tighten the prior of the scales, or draw longer.",
    )
