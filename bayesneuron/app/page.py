"""The Markdown of a summary as one HTML page, figures and style inside.

Names of files and channels come from elsewhere. Of Markdown only what a summary is made of is read:
no links, no images, no HTML, all of which stay text. Jinja escapes the rest.
"""

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape
from PIL import Image

from bayesneuron.app.files import MARK
from bayesneuron.app.markdown import CAPTION

TYPES = {".svg": "image/svg+xml", ".png": "image/png"}
SMALL = 150_000  # bytes: figures of many points are smaller as pixels
FIGURE = re.compile(r"!\[(.*)\]\((\w+)\.png\)")
READ = ("table", "list", "fence", "heading", "backticks", "emphasis")


def page(text: str, figures: Mapping[str, Path]) -> str:
    r"""Set the Markdown of a summary as an HTML page that needs no other file.

    Parameters
    ----------
    text : str
        A title, what stands under it, and sections.
    figures : mapping of str to Path
        By name. Figures of the text that are not among them are left out.

    Returns
    -------
    str

    Examples
    --------
    >>> text = "# waves <b>\n\n## Data\n\nFrom [here](http://a.b).\n"
    >>> html = page(text, {})
    >>> "<h1>waves &lt;b&gt;</h1>" in html, "From [here](http://a.b)." in html
    (True, True)
    """
    tokens = MarkdownIt("zero").enable(READ).parse(text.replace(MARK, ""))
    starts = [i for i, t in enumerate(tokens) if t.type == "heading_open" and t.tag in ("h1", "h2")]
    parts = [tokens[i:j] for i, j in zip(starts, [*starts[1:], len(tokens)], strict=True)]
    numbers = {name: i for i, name in enumerate(_shown(tokens, figures), start=1)}
    title, *sections = [
        {"title": _plain(part[1]), "body": _html(_set(part[3:], figures, numbers))}
        for part in parts
    ]
    made = TEMPLATES.get_template("page.html.j2").render(
        title=title["title"], head=title["body"], sections=sections, version=version("bayesneuron")
    )
    return made + "\n"


def figures_in(folder: Path) -> dict[str, Path]:
    """The figures of a folder by name: vectors where they are small, else pixels."""
    pixels = {path.stem: path for path in folder.glob("*.png")}
    vectors = {p.stem: p for p in folder.glob("*.svg") if p.stat().st_size <= SMALL}
    return pixels | {name: path for name, path in vectors.items() if name in pixels}


def _paragraph(tokens: Sequence[Token], i: int) -> str | None:
    """The text of the paragraph that begins at i; None where none does."""
    begins = i + 2 < len(tokens) and tokens[i].type == "paragraph_open" and tokens[i].level == 0
    return tokens[i + 1].content if begins else None


def _shown(tokens: Sequence[Token], figures: Mapping[str, Path]) -> Iterator[str]:
    for i in range(len(tokens)):
        found = FIGURE.fullmatch(_paragraph(tokens, i) or "")
        if found and found[2] in figures:
            yield found[2]


def _set(
    tokens: Sequence[Token], figures: Mapping[str, Path], numbers: Mapping[str, int]
) -> Iterator[Token]:
    """The same blocks, with figures in place of their names and tables in boxes of their own."""
    i, caption = 0, Markup()
    while i < len(tokens):
        text = _paragraph(tokens, i) or ""
        figure = FIGURE.fullmatch(text)
        if figure:
            if figure[2] in numbers:
                yield _block(_figure(figures[figure[2]], figure[1], numbers[figure[2]]))
            i += 3
            i += 3 if (_paragraph(tokens, i) or "").startswith(f"{figure[1]} ([PDF](") else 0
        elif text.startswith(CAPTION) and tokens[i + 3 : i + 4] and _is_table(tokens[i + 3]):
            caption = Markup(_inline(tokens[i + 1]).removeprefix(CAPTION))  # noqa: S704 (escaped)
            i += 3
        else:
            token = tokens[i]
            if _is_table(token):
                yield _block(_box(caption))
                caption = Markup()
            elif token.type == "table_close":
                yield _block(Markup("</table>\n</div>\n"))
            else:
                yield token
            i += 1


def _is_table(token: Token) -> bool:
    return token.type == "table_open"


def _box(caption: Markup) -> Markup:
    """A box that scrolls by itself, by keyboard too, around a table."""
    named = Markup("<caption><span>{}</span></caption>\n").format(caption) if caption else Markup()
    label = escape(caption.striptags() or "Table")
    head = Markup('<div class="scroll" role="region" tabindex="0" aria-label="{}">\n<table>\n')
    return head.format(label) + named


def _figure(path: Path, caption: str, number: int) -> Markup:
    content = base64.b64encode(path.read_bytes()).decode()
    source = f"data:{TYPES[path.suffix]};base64,{content}"
    figure = TEMPLATES.get_template("figure.html.j2")
    width = None if path.suffix == ".svg" else _width(path)
    made = figure.render(source=source, caption=caption, number=number, width=width)
    return Markup(made + "\n")  # noqa: S704


def _width(path: Path) -> int:
    """Of pixels in print, in CSS pixels, so that letters are as large as in vectors."""
    with Image.open(path) as image:
        return round(image.width * 96 / image.info.get("dpi", (96, 96))[0])


def _block(content: Markup) -> Token:
    return Token("html_block", "", 0, content=str(content))


def _inline(token: Token) -> str:
    return _html([token])


def _html(tokens: Any) -> Markup:
    """What the reader has escaped."""
    markdown = MarkdownIt("zero")
    return Markup(markdown.renderer.render(list(tokens), markdown.options, {}))  # noqa: S704


def _plain(token: Token) -> str:
    return "".join(child.content for child in token.children or ())


TEMPLATES = Environment(
    loader=PackageLoader("bayesneuron.app"), autoescape=True, undefined=StrictUndefined,
    trim_blocks=False,
)  # fmt: skip
