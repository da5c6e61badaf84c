"""The study's recipe as a plain PyTorch loop; prints seconds per replicate as JSON.

Run by `bootstrap_speed.py` with a Python that has PyTorch.
"""

import json
import sys
import time

import numpy as np
import torch


def train(
    x: torch.Tensor, y: torch.Tensor, hidden: int, epochs: int, batch: int, lr: float
) -> float:
    """One replicate on one resample; the prior enters the loss as weight decay."""
    network = torch.nn.Sequential(
        torch.nn.Linear(x.shape[1], hidden), torch.nn.Tanh(), torch.nn.Linear(hidden, y.shape[1])
    )
    optimizer = torch.optim.Adam(network.parameters(), lr=lr)
    loader = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(x, y), batch_size=batch, shuffle=True, drop_last=True
    )
    for _ in range(epochs):
        for inputs, targets in loader:
            optimizer.zero_grad()
            loss = torch.nn.functional.mse_loss(network(inputs), targets)
            decay = sum((p**2).sum() for p in network.parameters())
            (loss + decay / len(x)).backward()
            optimizer.step()
    return float(loss.detach())


def main() -> None:
    """Arguments: data file, an unused path, hidden, epochs, batch, learning rate, replicates."""
    file, _, hidden, epochs, batch, lr, replicates = sys.argv[1:]
    torch.set_num_threads(max(1, torch.get_num_threads()))
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    with np.load(file, allow_pickle=False) as data:
        x, y = (torch.from_numpy(data[k].astype(np.float32)) for k in ("x", "y"))
    seconds = []
    for _ in range(int(replicates)):
        rows = torch.from_numpy(rng.integers(0, len(x), len(x)))
        start = time.perf_counter()
        train(x[rows], y[rows], int(hidden), int(epochs), int(batch), float(lr))
        seconds.append(time.perf_counter() - start)
    print(
        json.dumps(
            {"version": torch.__version__, "threads": torch.get_num_threads(), "seconds": seconds}
        )
    )


main()
