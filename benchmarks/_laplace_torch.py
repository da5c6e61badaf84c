"""laplace-torch at one optimum of a two-layer tanh network; writes covariances, prints JSON.

Run by `svi_laplace_speed.py` with a Python that has laplace-torch.
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
        arrays = {k: torch.from_numpy(data[k].astype(np.float64)) for k in data.files}
    w2, b1, w1, b2 = (arrays[k] for k in ("w2", "b1", "w1", "b2"))
    network = torch.nn.Sequential(
        torch.nn.Linear(w2.shape[1], w2.shape[0]), torch.nn.Tanh(), torch.nn.Linear(*w1.shape[::-1])
    )
    with torch.no_grad():
        for p, v in zip(network.parameters(), (w2, b1, w1, b2), strict=True):
            p.copy_(v)
    data = torch.utils.data.TensorDataset(arrays["x"], arrays["y"])
    loader = torch.utils.data.DataLoader(data, batch_size=len(arrays["x"]))
    methods = {
        "full GGN": ("full", CurvlinopsGGN),
        "full Hessian": ("full", CurvlinopsHessian),
        "kron": ("kron", CurvlinopsGGN),
        "diag": ("diag", CurvlinopsGGN),
    }
    covariances, answer = {}, {"version": f"laplace-torch {version('laplace-torch')}"}
    for name, (structure, backend) in methods.items():
        start = time.perf_counter()
        posterior = Laplace(
            network, "regression", subset_of_weights="all", hessian_structure=structure,
            sigma_noise=float(noise), prior_precision=arrays["precision"], backend=backend,
        ) if structure != "kron" else Laplace(
            network, "regression", subset_of_weights="all", hessian_structure="kron",
            sigma_noise=float(noise), prior_precision=arrays["layer_precision"], backend=backend,
        )  # fmt: skip
        posterior.fit(loader)
        if structure == "full":
            covariance = posterior.posterior_covariance
        elif structure == "diag":
            covariance = torch.diag(posterior.posterior_variance)
        else:
            covariance = torch.linalg.inv(posterior.posterior_precision.to_matrix())
        answer[name] = time.perf_counter() - start
        covariances[name] = covariance.detach().numpy()
    np.savez(out, **covariances)
    print(json.dumps(answer))


main()
