"""Where independent blocks of work run, and where they are kept until all are done."""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from bayesneuron.numerics.checkpoint import Checkpoint
from bayesneuron.numerics.elsewhere import reference_of


@dataclass(frozen=True)
class Work:
    """An executor for blocks, none to run them here, and a checkpoint, none to keep nothing."""

    executor: Executor | None = None
    checkpoint: Checkpoint | None = None
    counts: dict[str, int] = field(default_factory=dict)  # of stages by the name of their program

    def stage(self, program: Callable[..., Any]) -> "Stage":
        """The blocks of one program; the second time that it runs they are other blocks."""
        if self.checkpoint is None:
            return Stage()
        name = reference_of(program)[0].partition(":")[2].lstrip("_")
        number = self.counts[name] = self.counts.get(name, 0) + 1
        return Stage(self.checkpoint, f"{name}-{number}")

    def within(self, name: str) -> "Work":
        """The same for a run within this one, whose blocks are in a folder of their own."""
        if self.checkpoint is None:
            return self
        return Work(self.executor, self.checkpoint.within(name))

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """What stops a run here says what is kept of it, and where."""
        try:
            yield
        except KeyboardInterrupt:
            if self.checkpoint is None:
                raise
            raise KeyboardInterrupt(
                f"{self.checkpoint.count()} blocks are kept in {self.checkpoint.folder}; the same "
                "call goes on from there"
            ) from None


HERE = Work()


@dataclass(frozen=True)
class Stage:
    """Blocks that a checkpoint has of one program."""

    checkpoint: Checkpoint | None = None
    name: str = ""

    def kept(self, start: int, returns: Callable[..., Any] | None) -> Any:
        """What the block that begins at `start` returned; None where it is yet to run."""
        if self.checkpoint is None:
            return None
        arrays = self.checkpoint.read(self._block(start))
        if arrays is None or returns is None:
            return None if arrays is None else arrays.get("")
        fields: dict[str, Any] = {}
        for place, value in arrays.items():
            name, _, key = place.partition("/")
            if key:
                fields.setdefault(name, {})[key] = value
            else:
                fields[name] = value
        try:
            return returns(**fields)
        except TypeError:  # other fields: no block of ours
            return None

    def keep(self, start: int, out: Any) -> None:
        """Write what a block returned: an array, or a NamedTuple of arrays and dicts of arrays."""
        if self.checkpoint is None:
            return
        arrays: dict[str, Any] = {}
        for name, value in out._asdict().items() if hasattr(out, "_asdict") else [("", out)]:
            if value is None:
                continue
            within = value.items() if isinstance(value, dict) else None
            arrays |= {name: value} if within is None else {f"{name}/{k}": v for k, v in within}
        self.checkpoint.write(self._block(start), arrays)

    def _block(self, start: int) -> str:
        return f"{self.name}-{start:06d}"
