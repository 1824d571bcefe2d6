"""The final answer of a completion, in completions as models write them."""

from __future__ import annotations

import gzip

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathmill.eval.answers import MAX_BOXES, MAX_COMPLETION, Found, Rule, find_answer
from tests.effort import within
from tests.shared import BENCHMARKS, needs_benchmarks

BOXES = [
    (r"So the sum is $\boxed{\frac{1}{2}}$.", r"\frac{1}{2}"),
    (r"\boxed{\left\{1, 2\right\}}", r"\left\{1, 2\right\}"),
    (r"\boxed{\{x : x > 0\}} as claimed, with $\{$ unpaired", r"\{x : x > 0\}"),
    (r"$\boxed{x^{2^{3}}}$", "x^{2^{3}}"),
    (r"\boxed {7}", "7"),
    (r"\fbox{7}", "7"),
    (r"an unpaired { before and \boxed{7} } after", "7"),
    (r"first \boxed{3}, but then, after checking it all again, \boxed{4}.", "4"),
    (r"$\boxed{11} = 2$ and so on, hence in the end $\boxed{12} = 6$ divisors", "12"),
    (r"\boxed{5} and, to say it again, \boxed{5}", "5"),
    (r"\boxed{5} \boxed{5}", "5"),
    (r"\boxed{\boxed{5}}", "5"),
    (r"\boxed{\text{the answer is } \boxed{5}}", "5"),
    (r"\text{Therefore the answer is }\boxed{5}\text{ cm}", "5"),
    (r"\boxed{10}\text{ cm}", "10"),
    (r"\boxed{10} m/s", "10"),
    (r"$\boxed{10\text{ cm}}$", r"10\text{ cm}"),
    (r"\$\boxed{18}", "18"),
    (r"$\boxed{50}\%$", "50"),
    (r"\boxed{\text{(B)}}", r"\text{(B)}"),
    (r"\boxed{x = 5}", "x = 5"),
    (r"\boxed{A} is not it. \boxed{}", "A"),
    (r"The missing number \boxed{\phantom{2}} is \boxed{4}.", "4"),
    (r"\boxed{5} is the same as what the rule says: \boxed{...}", "5"),
    # Without braces, to the end of the formula or of the word.
    (r"so we get $x = \boxed 5$.", "5"),
    (r"so we get $\boxed5$", "5"),
    (r"so we get $\boxed 12$ in all", "12"),
    (r"so we get \(\boxed 2.5\)", "2.5"),
    (r"so $\boxed \frac{1}{2}$", r"\frac{1}{2}"),
    (r"so $\boxed -3$", "-3"),
    (r"so \boxed 5. Then we are done", "5"),
    (r"so \boxed \frac{1}{2}. Then we are done", r"\frac{1}{2}"),
    (r"$\boxed{\boxed 5}$", "5"),
    # Cut off behind a whole box, inside of one that begins before it, or in a strange way.
    (r"so it is \boxed{12}. Therefore **Final Answer** \boxed{1", "12"),
    (r"\boxed{\frac{1}{2} so the answer is \boxed{7}", "7"),
    (r"\boxed{\sqrt{2}} \approx \boxed{1.41}", r"\sqrt{2}"),
    (r"$\boxed{5}$<|im_end|>", "5"),
    ("<think>no, \\boxed{3}</think>\nIt is $\\boxed{4}$.", "4"),
    ("I think \\boxed{3}</think> It is $\\boxed{4}$.", "4"),
    ("<think>it is \\boxed{3}</think>\n  ", "3"),
    ("<think>it is \\boxed{3}, but wait", "3"),
    ("<answer>\\boxed{4}</answer> and \\boxed{5}", "4"),
    ("<answer>A long\n\nstory, \\boxed{4}.</answer>", "4"),
]


@pytest.mark.parametrize(("completion", "answer"), BOXES)
def test_boxes(completion: str, answer: str) -> None:
    assert find_answer(completion) == Found(answer, "box")


@pytest.mark.parametrize(
    ("completion", "choices"),
    [
        (r"$\boxed{3}$ or $\boxed{4}$", ("3", "4")),
        (r"$\boxed{3}$, or $\boxed{4}$.", ("3", "4")),
        (r"\boxed{3} \text{ or } \boxed{4}", ("3", "4")),
        (r"either \boxed{3}, or \boxed{4}, or \boxed{5}", ("3", "4", "5")),
        (r"$x = \boxed{3}$ or $y = \boxed{4}$", ("3", "4")),
        (r"\boxed{A} \boxed{B} \boxed{C} \boxed{D}", ("A", "B", "C", "D")),
        (r"\boxed{41}, \boxed{42}", ("41", "42")),
        (r"\boxed{41} = \boxed{42}", ("41", "42")),
        (r"\boxed{\boxed{3} \text{ or } \boxed{4}}", ("3", "4")),
        ("**\\boxed{1}**\n\n**\\boxed{2}**", ("1", "2")),
        (r"\boxed{1} and \boxed{2} or \boxed{3}", ("1", "2", "3")),
    ],
)
def test_boxes_beside_each_other_are_choices(completion: str, choices: tuple[str, ...]) -> None:
    assert find_answer(completion) == Found(choices[-1], "box", choices=choices)


