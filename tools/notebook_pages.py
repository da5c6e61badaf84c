"""Notebooks executed at full size, as pages of the documentation (make pages).

``python tools/notebook_pages.py 01 05`` makes two of them, without names every one. The executed
copy stays in build/notebooks. While the code is the same, a page is made from it again; delete the
copy to see what the library does to it today.
"""

import os
import re
import sys
import tempfile
import time
from base64 import b64decode
from collections.abc import Iterator
from html import escape
from importlib.metadata import version
from io import BytesIO
from pathlib import Path

import jupytext
import nbformat
from html_tables import to_markdown
from jinja2 import DictLoader
from nbclient import NotebookClient
from nbconvert import MarkdownExporter
from nbformat import NotebookNode
from PIL import Image

ROOT = Path(__file__).parents[1]
EXECUTED = ROOT / "build" / "notebooks"
PAGES = ROOT / "docs" / "notebooks"
FIGURES = ROOT / "docs" / "figures" / "notebooks"
SOURCE = "https://github.com/intsystems/bayesneuron/blob/main/notebooks"
DATA = "BAYESNEURON_DATA"
KERNEL = ["--InlineBackend.figure_formats=retina"]  # two pixels for each pixel of the page
THUMBNAIL = "thumbnail"  # tag of the cell whose last figure stands for the notebook
SIZE = (560, 350)  # of a thumbnail at most, pixels
COLOURS = 256  # a palette takes a third of the bytes
TEMPLATE = """\
{%- extends 'markdown/index.md.j2' -%}
{% block input %}
```python
{{ cell.source }}
```
{% endblock input %}
{% block stream %}
```text
{{ output.text | trim('\\n') }}
```
{% endblock stream %}
{% block data_text scoped %}
```text
{{ output.data['text/plain'] | trim('\\n') }}
```
{% endblock data_text %}
"""


def code(notebook: NotebookNode) -> list[str]:
    """Sources of the code cells."""
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def with_outputs(source: Path) -> NotebookNode:
    """Notebook with the outputs of a run at full size, this one or an earlier one of its code."""
    notebook, copy = jupytext.read(source), EXECUTED / f"{source.stem}.ipynb"
    executed = nbformat.read(copy, as_version=4) if copy.exists() else execute(notebook)
    if code(executed) != code(notebook):
        executed = execute(notebook)
    outputs = iter([cell.outputs for cell in executed.cells if cell.cell_type == "code"])
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = next(outputs)
    notebook.metadata.run = executed.metadata.run
    EXECUTED.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, copy)
    return notebook


def execute(notebook: NotebookNode) -> NotebookNode:
    """Run every cell at full size, in an empty folder.

    Raises
    ------
    ValueError
        If it reads recordings, and nothing says where they are.
    """
    if any(DATA in source for source in code(notebook)) and not os.environ.get(DATA):
        raise ValueError(f"{DATA}: expected the folder of the recordings that this notebook reads")
    os.environ["BAYESNEURON_PROGRESS"] = "off"
    for name in ("BAYESNEURON_FAST", "BAYESNEURON_FIGURES", "MPLBACKEND"):
        os.environ.pop(name, None)
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        place = {"metadata": {"path": folder}}
        NotebookClient(notebook, timeout=None, resources=place, extra_arguments=KERNEL).execute()
    notebook.metadata.run = {
        "seconds": round(time.perf_counter() - began),
        "versions": {name: version(name) for name in ("bayesneuron", "jax", "numpyro")},
    }
    return notebook


def quantized(picture: Image.Image) -> Image.Image:
    """With a palette in which rare colours, such as those of markers, stay apart."""
    return picture.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE)


def rendered(notebook: NotebookNode, stem: str) -> None:
    """Turn figures into files, tables into Markdown; take the places of files off warnings."""
    heading, number = "", 0
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            heading = (re.findall(r"^#+ (.*)$", cell.source, re.M) or [heading])[-1]
            cell.source = re.sub(r"`?docs/(\w+)\.md`?", r"[\1](../\1.md)", cell.source)
            continue
        for output in cell.outputs:
            data = output.get("data", {})
            if "image/png" in data:
                number += 1
                alt = escape(heading.replace("`", ""))
                file = FIGURES / f"{stem}_{number}.png"
                picture = Image.open(BytesIO(b64decode(data["image/png"]))).convert("RGB")
                quantized(picture).save(file, optimize=True)
                if THUMBNAIL in cell.metadata.get("tags", ()):
                    picture.thumbnail(SIZE, Image.Resampling.LANCZOS)
                    quantized(picture).save(FIGURES / f"{stem}_thumbnail.png", optimize=True)
                width = output.metadata["image/png"]["width"]
                link = f'<img src="../figures/notebooks/{file.name}" width="{width}" alt="{alt}">'
                output.data = NotebookNode({"text/markdown": link})
            elif "text/html" in data:
                output.data = NotebookNode({"text/markdown": to_markdown(data["text/html"])})
            elif output.get("name") == "stderr":
                text = re.sub(r"^\S+:\d+: (\w+Warning: )", r"\1", output.text, flags=re.M)
                text = re.sub(r"^  \S.*\n?", "", text, flags=re.M)  # the line that warned
                output.text = re.sub(r"^TqdmWarning: .*\n?", "", text, flags=re.M)
        cell.outputs = [output for output in cell.outputs if output.get("text") != ""]


def provenance(source: Path, run: NotebookNode) -> str:
    """Where the page comes from, under its title."""
    minutes, seconds = divmod(run.seconds, 60)
    took = f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
    versions = ", ".join(f"{name} {number}" for name, number in run.versions.items())
    return (
        f"*Made by `make pages` from [notebooks/{source.name}]({SOURCE}/{source.name}), executed "
        f"at full size in {took} on two processor cores ({versions}). "
        "Every check of the repository executes it at reduced size.*"
    )


def page(source: Path) -> str:
    """Text of the page; writes its figures."""
    notebook = with_outputs(source)
    for old in FIGURES.glob(f"{source.stem}_*.png"):
        old.unlink()
    rendered(notebook, source.stem)
    title, _, rest = notebook.cells[0].source.partition("\n")
    notebook.cells[0].source = f"{title}\n\n{provenance(source, notebook.metadata.run)}\n{rest}"
    exporter = MarkdownExporter(
        extra_loaders=[DictLoader({"page.md.j2": TEMPLATE})], template_file="page.md.j2"
    )
    text, _ = exporter.from_notebook_node(notebook)
    parts = re.split(r"(^```\w+\n.*?\n```$)", text, flags=re.DOTALL | re.MULTILINE)
    parts[::2] = [re.sub(r"\n{3,}", "\n\n", part) for part in parts[::2]]  # code keeps its lines
    return "".join(parts).strip() + "\n"


def chosen(names: list[str]) -> Iterator[Path]:
    """Notebooks whose file names begin with one of the names; all of them if there is none."""
    for source in sorted((ROOT / "notebooks").glob("*.py")):
        if not names or source.name.startswith(tuple(names)):
            yield source


if __name__ == "__main__":
    for folder in (PAGES, FIGURES):
        folder.mkdir(parents=True, exist_ok=True)
    for notebook in chosen(sys.argv[1:]):
        print(f"{notebook.stem} ...", flush=True)
        (PAGES / f"{notebook.stem}.md").write_text(page(notebook))
