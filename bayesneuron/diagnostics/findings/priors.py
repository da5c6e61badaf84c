"""What can be wrong with the prior that draws were made under."""

import numpy as np

from bayesneuron.diagnostics.findings.finding import Finding
from bayesneuron.diagnostics.prior_width import PriorWidth

STRONG = 3.0  # nats of evidence, a Bayes factor of 20 (Kass and Raftery, JASA 1995)
WIDER = 1.5  # times as wide, at least: many weights show a smaller change that hardly matters


def narrow_prior(width: PriorWidth) -> Finding | None:
    """A prior that holds the weights of a layer too close to zero."""
    times = float(np.exp(width.change))
    if not (times >= WIDER and width.gain > STRONG):
        return None
    return Finding(
        "narrow prior",
        (),
        f"a prior {times:.1f} times as wide of the weights into {width.layer} has "
        f"about {width.gain:.0f} nats more evidence",
        "Predictions are shrunk. prior='hierarchical' learns the scale; or raise prior_scale.",
        serious=False,
    )
