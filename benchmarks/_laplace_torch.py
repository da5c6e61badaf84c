"""laplace-torch at a given optimum of a two-layer tanh network; leaves covariances, prints JSON.

Run by `svi_laplace_speed.py` with whichever Python has laplace-torch.
"""

import json
import sys
import time
import warnings
from importlib.metadata import version

import numpy as np
import torch

warnings.simplefilter("ignore")

from laplace import Laplace  # noqa: E402
from laplace.curvature import CurvlinopsGGN, CurvlinopsHessian  # noqa: E402


def main() -> None:
    file, out, noise = sys.argv[1:]
    torch.set_default_dtype(torch.float64)
    with np.load(file, allow_pickle=False) as data:
        given = {k: torch.from_numpy(data[k].astype(np.float64)) for k in data.files}
    w2, b1, w1, b2 = (given[k] for k in ("w2", "b1", "w1", "b2"))
    network = torch.nn.Sequential(
        torch.nn.Linear(w2.shape[1], w2.shape[0]), torch.nn.Tanh(), torch.nn.Linear(*w1.shape[::-1])
    )
    with torch.no_grad():
        for p, v in zip(network.parameters(), (w2, b1, w1, b2), strict=True):
            p.copy_(v)
    data = torch.utils.data.TensorDataset(given["x"], given["y"])
    loader = torch.utils.data.DataLoader(data, batch_size=len(given["x"]))
    ways = {
        "full GGN": ("full", CurvlinopsGGN),
        "full Hessian": ("full", CurvlinopsHessian),
        "kron": ("kron", CurvlinopsGGN),
        "diag": ("diag", CurvlinopsGGN),
    }
    arrays, told = {}, {"version": f"laplace-torch {version('laplace-torch')}"}
    for name, (structure, backend) in ways.items():
        start = time.perf_counter()
        found = Laplace(
            network, "regression", subset_of_weights="all", hessian_structure=structure,
            sigma_noise=float(noise), prior_precision=given["precision"], backend=backend,
        ) if structure != "kron" else Laplace(
            network, "regression", subset_of_weights="all", hessian_structure="kron",
            sigma_noise=float(noise), prior_precision=given["layer_precision"], backend=backend,
        )  # fmt: skip
        found.fit(loader)
        if structure == "full":
            covariance = found.posterior_covariance
        elif structure == "diag":
            covariance = torch.diag(found.posterior_variance)
        else:
            covariance = torch.linalg.inv(found.posterior_precision.to_matrix())
        told[name] = time.perf_counter() - start
        arrays[name] = covariance.detach().numpy()
    np.savez(out, **arrays)
    print(json.dumps(told))


main()
