"""The checks that scikit-learn has for its estimators, on ours by three methods.

Writes benchmarks/results/sklearn_checks.csv: how many checks pass, and how many do not apply. Most
of the time is compiling data of many shapes.
"""

import time
import warnings

import pandas as pd
import sklearn
from _tables import report
from sklearn.utils.estimator_checks import check_estimator

import bayesneuron as bn

OPTIONS = {
    "laplace": {"samples": 50, "starts": 1},
    "bootstrap": {"replicates": 10},
    "svi": {"samples": 50, "steps": 300, "starts": 1},
}


def main() -> None:
    warnings.simplefilter("ignore")
    rows = []
    for estimator in (bn.NeuronRegressor, bn.NeuronClassifier):
        for method, options in OPTIONS.items():
            started = time.process_time()
            network = estimator(hidden=3, prior="normal", method=method, options=options)
            checks = check_estimator(network, on_skip=None, on_fail=None)
            status = [check["status"] for check in checks]
            rows.append(
                {"estimator": estimator.__name__, "method": method, "run": len(status),
                 "passed": status.count("passed"), "skipped": status.count("skipped"),
                 "cpu_seconds": time.process_time() - started}
            )  # fmt: skip
            print(rows[-1], flush=True)
            for check in checks:
                if check["status"] != "passed":
                    print(f"  {check['check_name']}: {str(check['exception'])[:300]}", flush=True)
            report("sklearn_checks", pd.DataFrame(rows), f"scikit-learn {sklearn.__version__}")


if __name__ == "__main__":
    main()
