"""Draw docs/gallery.md: every block of code on the page is run, and makes the figure beneath it.

`python tools/draw_gallery.py` draws all; with names, it runs all and writes only those. A figure of
Plotly is photographed by Chromium where there is one, else left as it is.
"""

import io
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
from PIL import Image

PAGE = Path(__file__).parents[1] / "docs" / "gallery.md"
BLOCK = re.compile(r"```python\n(.*?)```\n(?:\n!\[[^\]]*\]\((figures/gallery/(\w+)\.png)\))?", re.S)
DPI = 110
COLOURS = 128  # of a thumbnail: a fraction of the bytes


def blocks() -> Iterator[tuple[str, str]]:
    """Code of each block of the page, and the name of its figure; empty where it draws none."""
    for code, _, name in BLOCK.findall(PAGE.read_text()):
        yield code, name


def figures(only: Collection[str] = ()) -> Iterator[tuple[str, Any]]:
    """Run the blocks one after another, as a reader would; yield each figure by name.

    With `only`, blocks of other figures are passed over, and what they define is missing.
    """
    names: dict[str, Any] = {}
    for code, name in blocks():
        if name and only and name not in only:
            continue
        exec(compile(code, f"{PAGE.name}: {name or 'data'}", "exec"), names)  # noqa: S102
        if name:
            yield name, names["page"] if "page =" in code else plt.gcf()
        plt.close("all")


def thumbnail(figure: Any) -> bytes | None:
    """A small PNG; None of a page without a browser to see it in."""
    picture = io.BytesIO()
    if hasattr(figure, "write_html"):
        browser = shutil.which("chromium") or shutil.which("chromium-browser")
        if browser is None:
            return None
        photograph(figure, browser, picture)
    else:
        figure.savefig(picture, dpi=DPI)
    small = io.BytesIO()
    rare = Image.Quantize.MAXCOVERAGE  # thin lines keep their colour
    Image.open(picture).convert("RGB").quantize(COLOURS, rare).save(small, "PNG", optimize=True)
    return small.getvalue()


def photograph(figure: Any, browser: str, picture: io.BytesIO) -> None:
    """What a browser without a screen shows of a page."""
    with tempfile.TemporaryDirectory() as folder:
        page, shot = Path(folder, "page.html"), Path(folder, "page.png")
        figure.write_html(page)
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--enable-unsafe-swiftshader",
                   "--use-gl=angle", "--use-angle=swiftshader", "--window-size=640,520",
                   "--virtual-time-budget=15000", f"--screenshot={shot}"]  # fmt: skip
        subprocess.run([browser, *options, page.as_uri()], check=True, capture_output=True)  # noqa: S603
        picture.write(shot.read_bytes())


def main(only: Collection[str]) -> None:
    """Write the thumbnails."""
    mpl.use("agg")
    folder = PAGE.parent / "figures" / "gallery"
    folder.mkdir(parents=True, exist_ok=True)
    for name, figure in figures():
        drawn = None if only and name not in only else thumbnail(figure)
        if drawn is not None:
            (folder / f"{name}.png").write_bytes(drawn)
        print(f"{name}: {len(drawn or b''):,} bytes")  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
