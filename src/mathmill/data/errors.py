"""The one tree of exceptions, each with the exit code of the command that it ends.

    MathmillError            70  internal: a bug, or a state that must not be
    |- ConfigError            2  a recipe, an option or a use of the command line is wrong
    |- DamagedInput          65  more of the input was damaged than the error budget allows
    |- InputMissing          66  an input is not there or cannot be opened
    |  `- OutOfReach         66  a store did not answer for as long as it was waited for
    |- JudgeInTrouble        70  no proof can be made here, or more time out than a caller's bound allows
    |- CannotCreate          73  an output cannot be created
    |- DiskFull              74  an output could not be written whole
    |- Locked                75  another process works in the same folder
    `- Stopped          130/143  ended by Ctrl-C or SIGTERM after a clean save

A message is one line that says what is wrong, where, and what to do next. Failure that is an
outcome (a page that cannot be parsed, a lost byte span) is a named value and not in this tree.
"""

from __future__ import annotations

import errno
from pathlib import Path


class MathmillError(Exception):
    """Base of all errors that mathmill raises on purpose."""

    exit_code = 70


class ConfigError(MathmillError):
    """A recipe, an option or a use of the command line is wrong."""

    exit_code = 2


class DamagedInput(MathmillError):
    """More of the input was damaged than the error budget allows."""

    exit_code = 65


class InputMissing(MathmillError):
    """An input is not there or cannot be opened."""

    exit_code = 66


class OutOfReach(InputMissing):
    """A store did not answer for as long as it was waited for: what else is read from there will meet that too."""


class JudgeInTrouble(MathmillError):
    """No proof worker can be started, or more verdicts timed out or workers died than the bound of a caller allows."""


class CannotCreate(MathmillError):
    """An output file or folder cannot be created."""

    exit_code = 73


class DiskFull(MathmillError):
    """An output could not be written whole; what was committed before is intact."""

    exit_code = 74


class Locked(MathmillError):
    """Another process works in the same folder."""

    exit_code = 75


class Stopped(MathmillError):
    """Ended by a signal after a clean save; `exit_code` is 128 + the signal's number."""

    def __init__(self, message: str, signum: int) -> None:
        super().__init__(message)
        self.exit_code = 128 + signum


_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def output_error(error: OSError, path: Path) -> MathmillError:
    """The error of the tree that an `OSError` raised while writing `path` stands for."""
    if error.errno in _NO_SPACE:
        return DiskFull(
            f"no space left while writing {path}: free some space and run the same command again; "
            "it goes on where it was"
        )
    return CannotCreate(
        f"cannot write {path} ({error.strerror or error}): choose a folder that you can write to with --out"
    )
