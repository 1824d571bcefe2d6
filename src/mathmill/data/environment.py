"""Numbers that variables of the environment say."""

from __future__ import annotations

import math
import os

from mathmill.data.errors import ConfigError


def number_from(variable: str, default: float, unit: str) -> float:
    """What a variable of the environment says.

    Raises:
        ConfigError: it is no number, or none that can be had.
    """
    said = os.environ.get(variable) or str(default)
    try:
        number = float(said)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise ConfigError(f"{variable}={said!r} is no number of {unit}: set one from 0 on, or unset it")
    return number
