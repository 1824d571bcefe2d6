"""The check of the installed fastText, on a whole build and on broken ones."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from mathmill.classifier import self_check
from mathmill.classifier.self_check import check_build, fasttext_module
from mathmill.data.errors import MathmillError


def test_the_installed_build_is_whole(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    check_build()
    assert capfd.readouterr() == ("", "")


def test_a_package_of_the_same_name_that_cannot_train(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("fasttext")
    module.__file__ = "here/fasttext.py"
    monkeypatch.setitem(sys.modules, "fasttext", module)
    with pytest.raises(MathmillError, match=r"here/fasttext.py is of a package that cannot train: pip uninstall"):
        check_build()


def test_none_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fasttext", None)
    with pytest.raises(MathmillError, match=r"cannot be loaded .*fasttext-community"):
        fasttext_module()


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ({"thread": 0}, "is broken"),  # of more than one thread, or none, nothing is promised
        ({"lr": 0.0}, "did not learn"),
        ({"dim": 0}, "is broken"),
    ],
)
def test_a_model_that_is_not_fit(settings: dict[str, Any], fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(self_check, "_SETTINGS", {**self_check._SETTINGS, **settings})
    with pytest.raises(MathmillError, match=fault):
        check_build()
