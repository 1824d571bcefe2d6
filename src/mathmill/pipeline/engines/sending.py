"""Errors on their way from a worker to the driver."""

from __future__ import annotations

import pickle
import traceback


def sendable(error: Exception) -> Exception:
    """The error with its traceback as a note; one that says the same, if it does not outlive a pickle.

    An error whose class takes other arguments than its message is pickled well and cannot be made again.
    """
    error.add_note(traceback.format_exc())
    try:
        again = pickle.loads(pickle.dumps(error))  # noqa: S301
    except Exception:  # noqa: BLE001  # whatever its class raises when it is made anew
        again = None
    return again if isinstance(again, Exception) else RuntimeError(f"{type(error).__name__}: {error}")
