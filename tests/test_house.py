"""The structure of the package: rooms, names, what is public."""

import inspect
import pkgutil
import re
import tomllib
from pathlib import Path
from types import ModuleType

import bayesneuron as bn

ROOT = Path(__file__).parents[1]
PACKAGE = Path(bn.__file__).parent
ROOMS = {
    "numerics", "network", "data", "datasets", "draws", "exchange", "inference", "forecasting",
    "alignment", "geometry", "reduction", "diagnostics", "structure", "supervised",
    "plots", "app",
}  # fmt: skip
MODULES = [m.name for m in pkgutil.walk_packages(bn.__path__, "bayesneuron.")]
NAMESPACES = (
    "baselines", "calibration", "datasets", "distances", "inputs", "mixtures", "partitions",
    "plot", "similarity",
)  # fmt: skip


def public_functions():
    """Every public function by its dotted name, those of the namespaces too; no classes."""
    named = {name: getattr(bn, name) for name in bn.__all__}
    for space in NAMESPACES:
        module = named.pop(space)
        named |= {f"{space}.{name}": getattr(module, name) for name in module.__all__}
    return {k: v for k, v in named.items() if callable(v) and not isinstance(v, type)}


def test_the_package_has_its_rooms_and_two_loose_modules():
    folders = {f.name for f in PACKAGE.iterdir() if (f / "__init__.py").is_file()} - {"models"}
    assert folders == ROOMS
    assert {f.stem for f in PACKAGE.glob("*.py")} <= {"__init__", "__main__"}


def test_tests_mirror_the_rooms():
    folders = {f.name for f in (ROOT / "tests").iterdir() if any(f.glob("test_*.py"))}
    assert folders <= ROOMS
    assert folders >= ROOMS - {"numerics"}


def test_no_public_function_has_the_name_of_a_module():
    stems = {name.rsplit(".", 1)[1] for name in MODULES}
    assert not {name for name in public_functions() if name.rsplit(".", 1)[-1] in stems}


def test_dir_shows_only_what_is_public():
    assert set(dir(bn)) == set(bn.__all__) | {"__all__", "__doc__", "__version__"}
    assert len(bn.__all__) == len(set(bn.__all__))


def test_every_public_name_has_a_docstring():
    classes = [getattr(bn.results, name) for name in bn.results.__all__]
    for value in (*public_functions().values(), *classes):
        assert value.__doc__, value


def test_every_name_of_the_api_page_resolves_and_every_public_name_is_on_it():
    page = (ROOT / "docs" / "api.rst").read_text()
    listed = re.findall(r"^   ([a-zA-Z][\w.]*)$", page, re.MULTILINE)
    for name in listed:
        value = bn
        for part in name.split("."):
            value = getattr(value, part)
    results = {f"results.{name}" for name in bn.results.__all__}
    assert (set(public_functions()) | results) - set(listed) == set()


def test_no_file_is_longer_than_three_hundred_lines():
    folders = (PACKAGE, ROOT / "models", ROOT / "tests", ROOT / "benchmarks")
    files = [f for folder in folders for f in folder.rglob("*.py") if f.is_file()]
    assert not [f for f in files if len(f.read_text().splitlines()) > 300]


def test_files_named_in_the_design_exist():
    rows = re.findall(
        r"^\| `(\w+)` \| [^|]* \| (.*) \|$", (ROOT / "docs/design.md").read_text(), re.M
    )
    named = {room: re.findall(r"`(_?[a-z_]+/?)`", files) for room, files in rows if room in ROOMS}
    assert set(named) == ROOMS
    for room, files in named.items():
        for name in files:
            place = PACKAGE / room / (name if name.endswith("/") else f"{name}.py")
            assert place.exists(), place


def test_the_oldest_dependencies_are_those_declared():
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    pins = dict(re.findall(r"^([\w-]+)==([\d.]+)$", (ROOT / "tools/oldest.txt").read_text(), re.M))
    for line in declared:
        name, _, least = line.partition(">=")
        pinned = pins[name].split(".")
        assert pinned[: least.count(".") + 1] == least.split("."), line
        assert set(pinned[least.count(".") + 1 :]) <= {"0"}, line


def test_every_package_is_in_the_wheel():
    """A package that pyproject.toml does not list would be silently absent."""
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    packages = [m.name for m in pkgutil.walk_packages(bn.__path__, "bayesneuron.") if m.ispkg]
    assert set(listed) == {"bayesneuron", "bayesneuron.models", *packages}


def test_every_public_name_has_an_example():
    def without(module, prefix):
        for name in module.__all__:
            value = getattr(module, name)
            if isinstance(value, ModuleType):
                yield from without(value, f"{prefix}{name}.")
            elif callable(value) and ">>>" not in (inspect.getdoc(value) or ""):
                yield prefix + name

    assert not list(without(bn, ""))
