"""Every loader with files that the library writes for it, and what must hold of any file.

Whatever the bytes are, a loader returns a correct result or raises a ValueError or an OSError of
one line that names the file. Another exception is a fault.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import fuzzing.forged as forged
import fuzzing.structure as structure
import numpy as np

import bayesneuron as bn
from bayesneuron.draws.check_draws import check_draws
from bayesneuron.network.layout import Layout

Mutate = Callable[[bytes, np.random.Generator], bytes]


class Fault(Exception):
    """A loader did what no file may make it do."""


@dataclass(frozen=True)
class Target:
    """A loader.

    Attributes
    ----------
    suffix : str
        Of its files.
    seeds : callable
        Files that the library writes, as bytes.
    read : callable
        The public function, of a path.
    check : callable
        Raises where a result is not a correct one.
    mutate : callable or None
        A change that knows the format, beside changes of bytes.
    """

    suffix: str
    seeds: Callable[[Path], list[bytes]]
    read: Callable[[Path], Any]
    check: Callable[[Any, Path], None]
    mutate: Mutate | None = None


def run(target: Target, content: bytes, folder: Path) -> bool:
    """Whether a loader takes `content`; `folder` holds one file before and after.

    Raises
    ------
    Fault
        If it neither returns a correct result nor refuses the file in one line that names it.
    """
    path = folder / f"input{target.suffix}"
    path.write_bytes(content)
    try:
        value = target.read(path)
    except (ValueError, OSError) as error:
        named = path.name in str(error) or target.suffix == ".json"
        if type(error) not in (ValueError, FileNotFoundError) or not named:
            raise Fault(f"{type(error).__name__} does not name the file: {error}") from error
        if len(str(error).splitlines()) != 1:
            raise Fault(f"expected one line, got {error}") from error
        return False
    except Exception as error:
        raise Fault(f"{type(error).__name__}: {error}") from error
    try:
        target.check(value, folder)
    except Exception as error:
        raise Fault(f"of the result, {type(error).__name__}: {error}") from error
    left = sorted(p.name for p in folder.iterdir())
    if left != [path.name]:
        raise Fault(f"files left behind: {left}")
    return True


def _finite_series(series: Any, folder: Path) -> None:
    assert series.ndim in (1, 2)
    assert series.size
    assert np.isfinite(series.values).all()
    assert repr(series)


def _whole_draws(draws: Any, folder: Path) -> None:
    check_draws(draws)
    assert repr(bn.Layout.from_json(draws.attrs["layout"]))
    try:
        path = bn.save(draws, folder / "again.nc")
    except ValueError as error:  # such as text of other encodings, which stays in memory
        if "attributes that netCDF holds" not in str(error):
            raise
        return
    assert bn.open(path).posterior.equals(draws.posterior)
    path.unlink()


def _sound_layout(layout: Any, folder: Path) -> None:
    again = Layout.from_json(layout.to_json())
    assert again == layout
    assert repr(layout)
    assert set(layout.forward) == set(layout.hidden)
    for layer in layout.hidden:
        assert layout.symmetry(layer)
        assert layout.axes(layer)


def _texts(folder: Path) -> list[bytes]:
    series = bn.datasets.noisy_sine(length=12).values
    rows = [f"2024-01-{i + 1:02d},{v:.4f},a" for i, v in enumerate(series)]
    plain = "\n".join(["date,speed,who", *rows]) + "\n"
    german = plain.replace(",", ";").replace(".", ",")
    blanks = "# time b\n" + "\n".join(f"{i} {v:.3e}" for i, v in enumerate(series))
    return [text.encode() for text in (plain, german, blanks, 'v\n"1"\n2\n3.5\n4\n')]


def _frame(writer: Callable[[Any, io.BytesIO], None]) -> Callable[[Path], list[bytes]]:
    def written(folder: Path) -> list[bytes]:
        import pandas as pd

        buffer = io.BytesIO()
        writer(pd.DataFrame({"speed": np.linspace(0, 1, 9), "who": list("abcabcabc")}), buffer)
        return [buffer.getvalue()]

    return written


def _packed(folder: Path) -> list[bytes]:
    import gzip

    return [gzip.compress(text, mtime=0) for text in _texts(folder)]


@cache
def _draws() -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    prior = bn.prior(model, np.zeros((4, 3)), samples=3)
    weights = {"0.weight": rng.normal(size=(2, 3)), "0.bias": rng.normal(size=2)}
    weights |= {"2.weight": rng.normal(size=(1, 2)), "2.bias": rng.normal(size=1)}
    return prior, bn.from_state_dicts(weights, activation="tanh", noise=0.1)


def _netcdf(folder: Path) -> list[bytes]:
    contents = [bn.save(draws, folder / "seed.nc").read_bytes() for draws in _draws()]
    (folder / "seed.nc").unlink()
    return contents


def _learned(folder: Path) -> list[bytes]:
    contents = _netcdf(folder)
    for content in contents:
        forged.learn(content.rpartition(structure.MARK)[0])
    return contents


def _exported(suffix: str) -> Callable[[Path], list[bytes]]:
    def written(folder: Path) -> list[bytes]:
        path = bn.export(_draws()[1], folder / f"seed{suffix}")
        content = path.read_bytes()
        path.unlink()
        return [content]

    return written


def _npz(folder: Path) -> list[bytes]:
    state, buffers = bn.to_state_dict(_draws()[1]), (io.BytesIO(), io.BytesIO())
    np.savez(buffers[0], **state)
    np.savez_compressed(buffers[1], **state)
    return [b.getvalue() for b in buffers]


def _npy(folder: Path) -> list[bytes]:
    buffer = io.BytesIO()
    np.save(buffer, np.linspace(0, 1, 12).reshape(6, 2))
    return [buffer.getvalue()]


def _layouts(folder: Path) -> list[bytes]:
    full = Layout(
        {"W": ("h", "x"), "b": ("h",), "R": ("h", "h"), "V": ("y", "h"), "s": ("h",), "c": ("y",)},
        {"h": "tanh"}, into={"W": 0}, scales=("s",), gates=("b",), widths={"h": ("hidden", 0)},
    )  # fmt: skip
    shipped = bn.load("lstm", inputs=1, hidden=2, outputs=1, skip=True).layout
    return [layout.to_json().encode() for layout in (full, shipped)]


def _series(path: Path) -> Any:
    return bn.read_series(path, column=0 if path.suffix == ".npy" else None)


def _network(path: Path) -> Any:
    return bn.from_state_dicts(path, activation="tanh", noise=0.1)


def _onnx(path: Path) -> Any:
    return bn.from_state_dicts(path, noise=0.1)


def _layout(path: Path) -> Layout:
    return Layout.from_json(path.read_bytes().decode("utf-8", "surrogateescape"))


TARGETS = {
    "csv": Target(".csv", _texts, _series, _finite_series, structure.text),
    "gzip": Target(".csv.gz", _packed, _series, _finite_series),
    "npy": Target(".npy", _npy, _series, _finite_series, structure.npy),
    "xlsx": Target(".xlsx", _frame(lambda f, b: f.to_excel(b, index=False)), _series,
                   _finite_series, structure.archive),
    "parquet": Target(".parquet", _frame(lambda f, b: f.to_parquet(b)), _series, _finite_series),
    "netcdf": Target(".nc", _netcdf, bn.open, _whole_draws, structure.netcdf),
    "forged": Target(".nc", _learned, bn.open, _whole_draws, forged.netcdf),
    "safetensors": Target(".safetensors", _exported(".safetensors"), _network, _whole_draws,
                          structure.safetensors),
    "npz": Target(".npz", _npz, _network, _whole_draws, structure.npz),
    "onnx": Target(".onnx", _exported(".onnx"), _onnx, _whole_draws, structure.onnx),
    "layout": Target(".json", _layouts, _layout, _sound_layout, structure.json_text),
}  # fmt: skip