@pytest.mark.parametrize(
    ("completion", "parts"),
    [
        (r"at $\boxed{(-2,18)}$ and $\boxed{(8,38)}$.", ("(-2,18)", "(8,38)")),
        (r"$\boxed{1}$, $\boxed{2}$, and $\boxed{3}$", ("1", "2", "3")),
        (r"\boxed{1} \text{ and } \boxed{2}", ("1", "2")),
        (r"Hence $k = \boxed{5}$ or $k = \boxed{-3}$.", ("5", "-3")),
        (r"$g(x)=\boxed{x}$ or $g(x) = \boxed{-x}$", ("x", "-x")),
        (r"The possible values of $x$ are $\boxed{30}$ or $\boxed{150}$.", ("30", "150")),
    ],
)
def test_boxes_joined_by_and_or_solutions_of_one_unknown_are_parts(completion: str, parts: tuple[str, ...]) -> None:
    assert find_answer(completion) == Found(parts[-1], "box", parts=parts)


@pytest.mark.parametrize(
    ("completion", "choices"),
    [
        ("It is 4 or 5.", ("4", "5")),
        ("I think 4. Or 5.", ("4", "5")),
        ("It is $4$ or $5$.", ("4", "5")),
        ("so $x=4$ or $x=5$ or $x=6$", ("x=4", "x=5", "x=6")),
        ("It is 3, 4 or 5.", ("4", "5")),
        ("It is 3 or not 4.", ()),
    ],
)
def test_guesses_of_several_values_are_choices(completion: str, choices: tuple[str, ...]) -> None:
    found = find_answer(completion)
    assert found is not None
    assert (found.rule, found.choices) == ("last", choices)


def test_no_more_boxes_are_read_together_than_anybody_means() -> None:
    found = find_answer(r"\boxed{1} \boxed{2} " * 50)
    assert found is not None
    assert len(found.choices) == MAX_BOXES + 1


