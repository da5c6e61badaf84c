"""What can be wrong with data and predictions, whatever the neurons."""

from bayesneuron.diagnostics.findings.finding import Finding
from bayesneuron.diagnostics.linear_model import LinearGap

CLEAR = 2.0  # standard errors of a difference
SMALL = 0.01  # nats per row: a hundredth of a probability, too little to speak of
SCALE = "let the prior's scale be learnt (prior='hierarchical')"
PATH = "give the network a direct linear path (skip=True)"


def scale_of_data(off_scale: tuple[str, ...]) -> Finding | None:
    """Data far from the scale that the priors are for."""
    if not off_scale:
        return None
    return Finding(
        "scale of the data",
        (),
        "; ".join(off_scale),
        "Weights and noise have priors for data of about unit scale: standardise each column, "
        "by its mean and standard deviation of the training part.",
        serious=False,
    )


def against_linear(gap: LinearGap | None) -> Finding | None:
    """A linear model that predicts better, or as well as these rows can tell."""
    if gap is None:
        return None
    clear = max(CLEAR * gap.se, SMALL * gap.rows)
    densities = f"log density {gap.linear:.2f} against {gap.network:.2f}"
    over_rows = f"over all rows {gap.difference:.0f} ± {gap.se:.0f} nats"
    if gap.difference >= clear:
        return Finding(
            "worse than linear",
            (),
            f"{gap.name} predicts a row better: {densities}, {over_rows}",
            f"Neurons of a network that a linear model beats say little. {_remedy(gap)}",
            serious=False,
        )
    if gap.difference > -clear:
        return Finding(
            "no better than linear",
            (),
            f"{gap.name} predicts a row as well, as far as these rows tell: {densities}, "
            f"{over_rows}",
            "Nothing here shows that hidden neurons are needed. Report the linear model beside "
            f"the network{'' if gap.direct else f', or {PATH}'}.",
            serious=False,
        )
    return None


def _remedy(gap: LinearGap) -> str:
    """What the network has not got yet."""
    steps = [*([] if gap.learnt else [SCALE]), *([] if gap.direct else [PATH])]
    if not steps:
        return "Report the linear model."
    text = " or ".join(steps)
    return f"{text[0].upper()}{text[1:]}; otherwise report the linear model."
