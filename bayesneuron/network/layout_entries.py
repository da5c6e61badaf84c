"""Entries of a layout: what users write, checked and in one form."""


def axis_names(site: object, dims: object) -> tuple[str, ...]:
    """The layers along the axes of one site, checked.

    Examples
    --------
    >>> axis_names("W", ["hidden", "input"])
    ('hidden', 'input')
    """
    layers = tuple(dims) if isinstance(dims, list | tuple) else ()
    if not layers or not all(isinstance(name, str) for name in (site, *layers)):
        raise ValueError(
            f"sites, {site!r}: expected a tuple of layers, one for each axis, such as "
            f"('hidden', 'input'), got {dims!r}"
        )
    often = sorted({name for name in layers if layers.count(name) > 2})
    if often:
        raise ValueError(f"sites, {site!r}: expected a layer on two axes at most, got {dims!r}")
    return layers


def width_option(layer: str, option: object) -> str | tuple[str, int]:
    """The option that sets the width of a layer, or an item of it, checked.

    Examples
    --------
    >>> width_option("hidden1", ["hidden", 0])
    ('hidden', 0)
    """
    match option:
        case str(name):
            return name
        case [str(name), int(item)]:
            return name, item
    raise ValueError(
        f"widths, {layer!r}: expected the name of an option, or a name and an item, got {option!r}"
    )
