r"""What the lessons of the made-up web say: a title and paragraphs for each subject, in English.

Written for this project. Formulas stand between dollar signs and stay inside the subset of
`mathmill.demo.formula`; no paragraph has any other dollar sign.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from mathmill.demo.prose import sections

REMARKS = sections("""
Readers who meet this for the first time should work through the examples with pencil and paper before they read
on.

The proof is short, and it is worth knowing, because the same idea comes back in later chapters.

A common mistake is to forget a sign half way; write every step on a line of its own.

We shall use the result without mention from now on.

It helps to try the statement on small numbers first and to look for a pattern.

In the exercises the numbers are chosen so that nothing worse than a fraction appears.

Historically the rule was known long before anybody wrote it with letters.

Students often ask whether the condition is really needed; the last exercise shows that it is.

The method is slow by hand but safe, and a machine does it in no time.

Compare the answer with an estimate: if the two are far apart, one of them is wrong.

There are several ways to see why this holds, and the one below uses the least.

Keep the definition in mind; most of the difficulty disappears when it is written out.

The picture in the margin shows the case of two variables, the general case is the same.

Teachers may leave out this section on a first reading of the course.
""")[""]

_TEXT = r"""
# order_of_operations

The order of operations

An expression with several operations has one value only if everybody reads it in the same order. Parentheses
come first, then powers, then products and quotients, then sums and differences. So $2 + 3 \cdot 4$ is $14$ and
not $20$.

Parentheses change the order: $(2 + 3) \cdot 4 = 20$. Operations of the same rank are done from left to right,
so $10 - 4 - 3$ means $(10 - 4) - 3 = 3$.

The distributive law connects both ranks: $$a \cdot (b + c) = a \cdot b + a \cdot c$$ It lets us check a result
by computing it in two ways.

# word_problem

From words to numbers

A word problem tells a story, and the first task is to find out which numbers it names and what it asks for.
Groups of equal size call for a product: $n$ groups of $k$ things make $n \times k$ things.

What is given away is subtracted, what is found is added. If we start with $a$, lose $b$ and gain $c$, we end
with $a - b + c$.

At the end we read the question again and see whether the number answers it. A rough estimate such as $19 \times
21 \approx 400$ shows most slips.

# fraction_sum

Adding and subtracting fractions

Fractions with the same denominator are added by adding their numerators. Otherwise both are first written with
a common denominator: $$\frac{a}{b} + \frac{c}{d} = \frac{ad + bc}{bd}$$

The least common multiple of $b$ and $d$ keeps the numbers small. For $\frac{1}{6} + \frac{1}{4}$ the
denominator $12$ is enough, and the sum is $\frac{5}{12}$.

A fraction is in lowest terms if $\gcd(a, b) = 1$. Cancelling does not change the value, because $\frac{ka}{kb}
= \frac{a}{b}$ for every $k \ne 0$.

# percentage

Percentages

Percent means by the hundred: $p$ percent of a quantity $G$ is $W = \frac{p}{100} \cdot G$. Five percent of $80$
is therefore $4$.

A quantity that falls by $p$ percent is multiplied by $1 - \frac{p}{100}$, one that rises by $p$ percent by $1 +
\frac{p}{100}$.

Rises and falls do not cancel. After plus $10$ percent and minus $10$ percent the factor is $\frac{110}{100}
\cdot \frac{90}{100} = \frac{99}{100}$.

# power_modulo

Powers and remainders

Two integers are congruent modulo $m$ if $m$ divides their difference; we write $a \equiv b \pmod{m}$.
Congruences may be added and multiplied like equations.

To find the remainder of a power we reduce after every multiplication, so that no number exceeds $m^{2}$. The
naive product $a^{n}$ would have very many digits.

For a prime $p$ and $a$ not divisible by $p$, Fermat's theorem says $$a^{p-1} \equiv 1 \pmod{p}$$ which shortens
large exponents a good deal.

# common_divisor

The Euclidean algorithm

Every common divisor of $a$ and $b$ also divides $a - qb$. Hence $\gcd(a, b) = \gcd(b, r)$ where $r$ is the
remainder of $a$ on division by $b$.

The remainders fall, because $0 \le r < b$ in every step, so the procedure ends. The last remainder other than
$0$ is the greatest common divisor.

Read backwards, the same steps give integers $x$ and $y$ with $$ax + by = \gcd(a, b)$$ a fact that goes under
the name of Bezout.

# arithmetic_sequence

Arithmetic sequences

In an arithmetic sequence the difference $d$ of neighbours is constant. Its general term is $$a_{n} = a_{1} + (n
- 1) \cdot d$$

For the sum of the first terms we write the summands once forwards and once backwards. Every pair adds up to
$a_{1} + a_{n}$, and so $S_{n} = \frac{n}{2} \cdot (a_{1} + a_{n})$.

With $a_{1} = 1$ and $d = 1$ this is the sum of the first integers, $\frac{n(n + 1)}{2}$.

# geometric_sequence

Geometric sequences

In a geometric sequence the quotient $q$ of neighbours is constant: $$a_{n} = a_{1} \cdot q^{n-1}$$ With $q < 0$
the signs alternate.

The sum of the first terms is $a_{1} \cdot \frac{1 - q^{n}}{1 - q}$ for $q \ne 1$. To see it, multiply the sum
by $q$ and subtract.

If $0 < q < 1$ the powers tend to zero, and the infinite series has the value $\frac{a_{1}}{1 - q}$.

# drawing_balls

Drawing without replacement

When all outcomes are equally likely, the probability of an event is the number of favourable outcomes over the
number of all. It satisfies $0 \le P \le 1$.

