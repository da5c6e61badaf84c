"""Inputs of NeuralFoil that occur, and what it answers; run by a Python that has the package.

Prints nothing. Writes to the file of the first argument, an ``.npz``: `x` (case, 25), the scaled
inputs of every n-th airfoil of AeroSandbox's database (named in `airfoil`) at random angles of
attack, Reynolds numbers and transition; by the package's own code and its large network, lift,
drag and moment, and two values of the boundary layer; and `weights`, the folder of its networks.
"""

import sys
from pathlib import Path
from typing import Any

import aerosandbox as asb  # pyright: ignore[reportMissingImports]
import neuralfoil  # pyright: ignore[reportMissingImports]
import numpy as np

EVERY, CASES = 4, 8  # airfoils, and cases of each


def main() -> None:
    folder = Path(asb.__file__).parent / "geometry" / "airfoil" / "airfoil_database"
    rng = np.random.default_rng(0)
    rows: list[np.ndarray] = []
    names: list[str] = []
    answers: list[Any] = []
    for path in sorted(folder.glob("*.dat"))[::EVERY]:
        try:
            foil = asb.Airfoil(path.stem).normalize().to_kulfan_airfoil(n_weights_per_side=8)
        except Exception:  # some files hold no closed outline
            continue
        p = foil.kulfan_parameters
        if not np.isfinite(np.concatenate([p["upper_weights"], p["lower_weights"]])).all():
            continue
        alpha = rng.uniform(-8, 14, CASES)
        reynolds = 10 ** rng.uniform(4.5, 7, CASES)
        critical = rng.choice([5.0, 9.0, 12.0], CASES)
        upper, lower = (np.where(rng.random(CASES) < 0.7, 1.0, rng.random(CASES)) for _ in "ul")
        radians = np.deg2rad(alpha)
        shape = [*p["upper_weights"], *p["lower_weights"], p["leading_edge_weight"]]
        columns = [
            *(np.full(CASES, v) for v in (*shape, 50 * p["TE_thickness"])),
            np.sin(2 * radians), np.cos(radians), np.sin(radians) ** 2,
            (np.log(reynolds) - 12.5) / 3.5, (critical - 9) / 4.5, upper, lower,
        ]  # fmt: skip
        rows.append(np.stack(columns, axis=1))
        names += [path.stem] * CASES
        answers.append(
            neuralfoil.get_aero_from_kulfan_parameters(
                p, alpha=alpha, Re=reynolds, n_crit=critical, xtr_upper=upper, xtr_lower=lower,
                model_size="large",
            )
        )  # fmt: skip
    names_of = {
        "CL": "lift", "CD": "drag", "CM": "moment", "upper_bl_H_5": "shape",
        "lower_bl_ue/vinf_5": "velocity",
    }  # fmt: skip
    values = {name: np.concatenate([a[k] for a in answers]) for k, name in names_of.items()}
    np.savez_compressed(
        sys.argv[1],
        x=np.concatenate(rows),
        airfoil=np.array(names),
        weights=str(Path(neuralfoil.__file__).parent / "nn_weights_and_biases"),
        **values,
    )


if __name__ == "__main__":
    main()
