"""Attacks on the judge: none is paid, none takes long, and a judge that pays nothing at all does not pass."""

from __future__ import annotations

import gzip
from collections import Counter
from pathlib import Path

import orjson
import pytest
import zstandard

from mathmill.data.errors import DamagedInput
from mathmill.eval import stress
from mathmill.eval.attacks import MOST_CHARACTERS, Attack, read_attacks
from mathmill.eval.stress import HONEST, SLOW, Report, judge
from mathmill.eval.verdict import Verdict
from mathmill.eval.workers import statistics
from tests.eval.test_eval_commands import run
from tests.test_cli import call

REFUSED = {"gold": "42", "pred": "41=42", "kind": "chain"}
PAID = {"gold": "42", "pred": "6*7", "kind": "paid"}


def written(tmp_path: Path, *rows: object) -> Path:
    file = tmp_path / "attacks.jsonl"
    file.write_bytes(b"\n".join(map(orjson.dumps, rows)))
    return file


@pytest.fixture(scope="module")
def report() -> Report:
    return stress.run(read_attacks())


def test_no_attack_is_paid_and_no_honest_answer_refused(report: Report) -> None:
    assert [(each.attack.line, each.attack.gold, each.attack.text[:80]) for each in report.paid] == []
    assert [(each.attack.gold, each.attack.text) for each in report.refused] == []
    assert report.exit_code == 0
    assert report.workers.deaths == 0
    assert report.controls > 500


def test_no_attack_takes_long(report: Report) -> None:
    for each in report.slow:  # again, since others use this machine too; a proof has more time on a busy one
        before = statistics().proofs
        least = min(judge(each.attack).ms for _ in range(5))
        assert least < 1_000 * (5 * SLOW if statistics().proofs > before else SLOW), each.attack.line


def test_the_file_has_many_attacks_of_many_kinds_and_none_twice() -> None:
    attacks = read_attacks()
    assert len(attacks) >= 600
    assert len({attack.kind for attack in attacks}) >= 40
    twice = Counter((attack.text, attack.gold, attack.is_completion) for attack in attacks).most_common(1)
    assert twice[0][1] == 1, twice


def test_an_attack_that_is_paid_ends_with_2_and_is_listed(tmp_path: Path) -> None:
    file = written(tmp_path, REFUSED, PAID, {"gold": "42", "completion": r"\boxed{41}"})
    code, stdout, stderr = call("eval", "stress", file)
    assert (code, stderr) == (2, "")
    assert "3 attacks of 3 kinds: 1 paid\n" in stdout
    paid = stdout.partition("Attacks that were paid")[2]
    assert ["2", "paid", "42", "6*7", "correct", "number"] in [line.split()[:6] for line in paid.splitlines()]
    code, stdout, _ = run("eval", "stress", file, "--json")
    told = orjson.loads(stdout)
    (row,) = told["paid"]
    assert (code, row["line"], row["outcome"], told["outcomes"]) == (2, 2, "correct", {"correct": 1, "wrong": 2})
    assert row.items() >= PAID.items()
    assert told["kinds"]["other"] == {"attacks": 1, "wrong": 1}
    assert (told["attacks"], told["controls"], told["refused"]) == (3, len(HONEST) + 1, [])
    assert len(told["slowest"]) == 3
    assert {"over_200_ms", "proofs", "timed_out", "deaths"} <= told.keys()


@pytest.mark.parametrize("packed", ["", "gz", "zst"])
def test_a_file_of_attacks_that_all_fail_ends_with_0(packed: str, tmp_path: Path) -> None:
    data = orjson.dumps(REFUSED) + b"\n\n" + orjson.dumps(REFUSED | {"note": "other keys are for people"})
    file = tmp_path / "attacks"
    file.write_bytes({"": data, "gz": gzip.compress(data), "zst": zstandard.compress(data)}[packed])
    code, stdout, _ = run("eval", "stress", file, "--json")
    assert (code, orjson.loads(stdout)["attacks"]) == (0, 2)


def test_attacks_come_from_standard_input() -> None:
    code, stdout, _ = run("eval", "stress", "-", stdin=orjson.dumps(REFUSED).decode())
    assert code == 0
    assert "1 attacks of 1 kinds: 0 paid" in stdout


def test_long_texts_are_written_short(tmp_path: Path) -> None:
    row = {"kind": "deep", "gold": "42", "pred": "(", "repeat": 3, "before": "x=", "after": "41"}
    (attack,) = read_attacks(written(tmp_path, row))
    assert attack == Attack(1, "deep", "42", "(", False, 3, "x=", "41")
    assert attack.text == "x=(((41"
    _, stdout, _ = run("eval", "stress", tmp_path / "attacks.jsonl", "--json")
    assert orjson.loads(stdout)["slowest"][0].items() >= row.items()


