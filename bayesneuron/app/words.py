"""Words of the command line as values."""

from bayesneuron.data.times import NUMBER


def words_of(text: str) -> tuple[str, ...]:
    """Words between commas."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


def place_of(column: str) -> str | int:
    """A column by name, or by number where the name is one."""
    return int(column) if column.isdecimal() else column


def codes_of(text: str) -> list[str | float]:
    """What stands for missing: numbers, and words."""
    return [float(word) if NUMBER.fullmatch(word) else word for word in words_of(text)]


def rows_of(text: str) -> int | list[int]:
    """``3``: the first three; ``2-2`` or ``1-3,7``: those rows.

    Raises
    ------
    ValueError
        If the text is neither.

    Examples
    --------
    >>> rows_of("3"), rows_of("1-3,7")
    (3, [1, 2, 3, 7])
    """
    parts = [part.split("-") for part in text.replace(" ", "").split(",")]
    if not all(1 <= len(part) <= 2 and all(n.isdecimal() for n in part) for part in parts):
        raise ValueError(
            f"skip-rows: expected a number, or rows such as 2-2 or 1-3,7, got {text!r}"
        )
    if len(parts) == 1 and len(parts[0]) == 1:
        return int(parts[0][0])
    return [row for part in parts for row in range(int(part[0]), int(part[-1]) + 1)]
