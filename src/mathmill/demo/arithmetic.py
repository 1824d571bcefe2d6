r"""Exercises about numbers: sums, fractions, percentages, divisibility, sequences, chance.

Each function draws one exercise from `rng` and gives a `Draft`. Formulas stand between dollar signs,
displayed ones between double dollar signs. The numbers of a question always appear in the same order,
so that a test can read them and work out the answer by other means.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from random import Random

from mathmill.demo.latex import in_parentheses, number, signed


@dataclass(frozen=True, slots=True)
class Draft:
    """An exercise before it has an id: question, steps of the solution, answer in LaTeX."""

    question: str
    steps: tuple[str, ...]
    answer: str


Maker = Callable[[Random], Draft]

NAMES = ("Ada", "Bilal", "Chiara", "Dmitri", "Emeka", "Farah", "Greta", "Hiro", "Ines", "Jonas", "Kavya", "Lena")
THINGS = ("marbles", "stamps", "postcards", "apples", "pencils", "beads", "stickers", "walnuts", "shells", "buttons")


def order_of_operations(rng: Random) -> Draft:
    """Parentheses, a product and a difference."""
    a, b, c, d = rng.randint(2, 60), rng.randint(2, 60), rng.randint(2, 12), rng.randint(2, 90)
    value = (a + b) * c - d
    verb = rng.choice(("Compute", "Evaluate", "Work out", "Find the value of"))
    return Draft(
        f"{verb} $({a} + {b}) \\cdot {c} - {d}$.",
        (
            f"The parentheses come first: ${a} + {b} = {a + b}$.",
            f"Multiplication binds more strongly than subtraction: ${a + b} \\cdot {c} = {(a + b) * c}$.",
            f"Finally ${(a + b) * c} - {d} = {value}$.",
        ),
        number(value),
    )


def word_problem(rng: Random) -> Draft:
    """A story of groups, a loss and a gain."""
    name, thing = rng.choice(NAMES), rng.choice(THINGS)
    boxes, each = rng.randint(3, 15), rng.randint(4, 25)
    total = boxes * each
    given, found = rng.randint(2, total // 2), rng.randint(2, 40)
    question = rng.choice(
        (
            f"{name} has {boxes} boxes with {each} {thing} in each. {name} gives away {given} {thing} "
            f"and later finds {found} more. How many {thing} does {name} have now?",
            f"A shop receives {boxes} crates of {each} {thing} each. It sells {given} of the {thing} on Monday and "
            f"on Tuesday {found} come back. How many {thing} are in the shop then?",
            f"In {boxes} days {name} collects {each} {thing} a day. After that {given} {thing} are lost "
            f"and a friend adds {found}. How many {thing} are there in the end?",
        )
    )
    return Draft(
        question,
        (
            f"At the start there are ${boxes} \\times {each} = {total}$ {thing}.",
            f"After {given} are gone, ${total} - {given} = {total - given}$ remain.",
            f"With the {found} that come in, ${total - given} + {found} = {total - given + found}$.",
        ),
        number(total - given + found),
    )


def fraction_sum(rng: Random) -> Draft:
    """A sum or difference of two fractions."""
    b, d = rng.sample(range(2, 16), 2)
    a, c = rng.randint(1, 2 * b), rng.randint(1, 2 * d)
    sign = rng.choice((1, -1))
    common = math.lcm(b, d)
    left, right = a * common // b, c * common // d
    value = Fraction(a, b) + sign * Fraction(c, d)
    mark = "+" if sign > 0 else "-"
    top = left + sign * right
    steps = [
        f"A common denominator of ${b}$ and ${d}$ is ${common}$.",
        f"$$\\frac{{{a}}}{{{b}}} {mark} \\frac{{{c}}}{{{d}}} = \\frac{{{left} {mark} {right}}}{{{common}}}$$",
        f"The numerator is ${left} {mark} {right} = {top}$.",
    ]
    if math.gcd(top, common) > 1:
        steps.append(f"We cancel ${math.gcd(top, common)}$.")
    steps.append(f"The result is ${number(value)}$.")
    verb = rng.choice(("Compute", "Add or subtract and simplify:", "Write as one fraction in lowest terms:"))
    return Draft(f"{verb} $\\frac{{{a}}}{{{b}}} {mark} \\frac{{{c}}}{{{d}}}$.", tuple(steps), number(value))


def percentage(rng: Random) -> Draft:
    """A price lowered by some percent."""
    price, percent = rng.randint(2, 60) * 20, rng.randrange(5, 80, 5)
    part = price * percent // 100
    thing = rng.choice(("bicycle", "coat", "table", "camera", "guitar", "tent"))
    question = rng.choice(
        (
            f"A {thing} costs {price} euros. In the sale it is {percent} percent cheaper. What is the price then?",
            f"The old price of a {thing} is {price} crowns. It is lowered by {percent} percent. "
            f"How many crowns is the new price?",
        )
    )
    return Draft(
        question,
        (
            f"The reduction is $\\frac{{{percent}}}{{100}} \\cdot {price} = {part}$.",
            f"The new price is ${price} - {part} = {price - part}$.",
        ),
        number(price - part),
    )


def power_modulo(rng: Random) -> Draft:
    """The remainder of a power."""
    base, exponent, modulus = rng.randint(2, 20), rng.randint(3, 9), rng.choice((5, 7, 9, 11, 13, 17, 19, 23))
    steps = [f"We reduce after every multiplication. $${base} \\equiv {base % modulus} \\pmod{{{modulus}}}$$"]
    running = base % modulus
    for power in range(2, exponent + 1):
        product = running * (base % modulus)
        steps.append(f"${base}^{{{power}}} \\equiv {product} \\equiv {product % modulus} \\pmod{{{modulus}}}$.")
        running = product % modulus
    question = rng.choice(
        (
            f"Find the remainder of ${base}^{{{exponent}}}$ on division by ${modulus}$.",
            f"What is ${base}^{{{exponent}}}$ modulo ${modulus}$? Give the least non-negative residue.",
        )
    )
    return Draft(question, tuple(steps), number(running))


def common_divisor(rng: Random) -> Draft:
    """A greatest common divisor by division with remainder."""
    factor = rng.randint(2, 24)
    a, b = sorted((factor * rng.randint(3, 40), factor * rng.randint(3, 40)), reverse=True)
    x, y, steps = a, b, ["We use Euclid's algorithm: divide with remainder until nothing remains."]
    while y:
        steps.append(f"${x} = {x // y} \\cdot {y} + {x % y}$.")
        x, y = y, x % y
    steps.append(f"The last remainder that is not zero is ${x}$.")
    ask = rng.choice(("Find the greatest common divisor of", "Compute the highest common factor of"))
    return Draft(f"{ask} ${a}$ and ${b}$.", tuple(steps), number(x))


def arithmetic_sequence(rng: Random) -> Draft:
    """A late term, or the sum of the first ones."""
    first, step, n = rng.randint(-20, 30), rng.choice([k for k in range(-9, 13) if k]), rng.randint(8, 60)
    terms = ", ".join(str(first + k * step) for k in range(3))
    last = first + (n - 1) * step
    total = n * (first + last) // 2
    opening = f"An arithmetic sequence begins ${terms}, \\ldots$"
    difference = f"The common difference is ${first + step} - {in_parentheses(first)} = {step}$."
    nth = f"$$a_{{{n}}} = {first} + {n - 1} \\cdot {in_parentheses(step)} = {last}$$"
    if rng.random() < 0.5:
        return Draft(f"{opening} What is the term $a_{{{n}}}$?", (difference, nth), number(last))
    middle = f"$$S_{{{n}}} = \\frac{{{n}}}{{2}} \\cdot ({first}{signed(last)}) = {total}$$"
    return Draft(f"{opening} Find the sum $S_{{{n}}}$ of its first terms.", (difference, nth, middle), number(total))


def geometric_sequence(rng: Random) -> Draft:
    """A later term of a geometric sequence."""
    first, ratio, n = rng.randint(1, 9), rng.choice((-3, -2, 2, 3, 4, 5)), rng.randint(4, 7)
    value = first * ratio ** (n - 1)
    terms = ", ".join(str(first * ratio**k) for k in range(3))
    return Draft(
        f"A geometric sequence begins ${terms}, \\ldots$ Compute its term $a_{{{n}}}$.",
        (
            f"Each term is the one before times $q = {ratio}$.",
            f"$$a_{{{n}}} = {first} \\cdot {in_parentheses(ratio)}^{{{n - 1}}} = {value}$$",
        ),
        number(value),
    )


def drawing_balls(rng: Random) -> Draft:
    """Two balls of one colour, drawn without replacement."""
    red, blue = rng.randint(2, 14), rng.randint(2, 14)
    total = red + blue
    colour = rng.choice(("red", "blue"))
    count = red if colour == "red" else blue
    value = Fraction(count * (count - 1), total * (total - 1))
    return Draft(
        f"A bag holds {red} red and {blue} blue balls. Two balls are drawn without putting the first one back. "
        f"What is the probability that both are {colour}?",
        (
            f"The first ball is {colour} with probability $\\frac{{{count}}}{{{total}}}$.",
            f"Then ${count - 1}$ of the ${total - 1}$ balls left are {colour}.",
            f"$$P = \\frac{{{count}}}{{{total}}} \\cdot \\frac{{{count - 1}}}{{{total - 1}}} = {number(value)}$$",
        ),
        number(value),
    )


def choosing(rng: Random) -> Draft:
    """How many groups of a size there are."""
    n, k = rng.randint(5, 14), rng.randint(2, 4)
    numerator = math.perm(n, k)
    factors = " \\cdot ".join(str(n - i) for i in range(k))
    group = rng.choice(("a committee of ", "a team of ", "a jury of "))
    return Draft(
        f"From {n} people {group}{k} is chosen. In how many ways can this be done?",
        (
            f"The order does not matter, so we count $\\binom{{{n}}}{{{k}}}$.",
            f"$$\\binom{{{n}}}{{{k}}} = \\frac{{{factors}}}{{{math.factorial(k)}}} "
            f"= \\frac{{{numerator}}}{{{math.factorial(k)}}} = {math.comb(n, k)}$$",
        ),
        number(math.comb(n, k)),
    )
