"""R-hat of a network's weights before and after alignment: NUTS, 4 chains of 1000 draws.

The sine is simulated. Walking is MotionSense `wlk_7`, subject 1, `userAcceleration.x`, first 3000
samples, stride 5; without a connection or $BAYESNEURON_DATA, the embedded recording, stride 1.
"""

from _cases import sine, walking
from _draws import recorded, rhat_of_function
from _timing import timed

import bayesneuron as bn
from bayesneuron.draws.convergence import convergence


def main() -> None:
    """Print one table."""
    print(
        "series, network            R-hat raw  aligned  function   "
        "min ESS raw  aligned   s NUTS  s align"
    )
    for case in (sine(10, 2, 20), walking(10, 3, 1)):
        draws = bn.nuts(case.model, case.x, case.y, chains=4, samples=1000, seed=0)
        seconds, aligned = timed(lambda d=draws: bn.align(d))
        before, after = convergence(draws), convergence(aligned)
        print(
            f"{case.title:27}{before[0]:8.2f} {after[0]:9.4f}"
            f"{rhat_of_function(draws):10.4f}"
            f"{before[1]:12.0f} {after[1]:9.0f} {recorded(draws, 'seconds'):9.1f} {seconds:8.2f}"
        )


if __name__ == "__main__":
    main()
