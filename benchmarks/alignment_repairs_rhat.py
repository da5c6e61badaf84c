"""R-hat of a network's weights as drawn and aligned: 4 chains of 1000 draws of NUTS.

The sine is simulated; walking is MotionSense `wlk_7`, subject 1, `userAcceleration.x`, its first
3000 samples with stride 5, where $BAYESNEURON_DATA has it, else the embedded recording (stride 1).
"""

import time

import bayesneuron as bn
from bayesneuron.draws.convergence import convergence, convergence_of_function


def walking() -> tuple[str, object, int]:
    """MotionSense if it can be had."""
    try:
        return "MotionSense walking", bn.datasets.motionsense("wlk_7")[:3000], 5
    except (ValueError, OSError):
        return "embedded walking", bn.datasets.walking(), 1


def main() -> None:
    """Print one table."""
    name, series, stride = walking()
    cases = (
        ("noisy sine", bn.datasets.noisy_sine(length=500, noise=0.2), (10, 20, 1), 2),
        (name, series, (10, 1, stride), 3),
    )
    print(
        "series, network            R-hat raw  aligned  function   "
        "min ESS raw  aligned   s NUTS  s align"
    )
    for name, series, cut, hidden in cases:
        x, y = bn.windows(series, *cut)
        model = bn.load("two_layer", inputs=x.shape[1], hidden=hidden, outputs=y.shape[1])
        draws = bn.nuts(model, x, y, chains=4, samples=1000, seed=0)
        start = time.perf_counter()
        aligned = bn.align(draws)
        seconds = time.perf_counter() - start
        raw, after = convergence(draws), convergence(aligned)
        label = f"{name}, {x.shape[1]}-{hidden}-{y.shape[1]}"
        print(
            f"{label:27}{raw[0]:8.2f} {after[0]:9.4f} {convergence_of_function(draws)[0]:9.4f}"
            f"{raw[1]:12.0f} {after[1]:9.0f} {draws.attrs['seconds']:9.1f} {seconds:8.2f}"
        )


main()
