"""The call that made draws, recorded with them so that it can be made again with larger counts."""

import json
from dataclasses import asdict, replace
from typing import Any

import xarray as xr

from bayesneuron.inference.optimizers import Adam, Newton, name_of, optimizer_of

CALL = "call"  # attribute of draws


def recorded(**options: Any) -> dict[str, str]:
    """The options of a call, as an attribute that netCDF holds.

    Examples
    --------
    >>> recorded(samples=5, optimizer=Newton(), start=None)["call"]
    '{"samples": 5, "optimizer": {"newton": {"max_steps": 500}}, "start": null}'
    """
    return {CALL: json.dumps({name: _plain(value) for name, value in options.items()})}


def call_of(draws: xr.DataTree) -> dict[str, Any]:
    """The options that made these draws.

    Raises
    ------
    ValueError
        If none are recorded, or one of them was draws, which are not.
    """
    try:
        options = dict(json.loads(draws.attrs[CALL]))
    except (KeyError, TypeError, ValueError):
        raise ValueError(
            "draws: expected a record of the call that made them (attrs['call']), got none: they "
            "are of an older version, or not as an estimator left them"
        ) from None
    if options.get("start") == GIVEN:
        raise ValueError(
            "draws: expected a start that is known by name, got draws that were given as start="
        )
    if isinstance(options.get("optimizer"), dict):
        ((name, fields),) = options["optimizer"].items()
        options["optimizer"] = replace(optimizer_of(name), **fields)
    return options


GIVEN = "(draws)"


def _plain(value: Any) -> Any:
    if isinstance(value, Adam | Newton):
        return {name_of(value): asdict(value)}
    return GIVEN if isinstance(value, xr.DataTree) else value