For two draws without replacement we multiply along the path: $$P(A B) = P(A) \cdot P(B \mid A)$$ The second
factor is computed for the bag as it is after the first draw.

The events of at least one red ball and of no red ball are complementary, so that $P = 1 - Q$ saves work.

# choosing

Counting choices

There are $n \cdot (n - 1)$ ways to choose a first and a second out of $n$. If the order does not matter, each
pair was counted twice.

In general the number of choices of $k$ out of $n$ is the binomial coefficient $$\binom{n}{k} = \frac{n \cdot (n
- 1) \cdot \ldots \cdot (n - k + 1)}{k!}$$

Choosing who goes is choosing who stays: $\binom{n}{k} = \binom{n}{n - k}$. All choices together are $2^{n}$.

# linear_equation

Linear equations

A linear equation $ax + b = c$ with $a \ne 0$ has exactly one solution. We do the same on both sides until the
unknown stands alone: $$x = \frac{c - b}{a}$$

If the unknown occurs on both sides, its terms are collected on one of them. Adding and subtracting never
changes the set of solutions, multiplying by $0$ does.

A solution is checked by putting it into the equation. For $3x + 2 = 11$ and $x = 3$ both sides are $11$.

# linear_system

Two equations, two unknowns

The points $(x, y)$ that satisfy $ax + by = e$ form a line, provided that $a$ and $b$ are not both zero. Two
lines that are not parallel meet in one point.

Elimination multiplies the equations so that one unknown cancels when they are subtracted. The other one remains
in an equation that we can solve.

The system has exactly one solution if $ad - bc \ne 0$, and then $$x = \frac{ed - bf}{ad - bc}$$

# quadratic_equation

Quadratic equations

Completing the square turns $x^{2} + px + q = 0$ into a pure square and leads to the formula $$x = -\frac{p}{2}
\pm \sqrt{\frac{p^{2}}{4} - q}$$

The discriminant $D = p^{2} - 4q$ decides about the number of real solutions: two if $D > 0$, one if $D = 0$,
none if $D < 0$.

By Vieta's rule the solutions satisfy $x_{1} + x_{2} = -p$ and $x_{1} \cdot x_{2} = q$. With small integers they
can often be guessed.

# inequality

Linear inequalities

The same number may be added on both sides of an inequality: from $a < b$ follows $a + c < b + c$.

Multiplication with a positive number keeps the direction, with a negative number it turns it round. From $2 <
3$ follows $-3 < -2$.

The solutions of $ax + b < c$ with $a > 0$ are all numbers below $\frac{c - b}{a}$, a half-line: $$x < \frac{c -
b}{a}$$

# derivative

The derivative of a polynomial

The derivative is the limit of the slopes of secants: $$f'(x) = \lim_{h \to 0} \frac{f(x + h) - f(x)}{h}$$

For a power the binomial theorem gives $(x^{n})' = n x^{n-1}$. Constant factors stay, and sums are
differentiated term by term.

Where $f'(x) > 0$ the function rises. At an inner maximum or minimum $f'(x) = 0$ holds, but $x^{3}$ shows that
the converse is false.

# integral

The integral of a polynomial

If $F' = f$, then by the fundamental theorem $$\int_{a}^{b} f(x) \, dx = F(b) - F(a)$$ so that an antiderivative
is all we need.

A power has the antiderivative $\frac{x^{n+1}}{n + 1}$ as long as $n \ne -1$. For $n = -1$ the logarithm takes
its place: $\ln x$.

The integral counts area below the axis as negative. For an odd function $\int_{-a}^{a} f(x) \, dx = 0$.

# right_triangle

The theorem of Pythagoras

In a right triangle the square on the hypotenuse equals the sum of the squares on the legs: $$a^{2} + b^{2} =
c^{2}$$

Integers with this property are called Pythagorean triples. All of them come from $m^{2} - n^{2}$, $2mn$ and
$m^{2} + n^{2}$ by scaling.

The diagonal of a square with side $1$ measures $\sqrt{2}$, which is not a fraction of integers.

# circle

Area and circumference of the circle

All circles are similar, so circumference and diameter have the same ratio in each: $\frac{C}{2r} = \pi$.
Archimedes showed that $\pi < \frac{22}{7}$.

Cut into thin sectors and laid side by side, the circle becomes nearly a rectangle with sides $\pi r$ and $r$.
Its area is therefore $$A = \pi r^{2}$$

A sector with the angle $\alpha$ in degrees has the area $\frac{\alpha}{360} \cdot \pi r^{2}$.

# determinant

Determinants of small matrices

The determinant of a matrix with two rows is the product along one diagonal minus that along the other: $$\det
\begin{pmatrix} a & b \\ c & d \end{pmatrix} = ad - bc$$

Its size is the area of the parallelogram that the rows span, its sign tells the orientation. It vanishes when
the rows are proportional.

The determinant is multiplicative: $\det(A B) = \det A \cdot \det B$. A matrix is invertible if and only if
$\det A \ne 0$.

# logarithm

Logarithms

The logarithm of $x$ to the base $b$ is the exponent that gives $x$: $\log_{b} x = y$ means $b^{y} = x$.

Products become sums and quotients become differences: $$\log_{b} (xy) = \log_{b} x + \log_{b} y$$

To change the base we divide: $\log_{b} x = \frac{\ln x}{\ln b}$. Slide rules and tables once made
multiplication easy in this way.
"""

# By subject: the title, then the paragraphs.
LESSONS: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {subject: (title, tuple(paragraphs)) for subject, (title, *paragraphs) in sections(_TEXT).items()}
)
