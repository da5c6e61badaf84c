"""The checks that sktime has for its forecasters, on `NeuronForecaster`.

Writes benchmarks/results/sktime_checks.csv: how many of each class of checks pass. Most of the time
is compiling series of many lengths; $JAX_COMPILATION_CACHE_DIR keeps programs from run to run.
"""

import time
import warnings

import pandas as pd
import sktime
from _tables import report
from sktime.tests.test_class_register import get_test_classes_for_obj

from bayesneuron.forecasting.sktime import NeuronForecaster


def main() -> None:
    warnings.simplefilter("ignore")
    rows = []
    for checks in get_test_classes_for_obj(NeuronForecaster):
        started = time.perf_counter()
        results = checks().run_tests(NeuronForecaster, raise_exceptions=False)
        failed = {name: str(why) for name, why in results.items() if why != "PASSED"}
        rows.append(
            {"checks": checks.__name__, "run": len(results), "passed": len(results) - len(failed),
             "seconds": time.perf_counter() - started}
        )  # fmt: skip
        print(rows[-1], flush=True)
        for name, why in failed.items():
            print(f"  {name}: {why[:300]}", flush=True)
        report("sktime_checks", pd.DataFrame(rows), f"sktime {sktime.__version__}")


if __name__ == "__main__":
    main()
