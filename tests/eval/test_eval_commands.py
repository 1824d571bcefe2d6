"""The commands of the judge: what they print, and with which exit code they end."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import orjson
import pytest
import zstandard
from typer.testing import CliRunner

import mathmill
from mathmill.cli import app
from mathmill.data.errors import MathmillError
from mathmill.data.json_lines import Line
from mathmill.eval.json_lines import judge_line, judge_lines, written
from mathmill.eval.show import described
from mathmill.eval.syntax.parser import parse
from mathmill.eval.verdict import Verdict
from mathmill.eval.verify import explain, verify
from tests.test_cli import call


def run(*arguments: str | Path, stdin: str = "") -> tuple[int, str, str]:
    """As `call`, in this process; only whole commands show that they start."""
    done = CliRunner().invoke(app, list(map(str, arguments)), input=stdin)
    if isinstance(done.exception, MathmillError):
        return done.exception.exit_code, done.stdout, str(done.exception)
    return done.exit_code, done.stdout, done.stderr


def judged(data: bytes, strict: bool = False) -> dict[str, Any]:
    line = judge_line(data, strict)
    assert isinstance(line.pop("ms", 0.0), float)
    return line


def test_verify_tells_its_steps_and_ends_with_its_verdict() -> None:
    code, stdout, stderr = call("eval", "verify", r"\frac{1}{2}", r"50\%")
    assert (code, stderr) == (0, "")
    lines = [line.split(maxsplit=1) for line in stdout.splitlines()]
    assert ["answer", r"\frac{1}{2}"] in lines
    assert ["read", r"\frac{1}{2} is quotient(1, 2)"] in lines
    assert ["read", r"50\% is percent(50)"] in lines
    assert ["passed", "on", "numerals, string, unwrapped, letters"] in [
        line.split(maxsplit=2) for line in stdout.splitlines()
    ]
    assert ["values", "correct by number: quotient(1, 2) against percent(50)"] in lines
    assert stdout.splitlines()[-1] == "correct by number"
    assert call("eval", "verify", "-1", "-2")[0] == 1


@pytest.mark.parametrize(("answer", "code"), [("-5", 0), ("-6", 1), ("", 1), (r"-\frac{10}{2}", 0), ("{" * 3_000, 1)])
def test_verify_ends_with_0_for_what_is_correct_and_1_for_anything_else(answer: str, code: int) -> None:
    found, stdout, _ = run("eval", "verify", "--json", answer, "-5")
    assert found == code
    told = orjson.loads(stdout)
    assert (told["answer"], told["gold"], told["outcome"] == "correct") == (answer, "-5", code == 0)
    assert {"method", "detail", "steps"} <= told.keys()


def test_terminals_do_not_obey_an_answer() -> None:
    _, stdout, _ = run("eval", "verify", "\x1b[31m5\x07", "6")
    assert "\x1b" not in stdout
    assert "\x07" not in stdout


ASKED = [
    ("5", "5"), ("5", "6"), ("x+1", "1+x"), (r"\{1,2\}", "2, 1"), ("(0,1)", "[0,1]"), (r"\frac12", "0.5"),
    ("10 m", "10 cm"),
    ("x = 5", "5"), ("B", "(B)"), ("(A) or (B)", "B"), ("", "5"), ("5", ""), ("{", "5"), ("5", "{"), ("x" * 5_000, "5"),
    ("yes", "no"), ("2^{3}", "8"), (r"\sqrt{2}", "1.414"), ("(1, 2, 3)", "(1, 2, 4)"), ("$5$", "5"), ("204_5", "204_6"),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "gold"), ASKED)
def test_the_step_that_decides_says_what_the_verdict_says(answer: str, gold: str) -> None:
    verdict = verify(answer, gold)
    explained, steps = explain(answer, gold)
    assert explained == verdict
    decided = [step for step in steps if isinstance(step.told, Verdict) and not step.depth]
    assert [step.told for step in decided] in ([verdict], [])
    assert decided or verdict.method in ("string", "answer", "gold", "words")


def test_parts_are_steps_below_the_rung_that_compares_them() -> None:
    _, steps = explain("(1, 2, 3)", "(1, 2, 4)")
    told = {(step.asked, step.depth): step.told for step in steps}
    assert told["items", 0] == Verdict("wrong", "items", "3 is not 4")
    assert told["numbers", 1] == Verdict("wrong", "number", "3 is not 4")


def test_a_proof_is_a_step() -> None:
    verdict, steps = explain(r"\lim_{x\to 0} \frac{\sin x}{2x}", r"\frac12")
    assert verdict == Verdict("correct", "sympy", "evaluated")
    assert [step.told for step in steps if step.asked == "proof"] == [verdict]


def test_trees_are_described_in_one_line() -> None:
    assert described(parse(r"\frac{x_1}{2} + \sqrt{3}")) == "sum(quotient(x_1, 2), root(3, 2))"
    assert described(parse("(0, 1]")) == "interval(0, 1, False, True)"
    assert described(parse("no solution")) == '"no solution"'
    assert described(parse("9" * 900)) == "a long number"


def test_grade_reads_a_file_or_standard_input(tmp_path: Path) -> None:
    completion = tmp_path / "completion.txt"
    completion.write_text(r"so $x = \boxed{-\frac{10}{2}}$.", encoding="utf-8")
    code, stdout, _ = run("eval", "grade", completion, "-5")
    assert (code, stdout.splitlines()[0]) == (0, r"answer  -\frac{10}{2}")
    assert stdout.splitlines()[-1].startswith("correct by number (found by box")
    code, stdout, _ = run("eval", "grade", "-", "5", "--json", stdin="So there are 5 apples.")
    told = orjson.loads(stdout)
    assert (code, told["outcome"], told["found"]["rule"]) == (0, "correct", "last")
    code, stdout, _ = run("eval", "grade", "-", "5", "--strict", stdin="So there are 5 apples.")
    assert (code, stdout.splitlines()[-1].partition(" ")[0]) == (1, "no_answer")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["eval", "verify", "5"], 2, "name an ANSWER and its GOLD"),
        (["eval", "verify"], 2, "name an ANSWER and its GOLD"),
        (["eval", "verify", "5", "5", "--strict"], 2, "name an ANSWER and its GOLD"),
        (["eval", "verify", "5", "5", "--jsom"], 2, "--jsom"),
        (["eval", "verify", "--jsom", "5"], 2, "No such option: --jsom"),
        (["eval", "verify", "--jsonl", "a", "5"], 2, "with --jsonl golds are in the lines"),
        (["eval", "verify", "--jsonl", "nowhere.jsonl"], 66, "cannot read nowhere.jsonl"),
        (["eval", "grade", "nowhere.txt", "5"], 66, "cannot read nowhere.txt"),
        (["eval", "grade", "nowhere.txt"], 2, "GOLD"),
    ],
)
def test_errors_say_what_is_wrong(arguments: list[str], code: int, words: str) -> None:
    found, stdout, stderr = run(*arguments)
    assert (found, stdout) == (code, "")
    assert words in stderr
    assert "Traceback" not in stderr


LINES: list[dict[str, Any]] = [
    {"gold": "5", "pred": "5.0", "id": 7},
    {"gold": "5", "completion": "So it is 6."},
    {"gold": 5, "pred": 5},
    {"gold": "5", "pred": None},
]
OUTCOMES = ["correct", "wrong", "correct", "no_answer"]


@pytest.mark.parametrize("packed", ["", "gz", "zst"])
def test_lines_come_back_with_verdicts(packed: str, tmp_path: Path) -> None:
    data = b"\n".join(map(orjson.dumps, LINES))
    file = tmp_path / "lines"
    file.write_bytes({"": data, "gz": gzip.compress(data), "zst": zstandard.compress(data)}[packed])
    code, stdout, stderr = run("eval", "verify", "--jsonl", file)
    assert (code, stderr.strip()) == (0, "4 lines: 2 correct, 1 wrong, 1 no_answer")
    found = list(map(orjson.loads, stdout.splitlines()))
    assert [line["outcome"] for line in found] == OUTCOMES
    for line, given in zip(found, LINES, strict=True):
        assert line.items() >= given.items()
        assert set(line) - set(given) == {"outcome", "method", "ms"}


def test_bad_lines_have_an_error_with_their_number_and_end_with_65() -> None:
    code, stdout, stderr = call(
        "eval", "verify", "--jsonl", stdin='{"gold": "5", "pred": "5"}\n\n{"gold"\n{"pred": "5"}\n'
    )
    assert code == 65
    found = list(map(orjson.loads, stdout.splitlines()))
    assert found[0]["outcome"] == "correct"
    assert found[1]["error"].startswith("line 3: not JSON (")
    assert found[2] == {"pred": "5", "error": "line 4: gold is missing"}
    assert "2 of 3 lines of - could not be judged and have an `error`, the first is line 3: not JSON" in stderr


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"5", "not an object with the keys gold and pred or completion"),
        (b"{}", "gold is missing"),
        (b'{"gold": ["5"], "pred": "5"}', "gold is neither a string nor a number"),
        (b'{"gold": true, "pred": "5"}', "gold is neither a string nor a number"),
        (b'{"gold": "5"}', "pred or completion is missing"),
        (b'{"gold": "5", "pred": ["5"]}', "pred is neither a string nor a number"),
        (b'{"gold": "5", "completion": null}', "completion is not a string"),
        (b'{"gold": "5", "completion": "5", "pred": "5"}', "it has both pred and completion: leave one out"),
        (
            b'{"gold": "5", "pred": "5", "a": ' + b"[" * 500 + b"]" * 500 + b"}",
            "it is nested too deep to be written again",
        ),
        (b"\xff", "not JSON"),
    ],
)
def test_a_line_that_cannot_be_judged_says_why(line: bytes, error: str) -> None:
    found = judge_line(line)
    assert found["error"].startswith(error)
    assert "outcome" not in found


def test_lines_are_judged_anew() -> None:
    again = judged(b'{"gold": "5", "pred": "5", "outcome": "wrong", "method": "a guess", "ms": 1, "error": "b"}')
    assert again == {"gold": "5", "pred": "5", "outcome": "correct", "method": "number"}


def test_strict_lines_take_no_guess() -> None:
    line = b'{"gold": "5", "completion": "So it is 5."}'
    assert judged(line)["outcome"] == "correct"
    assert judged(line, strict=True)["outcome"] == "no_answer"


def test_a_line_that_could_not_be_read_keeps_its_place() -> None:
    lines = [Line(1, b'{"gold": "5", "pred": "5"}'), Line(2, b"", "the compressed file is damaged")]
    assert [line.get("error") for line in judge_lines(lines)] == [None, "line 2: the compressed file is damaged"]


def test_the_package_has_the_judge_in_its_front() -> None:
    assert mathmill.verify("0.5", r"\frac12").correct
    assert mathmill.grade(r"\boxed{5}", "5") == mathmill.Verdict("correct", "number", "found by box")


@pytest.mark.parametrize(
    ("gold", "pred", "outcome"),
    [
        ("12345678901234567890123", "12345678901234567890999", "wrong"),
        ("12345678901234567890123", '"12345678901234567890123"', "correct"),
        ("9007199254740993.0", "9007199254740992", "wrong"),
        ("0.10000000000000000001", "0.1", "wrong"),
        ("1e3", "1000", "correct"),
    ],
)
def test_numbers_are_judged_and_written_as_they_stand(gold: str, pred: str, outcome: str) -> None:
    line = f'{{"gold":{gold},"pred":{pred},"more":[1e300,123456789012345678901234567890,"\\ud800"]}}'
    found = judge_line(line.encode())
    assert found["outcome"] == outcome, found
    assert written(found).decode().startswith(line[:-1].replace("\\ud800", "\ufffd"))


def test_a_gold_of_a_line_may_be_a_solution() -> None:
    assert judge_line(rb'{"gold": "3 + 2 = 5\n#### 5", "pred": "5"}')["outcome"] == "correct"
    assert judge_line(rb'{"gold": "5", "completion": 123456789012345678901}')["error"] == "completion is not a string"


def test_what_is_no_text_is_a_mistake_of_the_caller() -> None:
    for judge in (mathmill.verify, mathmill.grade):
        for texts in ((5, "5"), ("5", None), (b"5", "5")):
            with pytest.raises(TypeError, match="to be"):
                judge(*texts)
