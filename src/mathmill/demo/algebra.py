r"""Exercises about unknowns and functions: equations, inequalities, calculus, geometry, matrices.

Same conventions as `mathmill.demo.arithmetic`.
"""

from __future__ import annotations

from fractions import Fraction
from random import Random

from mathmill.demo.arithmetic import Draft
from mathmill.demo.latex import in_parentheses, number, polynomial, signed, sum_of

NON_ZERO = [k for k in range(-9, 10) if k]


def linear_equation(rng: Random) -> Draft:
    """The unknown on both sides, a rational solution."""
    a, c = rng.sample(range(2, 15), 2)
    a *= rng.choice((1, -1))
    b, d = rng.choice(NON_ZERO), rng.randint(-40, 40)
    value = Fraction(d - b, a - c)
    left, right = polynomial((a, b)), polynomial((c, d))
    verb = rng.choice(("Solve", "Solve for $x$:", "Find the solution of"))
    return Draft(
        f"{verb} ${left} = {right}$.",
        (
            f"We bring the unknowns to one side: ${polynomial((a - c, b))} = {d}$.",
            f"Subtracting ${b}$ gives ${polynomial((a - c, 0))} = {d - b}$.",
            f"$$x = {number(value)}$$",
        ),
        f"x = {number(value)}",
    )


def linear_system(rng: Random) -> Draft:
    """Two equations with two unknowns and an integer solution."""
    x, y = rng.choice(NON_ZERO), rng.choice(NON_ZERO)
    a, b, c, d = (rng.choice(NON_ZERO) for _ in range(4))
    while a * d == b * c:
        d = rng.choice(NON_ZERO)
    e, f = a * x + b * y, c * x + d * y
    det = a * d - b * c
    return Draft(
        f"Solve the system ${_plane(a, b)} = {e}$ and ${_plane(c, d)} = {f}$. Give the pair $(x, y)$.",
        (
            f"Multiply the first equation by ${d}$, the second by ${b}$ and subtract; $y$ cancels.",
            f"$${det} \\cdot x = {e} \\cdot {in_parentheses(d)} - {in_parentheses(f)} \\cdot {in_parentheses(b)}"
            f" = {e * d - f * b}$$",
            f"Hence $x = {x}$.",
            f"Put into the first equation: ${b} \\cdot y = {e} - {in_parentheses(a * x)} = {e - a * x}$, so $y = {y}$.",
        ),
        f"({x}, {y})",
    )


def _plane(a: int, b: int) -> str:
    second = polynomial((abs(b), 0), "y")
    return f"{polynomial((a, 0))} {'-' if b < 0 else '+'} {second}"


def quadratic_equation(rng: Random) -> Draft:
    """One of two integer roots."""
    small, large = sorted(rng.sample(range(-12, 13), 2))
    p, q = -(small + large), small * large
    shape = polynomial((1, p, q))
    root = large - small
    steps = (
        f"The discriminant is $D = {in_parentheses(p)}^{{2}} - 4 \\cdot {in_parentheses(q)} = {root * root}$.",
        f"$$x = \\frac{{{-p} \\pm \\sqrt{{{root * root}}}}}{{2}} = \\frac{{{-p} \\pm {root}}}{{2}}$$",
        f"The two solutions are $x_{{1}} = {small}$ and $x_{{2}} = {large}$.",
    )
    if rng.random() < 0.5:
        return Draft(f"Find the larger solution of ${shape} = 0$.", steps, number(large))
    return Draft(f"Find the smaller root of the equation ${shape} = 0$.", steps, number(small))


def inequality(rng: Random) -> Draft:
    """A linear inequality and its half-line."""
    a, b, c = rng.randint(2, 12), rng.choice(NON_ZERO), rng.randint(-30, 60)
    sign = rng.choice(("<", ">", "\\le", "\\ge"))
    bound = number(Fraction(c - b, a))
    return Draft(
        f"For which real numbers $x$ does ${polynomial((a, b))} {sign} {c}$ hold?",
        (
            f"Subtract ${b}$ on both sides: ${polynomial((a, 0))} {sign} {c - b}$.",
            f"Division by ${a}$ keeps the direction because $0 < {a}$.",
            f"$$x {sign} {bound}$$",
        ),
        f"x {sign} {bound}",
    )


def derivative(rng: Random) -> Draft:
    """The derivative of a cubic polynomial, or its value at a point."""
    coefficients = [rng.choice(NON_ZERO), rng.randint(-9, 9), rng.randint(-9, 9), rng.randint(-20, 20)]
    slopes = [3 * coefficients[0], 2 * coefficients[1], coefficients[2]]
    shape, slope = polynomial(coefficients), polynomial(slopes)
    rule = "Each power is differentiated by $(x^{n})' = n x^{n-1}$; the constant vanishes."
    result = f"$$f'(x) = {slope}$$"
    if rng.random() < 0.5:
        return Draft(f"Find the derivative $f'(x)$ of $f(x) = {shape}$.", (rule, result), slope)
    x = rng.randint(-4, 5)
    values = [slopes[0] * x * x, slopes[1] * x, slopes[2]]
    value = sum(values)
    return Draft(
        f"Let $f(x) = {shape}$. Compute the slope $f'({x})$.",
        (rule, result, f"At the point ${x}$ this is ${sum_of(values)} = {value}$."),
        number(value),
    )


