"""Tables that pandas shows in notebooks, as Markdown."""

import re

from bs4 import BeautifulSoup, Tag

NUMBER = re.compile(r"-?[\d.,]+(e[+-]?\d+)?%?|-?inf|nan|NaN|–|")


def to_markdown(html: str) -> str:
    """Paragraphs and tables of a notebook's HTML, in their order.

    Examples
    --------
    >>> rows = "<thead><tr><th></th><th>a</th></tr></thead><tr><th>x</th><td>1.0</td></tr>"
    >>> print(to_markdown(f"<p>one</p><table>{rows}</table>"))
    one
    <BLANKLINE>
    |  | a |
    | --- | ---: |
    | x | 1.0 |
    """
    soup, parts = BeautifulSoup(html, "html.parser"), []
    for element in soup.find_all(["p", "pre", "code", "li", "table"]):
        if element.name == "table":
            parts.append(table(element))
        elif element.name == "pre":
            parts.append(f"```text\n{element.get_text().strip()}\n```")
        else:
            lines = [escaped(line) for line in element.get_text("\n").splitlines()]
            mark = "- " if element.name == "li" else ""
            parts.append(mark + "\\\n".join(line for line in lines if line))
    return "\n\n".join(parts)


def escaped(text: str) -> str:
    """Text in which Markdown finds nothing to mark up."""
    return re.sub(r"([|*$<\\`])", r"\\\1", text.strip())


def table(element: Tag) -> str:
    """One header row: levels of columns are joined; an index has its own name, or theirs."""
    grid, rows = spread(element), element.find_all("tr")
    head = sum(tr.find_parent("thead") is not None for tr in rows)
    levels = [[text for text in column if text] for column in zip(*grid[:head], strict=True)]
    index = len(rows[head].find_all("th")) if head < len(rows) else 0
    columns = [
        " ".join(dict.fromkeys(texts[-1:] if k < index else texts))
        for k, texts in enumerate(levels)
    ]
    body = grid[head:]
    numeric = [all(NUMBER.fullmatch(row[k]) for row in body) for k in range(len(columns))]
    rule = ["---:" if right else "---" for right in numeric]
    return "\n".join(f"| {' | '.join(row)} |" for row in (columns, rule, *body))


def spread(element: Tag) -> list[list[str]]:
    """Texts by row and column; a cell over several of them has its text in the first."""
    texts: dict[tuple[int, int], str] = {}
    for i, tr in enumerate(element.find_all("tr")):
        j = 0
        for cell in tr.find_all(["th", "td"]):
            while (i, j) in texts:
                j += 1
            down, right = (int(str(cell.get(k, "1"))) for k in ("rowspan", "colspan"))
            in_head = tr.find_parent("thead") is not None
            for di in range(down):
                for dj in range(right):
                    first = not di and (in_head or not dj)  # a level of columns covers several
                    texts[i + di, j + dj] = escaped(cell.get_text()) if first else ""
    rows, columns = (max(key[k] for key in texts) + 1 for k in (0, 1))
    return [[texts.get((i, j), "") for j in range(columns)] for i in range(rows)]
