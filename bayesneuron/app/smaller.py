"""What became of the network when it was reduced, as Markdown."""

from bayesneuron.app.markdown import captioned, table
from bayesneuron.app.summary import SCORED, ends, finite
from bayesneuron.reduction import Reduction
from bayesneuron.reduction.result import NO_SIZE, undecided
from bayesneuron.reduction.through_network import PROJECTED, caution_of

CAUTION = (
    "Standard errors treat windows as independent; where windows overlap they are too small. The "
    "size was chosen by the same score, so its error is slightly optimistic. A live neuron "
    "can still be redundant: it contributes to the output, but a network without it can learn to "
    "predict as well."
)
BASIS = {
    "own": "Every size that was scored has a posterior of its own: four short chains of NUTS, "
    "started at the merged draws.",
    "merged": "Sizes were scored by merged draws: no weight was trained again, merged neurons take "
    "over the outgoing weights of their members, draw by draw. That calls for more neurons than a "
    "posterior of the small network itself.",
}


def smaller(reduction: Reduction, outcome: str, error: str) -> list[str]:
    """The outcome, the rule it follows, and the network before and after.

    Parameters
    ----------
    reduction : Reduction
    outcome : str
        One sentence.
    error : str
        What the column of errors is called.
    """
    rows = [
        [
            name,
            f"{row['neurons']:.0f}",
            f"{row['parameters']:.0f}",
            finite(row["elpd"], row["se"]),
            f"{row['error']:.4g}",
        ]
        for name, row in zip(("before", "after"), ends(reduction), strict=True)
    ]
    words = caution_of(reduction.lost)
    caution = f"**Not to be trusted**: {words}. " if words else ""
    merged = f" {PROJECTED[0].upper()}{PROJECTED[1:]}." if reduction.projected else ""
    return [
        f"{caution}{outcome} The rule: the smallest network whose expected log predictive density "
        "(elpd) is within one standard error of the best one's, or within 2 nats, the standard "
        f"error being that of the difference, scored {SCORED[reduction.scored]}. "
        f"{BASIS[reduction.basis]}{merged}",
        captioned(
            "The network before and after",
            table(["network", "neurons", "parameters", "elpd", error], rows),
        ),
        CAUTION,
    ]


def in_one_sentence(reduction: Reduction) -> str:
    """How many neurons each reduced layer needs."""
    if undecided(reduction.curve):
        return f"{NO_SIZE[0].upper()}{NO_SIZE[1:]}."
    before, after = ends(reduction)
    if after["neurons"] == before["neurons"]:
        return "No smaller network predicts as well."
    share = after["parameters"] / before["parameters"]
    layers = ", ".join(
        f"{before[k]:.0f} to {width} in {k}" for k, width in reduction.widths.items()
    )
    return f"Fewer neurons predict as well ({layers}), with {share:.0%} of the parameters."
