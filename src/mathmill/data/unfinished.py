"""What commands that look into a run say of one that is not finished: that it is not, and which command finishes it.

A run is finished where its manifest is: one whose recipe or archives change takes it away first. The ledger, which
would tell still more, of a large run takes longer to read than a look-up may.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

from mathmill.data.errors import InputMissing
from mathmill.data.runs import MANIFEST, load_claim
from mathmill.data.store.mounts import is_there, names_in, shown
from mathmill.data.terminal import one_line

_CONFIG = "config.json"
_ARCHIVES = 3  # that are named; a recipe mostly has one pattern


def unfinished(run: Path) -> str:
    """That a run is not finished and how it will be, in words; "" of one that is, and of a folder that is no run's.

    Raises:
        ConfigError: what the run was begun with cannot be read.
    """
    if not is_there(run / _CONFIG) or is_there(run / MANIFEST):
        return ""
    claim = load_claim(run)
    if not {"kind", "config"} <= claim.keys():  # the config of a model, say
        return ""
    command = "its command" if claim["kind"] != "corpus" else f"`{_command(run, claim)}`"
    return one_line(f"{shown(run)} is not finished: run {command} again, and it goes on where it stopped")


def _command(run: Path, claim: dict[str, Any]) -> str:
    """As far as the run knows it: a recipe's file is not part of a run."""
    archives = claim["config"].get("archives", ())
    given = [f"--input {shlex.quote(str(each))}" for each in archives[:_ARCHIVES]]
    more = ["..."] * (len(archives) > _ARCHIVES)
    return " ".join(["mathmill pipeline run RECIPE", *given, *more, "--out", shlex.quote(shown(run))])


def tell_unfinished(run: Path) -> None:
    """Say on stderr, if the run is not finished, that what is told of it is what there is so far."""
    if said := unfinished(run):
        print(f"mind: {said}; what is told here is what there is so far", file=sys.stderr, flush=True)


def check_pass(run: Path, use: str) -> None:
    """Make sure that a pass of the run's recipe has looked at all of its pages; one that is not in it passes.

    Raises:
        InputMissing: it has not, and the run is not finished.
    """
    said = unfinished(run)
    asked = bool(said) and use in [each["use"] for each in load_claim(run)["config"].get("passes", ())]
    if asked and len(_names(run, use)) < max(len(_names(run, "documents")), 1):
        raise InputMissing(f"the pass {use} has not been over all pages: {said}")


def _names(run: Path, folder: str) -> list[str]:
    return [name for name in names_in(run / folder) if not name.startswith(".")]
