"""What `mathmill train doctor` prints."""

from __future__ import annotations

from mathmill.data.terminal import clean, one_line, print_json
from mathmill.train.doctor.findings import Report

_MARKS = {"ok": "ok   ", "mind": "MIND ", "wrong": "WRONG"}
_LONGEST = 1_500  # characters of a stretch of text that are shown


def show_report(report: Report, as_json: bool) -> None:
    """All findings, and Examples as the model is to see them: what it is given, and what it is trained to say."""
    if as_json:
        print_json(report.as_dict())
        return
    for number, example in enumerate(report.examples, 1):
        print(f"Example {number} of the first step, token for token:")
        for stretch in example:
            print("  trained | " if stretch.trained else "  given   | ", end="")
            text = stretch.text if len(stretch.text) <= _LONGEST else f"{stretch.text[:_LONGEST]}…"
            print(clean(text).replace("\n", "\n          | "))
        print()
    for finding in report.findings:
        print(f"{_MARKS[finding.level]}  {finding.check}: {one_line(finding.told)}")
    print("\nIt can be trained." if report.is_well else "\nIt cannot be trained so.")