STATED: list[tuple[str, str, Rule]] = [
    ("16 - 3 - 4 = <<16-3-4=9>>9 eggs.\n#### 9", "9", "hash"),
    ("#### 1,234", "1,234", "hash"),
    ("#### -5", "-5", "hash"),
    ("#### $18", "$18", "hash"),
    ("####18", "18", "hash"),
    ("#### **18**\n", "18", "hash"),
    ("#### 18 dollars\n\nQuestion: What is", "18 dollars", "hash"),
    ("#### 3\nNo, that is wrong.\n#### 4", "4", "hash"),
    ("#### no solution", "no solution", "hash"),
    ("#### 4\nso \\boxed{5", "4", "hash"),
    ("#### Step 3: Add\nThe answer is 7.", "7", "phrase"),
    ("#### 2. Add\nThe answer is 7.", "7", "phrase"),
    ("#### Final Answer: 7", "7", "final"),
    ("#### Final Answer\n7", "7", "final"),
    ("Final Answer: The final answer is $5$. I hope it is correct.", "5", "final"),
    (r"Final Answer: The final answer is $\frac{1}{2}$. I hope it is correct.", r"\frac{1}{2}", "final"),
    ("Final Answer: The answer is 5.", "5", "final"),
    ("The final answer is: 5", "5", "final"),
    ("Final Answer: 5<|im_end|>", "5", "final"),
    ("The final answer is 5</s>", "5", "final"),
    ("**Answer:** 5", "5", "final"),
    ("**Answer**: 5", "5", "final"),
    ("Answer: \n\n5", "5", "final"),
    ("ANSWER: B", "B", "final"),
    ("Ans: 5", "5", "final"),
    ("The correct option is (C).", "(C)", "final"),
    ("**Final Answer**\n\n\\[ 5 \\]\n", "5", "final"),
    ("### Final Answer\n\n$\\frac{3}{4}$", r"\frac{3}{4}", "final"),
    ("Answer: $5$ cm.", "$5$ cm", "final"),
    ("Answer: 5, because 2 + 3 = 5.", "5", "final"),
    ("Answer: no solution", "no solution", "final"),
    ("**Answer:** Ann makes $18 every day.", "$18", "final"),
    ("**Answer:** Ann makes **$18** every day at the market.", "$18", "final"),
    ("Answer: The sides are 3, 4 and 5.", "sides are 3, 4 and 5", "final"),
    ("所以答案是5。", "5", "final"),
    ("因此，答案为 $\\frac12$。", r"\frac12", "final"),
    ("答案：3.5", "3.5", "final"),
    ("答えは11です。", "11", "final"),
    ("Ответ — 11.", "11", "final"),
    ("<think>hm</think><answer>5 apples</answer>", "5 apples", "final"),
    ("<answer>\\frac{1}{2}</answer>", r"\frac{1}{2}", "final"),
    ("<answer>4</answer> no: <answer>5</answer>", "5", "final"),
    ("<answer>5", "5", "final"),
    ("<answer>5</answer><answer></answer>", "5", "final"),
    ("<answer>The answer is 5.</answer>", "5", "final"),
    ("The answer is: 5.", "5", "phrase"),
    ("So the answer is 3.5. Done.", "3.5", "phrase"),
    ("The answer is 3.5", "3.5", "phrase"),
    ("The answer is 5!", "5!", "phrase"),
    ("The answer is 1,234.56 dollars.", "1,234.56 dollars", "phrase"),
    ("The answer is $18.", "$18", "phrase"),
    ("The answer is $18 per day.", "$18 per day", "phrase"),
    ("The answer is −5.", "−5", "phrase"),
    ("The answer is -3/4.", "-3/4", "phrase"),
    ("The answer is ½.", "½", "phrase"),
    ("answer is (B)", "(B)", "phrase"),
    ("The answer is (B) 12.", "(B) 12", "phrase"),
    ("The answer is Monday.", "Monday", "phrase"),
    ("The answer is x = 5.", "x = 5", "phrase"),
    ("The answer is sqrt(2)/2.", "sqrt(2)/2", "phrase"),
    ("The answer is approximately 3.14.", "3.14", "phrase"),
    ("The answer is 5 apples that were left in the basket.", "5", "phrase"),
    ("The answer is not 5", "not 5", "phrase"),
    ("The answer is 5 or 6", "5 or 6", "phrase"),
    ("The answer is $x=5$ or $x=-5$.", "$x=5$ or $x=-5$", "phrase"),
    ("The answer is \\(5\\), which was to be shown.", "5", "phrase"),
    ("The answer is \\[5\\]", "5", "phrase"),
    ("The answer to the question is **42**.", "42", "phrase"),
    ("The answer is 4. No, the answer is 5.", "5", "phrase"),
    ("La respuesta es 11.", "11", "phrase"),
    ("La réponse est 11.", "11", "phrase"),
    ("Die Antwort ist 11.", "11", "phrase"),
    ("คำตอบคือ 11", "11", "phrase"),
    ("Jibu ni 11.", "11", "phrase"),
    ("উত্তর হল 11।", "11", "phrase"),
    ("సమాధానం 11.", "11", "phrase"),
    ("We put answers in \\boxed{}. The answer is 7.", "7", "phrase"),
    ("<think>the answer is 3</think>The answer is 7.", "7", "phrase"),
    ("We get $x=5$ in step 3.", "x=5", "last"),
    ("So there are 7 apples.", "7", "last"),
    ("It cost $3.50 in all.", "$3.50", "last"),
    ("from $10 to $20, so $x = 5$ it is", "x = 5", "last"),
    ("so 3/4 of it", "3/4", "last"),
    ("It was -5.", "-5", "last"),
    ("16-3", "3", "last"),
    ("about 50% of 1,200,", "1,200", "last"),
    ("some formula \\[x\n= 2\\]", "x\n= 2", "last"),
    ("It is 4, not 5.", "4", "last"),
    ("It is $4$ and not equal to $5$.", "4", "last"),
    ("It is 4, it isn't 5, and cannot be 6.", "4", "last"),
    (r"It is 4 \phantom{5}", "4", "last"),
    ("If not, there are 5.", "5", "last"),
    ("This gives $2n=4$, or $n=2$.", "n=2", "last"),
    ("It is 4 or 4.", "4", "last"),
    ("The answer is the square root of 4.", "square root of 4", "phrase"),
    ("The answer is 4. Or 5.", "4. Or 5", "phrase"),
    ("<answer>4\n5</answer>", "4; 5", "final"),
    ("<answer>x = 4\n\nx = 5</answer>", "x = 4; x = 5", "final"),
    ("<answer>Add 4.\nIt is 5.</answer>", "5", "last"),
]