def test_a_judge_that_refuses_everything_does_not_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stress, "verify", lambda answer, gold: Verdict("wrong", "nobody"))
    code, stdout, _ = run("eval", "stress", written(tmp_path, REFUSED))
    assert code == 70
    assert "0 paid" in stdout
    assert "Honest answers that were refused" in stdout


def test_a_judge_that_proves_nothing_does_not_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATHMILL_PROOF_SECONDS", "0.001")
    code, stdout, _ = run("eval", "stress", written(tmp_path, REFUSED), "--json")
    told = orjson.loads(stdout)
    assert (code, told["paid"]) == (70, [])
    assert [(row["pred"], row["outcome"]) for row in told["refused"]] == [
        (r"\lim_{x\to 0} \frac{\sin x}{2x}", "timed_out")
    ]


def test_a_gold_that_nobody_can_be_judged_by_is_no_control(tmp_path: Path) -> None:
    rows = [{"gold": "", "pred": ""}, {"gold": " ", "pred": "5"}, {"gold": "x" * 5_000, "pred": "x"}, REFUSED]
    code, stdout, _ = run("eval", "stress", written(tmp_path, *rows), "--json")
    told = orjson.loads(stdout)
    assert (code, told["outcomes"]["bad_gold"], told["controls"]) == (0, 3, len(HONEST) + 1)


def test_what_the_judge_raises_names_the_attack(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(answer: str, gold: str) -> Verdict:
        raise ZeroDivisionError

    monkeypatch.setattr(stress, "verify", fail)
    with pytest.raises(ZeroDivisionError) as caught:
        judge(Attack(7, "chain", "42", "41=42"))
    assert caught.value.__notes__ == ["while judging line 7, with the gold 42"]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b'{"gold"', "not JSON ("),
        (b"5", "not an object"),
        (b"null", "not an object"),
        (b"{}", "gold is missing"),
        (b'{"gold": "5"}', "pred or completion is missing"),
        (b'{"gold": "5", "pred": "6", "completion": "6"}', "it has both pred and completion"),
        (b'{"gold": 5, "pred": "6"}', "gold is not a string"),
        (b'{"gold": "5", "pred": null}', "pred is not a string"),
        (b'{"gold": "5", "completion": 6}', "completion is not a string"),
        (b'{"gold": "5", "pred": "6", "kind": 1}', "kind is not a string"),
        (b'{"gold": "5", "pred": "6", "after": ["x"]}', "after is not a string"),
        (b'{"gold": "5", "pred": "6", "repeat": 0}', "repeat is not a whole number from 1"),
        (b'{"gold": "5", "pred": "6", "repeat": true}', "repeat is not a whole number from 1"),
        (b'{"gold": "5", "pred": "6", "repeat": "9"}', "repeat is not a whole number from 1"),
        (b'{"gold": "5", "pred": "66", "repeat": %d}' % MOST_CHARACTERS, "it is longer than 10,000,000 characters"),
    ],
)
def test_bad_lines_end_with_65_before_anything_is_judged(line: bytes, problem: str, tmp_path: Path) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_bytes(orjson.dumps(PAID) + b"\n\n" + line + b"\n")
    code, stdout, error = run("eval", "stress", file)
    assert (code, stdout) == (65, "")
    assert error.startswith(f"{file} line 3: {problem}")
    assert 'a line is {"kind", "gold", "pred"}' in error


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (None, 66, "cannot read"),
        (b"", 65, "holds no attacks"),
        (b"\n\n", 65, "holds no attacks"),
        (b"BZh91AY", 2, "bunzip2 -c"),
        (gzip.compress(b'{"gold": "5", "pred": "6"}\n' * 99, mtime=0)[:-9], 65, "the compressed file is damaged"),
    ],
)
def test_files_without_attacks_are_errors(content: bytes | None, code: int, words: str, tmp_path: Path) -> None:
    file = tmp_path / "attacks"
    if content is not None:
        file.write_bytes(content)
    found, stdout, error = run("eval", "stress", file)
    assert (found, stdout) == (code, "")
    assert words in error


def test_the_error_of_a_bad_line_is_one_of_the_tree(tmp_path: Path) -> None:
    with pytest.raises(DamagedInput, match=r"line 1: gold is missing"):
        read_attacks(written(tmp_path, {"pred": "6"}))