def integral(rng: Random) -> Draft:
    """A definite integral of a quadratic polynomial."""
    a, b, c = rng.choice(NON_ZERO), rng.randint(-6, 6), rng.randint(-9, 9)
    low = rng.randint(-3, 2)
    high = low + rng.randint(1, 4)
    antiderivative = (Fraction(a, 3), Fraction(b, 2), Fraction(c), 0)
    at_high, at_low = (sum(k * x**p for k, p in zip(antiderivative, (3, 2, 1, 0), strict=True)) for x in (high, low))
    value = at_high - at_low
    return Draft(
        f"Evaluate the integral $\\int_{{{low}}}^{{{high}}} ({polynomial((a, b, c))}) \\, dx$.",
        (
            f"An antiderivative is $F(x) = {polynomial(antiderivative)}$.",
            f"$$F({high}) - F({low}) = {number(at_high)} - {in_parentheses(at_low)} = {number(value)}$$",
        ),
        number(value),
    )


TRIPLES = ((3, 4, 5), (5, 12, 13), (8, 15, 17), (7, 24, 25), (20, 21, 29), (9, 40, 41), (12, 35, 37))


def right_triangle(rng: Random) -> Draft:
    """The third side of a triangle of integers."""
    scale = rng.randint(1, 12)
    a, b, c = (scale * side for side in rng.choice(TRIPLES))
    if rng.random() < 0.5:
        a, b = b, a
    if rng.random() < 0.5:
        return Draft(
            f"The legs of a right triangle measure ${a}$ cm and ${b}$ cm. How many centimetres is the hypotenuse?",
            (
                f"By the theorem of Pythagoras $c^{{2}} = {a}^{{2}} + {b}^{{2}} = {a * a + b * b}$.",
                f"$$c = \\sqrt{{{c * c}}} = {c}$$",
            ),
            number(c),
        )
    return Draft(
        f"A right triangle has the hypotenuse ${c}$ cm and one leg of ${a}$ cm. How many centimetres is the other leg?",
        (
            f"By the theorem of Pythagoras $b^{{2}} = {c}^{{2}} - {a}^{{2}} = {c * c - a * a}$.",
            f"$$b = \\sqrt{{{b * b}}} = {b}$$",
        ),
        number(b),
    )


def circle(rng: Random) -> Draft:
    """Area or circumference as a multiple of pi."""
    r = rng.randint(2, 40)
    if rng.random() < 0.5:
        return Draft(
            f"A circle has the radius ${r}$. Express its area as a multiple of $\\pi$.",
            ("The area is $A = \\pi r^{2}$.", f"$$A = \\pi \\cdot {r}^{{2}} = {r * r}\\pi$$"),
            f"{r * r}\\pi",
        )
    return Draft(
        f"A circle has the radius ${r}$. Express its circumference as a multiple of $\\pi$.",
        ("The circumference is $C = 2 \\pi r$.", f"$$C = 2 \\pi \\cdot {r} = {2 * r}\\pi$$"),
        f"{2 * r}\\pi",
    )


def determinant(rng: Random) -> Draft:
    """The determinant of a matrix with two rows."""
    a, b, c, d = (rng.randint(-9, 9) for _ in range(4))
    value = a * d - b * c
    matrix = f"\\begin{{pmatrix}} {a} & {b} \\\\ {c} & {d} \\end{{pmatrix}}"
    return Draft(
        f"Compute the determinant of $$A = {matrix}$$",
        (
            "For two rows the determinant is $\\det A = ad - bc$.",
            f"$$\\det A = {a} \\cdot {in_parentheses(d)} - {in_parentheses(b)} \\cdot {in_parentheses(c)}"
            f" = {a * d}{signed(-b * c)} = {value}$$",
        ),
        number(value),
    )


def logarithm(rng: Random) -> Draft:
    """A sum or difference of logarithms of powers of the base."""
    base, k, m = rng.choice((2, 3, 5, 10)), rng.randint(1, 4), rng.randint(1, 4)
    x, y = base**k, base**m
    sign, mark = rng.choice(((1, "+"), (-1, "-")))
    value = k + sign * m
    return Draft(
        f"Simplify $\\log_{{{base}}} {x} {mark} \\log_{{{base}}} {y}$.",
        (
            f"Because ${base}^{{{k}}} = {x}$ we have $\\log_{{{base}}} {x} = {k}$.",
            f"Because ${base}^{{{m}}} = {y}$ we have $\\log_{{{base}}} {y} = {m}$.",
            f"The value is ${k} {mark} {m} = {value}$.",
        ),
        number(value),
    )