@pytest.mark.parametrize(("completion", "answer", "rule"), STATED)
def test_statements(completion: str, answer: str, rule: Rule) -> None:
    assert find_answer(completion) == Found(answer, rule)


@pytest.mark.parametrize(
    "completion",
    [
        "",
        " \n ",
        "I do not know.",
        r"\boxed{}",
        r"\boxed{\text{}}",
        r"so there are $\boxed{}$ of them",
        r"After 3 steps the answer is $\boxed{5",
        r"After 3 steps: \boxed{\frac{1}{2}",
        "Final Answer:",
        "The answer is",
        "The answer is ...",
        "####",
        "<think>maybe $4$, or 5",
        "<think>maybe 4</think>",
        "<answer></answer>",
        "$ $",
        "$:$",
        "The answer isn't 5.",
        "The answer isn\u2019t $5$.",
        "The answer cannot be 5.",
        "It is more than 4, and 5 is wrong.",
        "La respuesta no es 5.",
        r"\boxed{\phantom{5}}",
    ],
)
def test_completions_without_an_answer(completion: str) -> None:
    assert find_answer(completion) is None


def test_only_the_end_of_a_long_completion_is_read() -> None:
    assert find_answer("so it goes on " * 80_000 + r"\boxed{5}") == Found("5", "box")
    assert find_answer(r"\boxed{5}" + "so it goes on " * 80_000) is None


HOSTILE = [
    r"\boxed{", r"\boxed{5} or ", r"\boxed{5}", r"\boxed ", r"\boxed{\phantom{", r"\boxed\frac{", "}", "{", "$", "$$",
    r"\(", r"\[", "$a", "$1 ", "$1 $", "answer ", "answer is ", "the answer to x ", "answer" + " " * 30, "answer for a",
    "final answer ", "final\n", "####", "#### a\n", "####" + " " * 50, "</think>", "<think>", "<answer>", "</answer>",
    "<|a|>", "</s>", "1,", "1/", "-", "-1 ", ".5", ".", "\n", " ", "\\", r"\\", r"\text{", r"\boxed{$", "x ", "not ",
    "values are ", "答案", "=", "~", "_", "*", "≈", "a=", r"\boxed 1 or x=", "<|" + "a" * 39, "٣", "Answer: $x", "ans.",
]  # fmt: skip


@pytest.mark.parametrize("seed", HOSTILE)
@pytest.mark.parametrize(("before", "behind"), [("The answer is ", ""), (r"\boxed{5} ", r"$ \boxed{6}")])
def test_no_repetition_takes_more_than_linear_time(seed: str, before: str, behind: str) -> None:
    completion = before + seed * (MAX_COMPLETION // len(seed) - 1) + behind
    within(1, lambda: completion, find_answer)


PIECES = [*"ab1 .$\\{}<>/#*:,=-\n", r"\boxed", "answer", " is ", "think", "Final", " or "]


@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_any_text_has_an_answer_that_it_says_or_none(completion: str) -> None:
    found = find_answer(completion)
    if found is not None:
        assert found.text.strip()
        assert (found.choices or found.parts or (found.text,))[-1] == found.text
        if found.rule == "box":
            assert all(part in completion for part in (found.text, *found.choices, *found.parts))


AROUND = st.text(alphabet="ab1 .,\n$=+-")
BALANCED = st.recursive(
    st.text(alphabet="xy12+-=", min_size=1),
    lambda inner: st.lists(inner, min_size=1, max_size=3).map(lambda some: rf"\frac{{{'}{'.join(some)}}}"),
)


@given(AROUND, BALANCED, AROUND)
def test_a_box_is_found_whatever_stands_around_it(before: str, content: str, behind: str) -> None:
    assert find_answer(f"{before}\\boxed{{{content}}}{behind}") == Found(content, "box")


@needs_benchmarks
@pytest.mark.parametrize(("name", "rows", "rule"), [("math", 12_500, "box"), ("gsm8k", 8_792, "hash")])
def test_every_reference_solution_states_its_answer(name: str, rows: int, rule: Rule) -> None:
    seen, missed = 0, []
    for split in ("train", "test"):
        with gzip.open(BENCHMARKS / name / f"{split}.jsonl.gz") as lines:
            for row in map(orjson.loads, lines):
                seen += 1
                found = find_answer(row["solution"])
                if (
                    found is None
                    or found.rule != rule
                    or found.text.replace(",", "") != row["answer"].strip().replace(",", "")
                ):
                    missed.append(row["id"])
    assert seen == rows
    # Two solutions of MATH have an empty box.
    assert missed == (["math/train/5341", "math/train/5343"] if name == "math" else [])
