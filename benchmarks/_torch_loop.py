"""The study's recipe in PyTorch, three ways; prints seconds of each replicate as JSON.

Run by `bootstrap_speed.py` with a Python that has PyTorch. ``loader`` trains one network after
another and takes its batches from a DataLoader. ``slices`` takes them by index, with the fused
Adam. ``ensemble`` trains all networks at once, by batched products of matrices. One epoch of
warm-up is not counted.
"""

import json
import sys
import time

import numpy as np
import torch


def by_loader(x: torch.Tensor, y: torch.Tensor, hidden: int, epochs: int, batch: int, lr: float):
    """One replicate on one resample; the prior enters the loss as weight decay."""
    network = _network(x.shape[1], hidden, y.shape[1])
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


def by_slices(x: torch.Tensor, y: torch.Tensor, hidden: int, epochs: int, batch: int, lr: float):
    """The same without a DataLoader."""
    network = _network(x.shape[1], hidden, y.shape[1])
    optimizer = torch.optim.Adam(network.parameters(), lr=lr, weight_decay=2 / len(x), fused=True)
    for _ in range(epochs):
        order = torch.randperm(len(x))
        for first in range(0, len(x) - batch + 1, batch):
            rows = order[first : first + batch]
            optimizer.zero_grad()
            torch.nn.functional.mse_loss(network(x[rows]), y[rows]).backward()
            optimizer.step()


def ensemble(x: torch.Tensor, y: torch.Tensor, hidden: int, epochs: int, batch: int, lr: float):
    """All replicates at once: `x` and `y` are (replicate, row, ...)."""
    count, rows, inputs = x.shape
    outputs = y.shape[2]
    sizes = [(inputs, hidden), (1, hidden), (hidden, outputs), (1, outputs)]
    bounds = [inputs**-0.5, inputs**-0.5, hidden**-0.5, hidden**-0.5]
    weights = [
        torch.empty(count, *size).uniform_(-bound, bound).requires_grad_()
        for size, bound in zip(sizes, bounds, strict=True)
    ]
    w2, b1, w1, b2 = weights
    optimizer = torch.optim.Adam(weights, lr=lr, weight_decay=2 / rows, fused=True)
    each = torch.arange(count)[:, None]
    for _ in range(epochs):
        order = torch.rand(count, rows).argsort(dim=1)
        shuffled_x, shuffled_y = x[each, order], y[each, order]
        for first in range(0, rows - batch + 1, batch):
            part = slice(first, first + batch)
            optimizer.zero_grad()
            hidden_units = torch.baddbmm(b1, shuffled_x[:, part], w2).tanh()
            error = torch.baddbmm(b2, hidden_units, w1) - shuffled_y[:, part]
            # the sum over networks of their mean squared errors; the optimizer adds the decay
            (error.square().sum() / (batch * outputs)).backward()
            optimizer.step()


def _network(inputs: int, hidden: int, outputs: int) -> torch.nn.Sequential:
    return torch.nn.Sequential(
        torch.nn.Linear(inputs, hidden), torch.nn.Tanh(), torch.nn.Linear(hidden, outputs)
    )


def main() -> None:
    """Arguments: data file, unused path, way, hidden, epochs, batch, rate, replicates, threads."""
    file, _, way, hidden, epochs, batch, lr, replicates, threads = sys.argv[1:]
    torch.set_num_threads(int(threads))
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    with np.load(file, allow_pickle=False) as data:
        x, y = (torch.from_numpy(data[k].astype(np.float32)) for k in ("x", "y"))
    count = int(replicates)
    rows = torch.from_numpy(rng.integers(0, len(x), (count, len(x))))
    settings = int(hidden), int(epochs), int(batch), float(lr)
    train = {"loader": by_loader, "slices": by_slices, "ensemble": ensemble}[way]
    jobs = [rows] if way == "ensemble" else list(rows)
    # PyTorch imports and prepares much at its first step
    train(x[jobs[0]], y[jobs[0]], int(hidden), 1, int(batch), float(lr))
    wall, cpu = time.perf_counter(), time.process_time()
    for chosen in jobs:
        train(x[chosen], y[chosen], *settings)
    cost = (time.perf_counter() - wall) / count, (time.process_time() - cpu) / count
    print(json.dumps({"version": torch.__version__, "cost": cost}))


main()
