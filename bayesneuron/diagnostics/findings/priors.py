"""What can be wrong with the prior that draws were made under."""

from bayesneuron.diagnostics.findings.finding import Finding
from bayesneuron.diagnostics.prior_width import PriorWidth

STRONG = 3.0  # nats of evidence, a Bayes factor of 20 (Kass and Raftery, JASA 1995)


def narrow_prior(width: PriorWidth) -> Finding | None:
    """A prior that holds the weights of a layer too close to zero."""
    if not (width.scale > 1 and width.gain > STRONG):
        return None
    return Finding(
        "narrow prior",
        (),
        f"weights into {width.layer} are {width.scale:.2g} times as wide as their prior: that "
        f"scale has at least {width.gain:.0f} nats more evidence",
        "Predictions are shrunk. prior='hierarchical' learns the scale; or raise prior_scale.",
        serious=False,
    )
