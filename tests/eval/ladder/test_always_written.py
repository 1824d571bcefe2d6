r"""What always pays, by its signs: numerals, bases, words, titles, units, times, options, as people write them."""

from __future__ import annotations

import pytest

from tests.eval.ladder.asking import ask

BASES = [
    ("0.0011_2", r"\frac{3}{16}"), ("0.1_2", "0.5"), ("0.11_2", "0.110_2"), ("1A3_{16}", "419"),
    (r"\text{1A3}_{16}", "1A3_{16}"), ("1a3_{16}", "1A3_{16}"), ("FF_{16}", "255"), (r"\mathrm{FF}_{16}", "255"),
    ("1010_{two}", "1010_2"), ("1010 base 2", "1010_2"), (r"1010 \text{ (base 2)}", "1010_2"),
    ("1010_{(2)}", "1010_2"), ("1,010_2", "1010_2"), ("10 base 10", "10"), (r"1010 \text{ in base } 2", "1010_2"),
    ("one fifth", "1/5"), ("2nd", "second"), ("second", "2"), ("22nd", "twenty-second"), ("1010 base 2", "10"),
    ("(1,2)U(3,4)", r"(1,2)\cup(3,4)"), ("(a+b)U(c+d)", "U(a+b)(c+d)"), ("24_{10}", "24"), ("24", "24_{10}"),
    ("AB_{12}", "131"), ("BC_{5}", "BC_5"), ("0.1_3", r"\frac13"),
]  # fmt: skip
CHOICES = [
    (r"\text{(A) } 5", "5"), ("A: 5", "5"), ("A. 5", "5"), ("(A) 5", "5"), ("A) 5", "5"), (r"\textbf{(A)}\ 5", "5"),
    (r"\textbf{(A)}\ 5", "A"), (r"\textbf{(A)} 5", r"\text{(A)}"), ("5", "(A) 5"), ("A", "(A) 5"), (r"\text{A}", "A"),
    ("(A)", "A"), ("A.", "A"), ("option A", "A"), ("Option (A)", "A"), ("choice A", r"\textbf{(A)}"), ("(a)", "(A)"),
    ("answer: A", "A"), (r"\textbf{A}", "A"), (r"\mathbf{A}", "A"), (r"\boxed{A}", "A"), ("A,C", "A, C"),
    ("AC", "A, C"), ("A and C", "A, C"), ("(A) and (C)", "A, C"), ("ABD", "A,B,D"), ("BAD", "A,B,D"), ("A,B", "AB"),
    ("A, C", "(A), (C)"), ("C: x^2=4", "x^2=4"), ("E = mc^2", "mc^2"), ("A = 5", "5"), ("C. 5", "C"),
    ("(A) is correct", "A"), ("(A) no solution", "A"), ("42 apples left", "42"), ("42 red apples", "42"),
]  # fmt: skip
CLOCKS = [
    ("4:30 p.m.", "4:30 PM"), (r"4:30\text{ p.m.}", "4:30"), ("4:30", r"4:30\text{ p.m.}"),
    ("16:30", r"4:30\text{ p.m.}"), ("noon", "12:00 p.m."), ("12 p.m.", "noon"), ("midnight", "12:00 a.m."),
    ("4:30pm", "4:30 p.m."), (r"4\!:\!30", "4:30"), ("04:30", "4:30"), ("4 p.m.", "4:00 p.m."),
    ("4:30:00 pm", "4:30 p.m."), ("8:00 a.m.", "8 a.m."), ("10:05 am", "10:05 a.m."), ("3:05", "3:05 PM"),
    ("20:34", r"8\!:\!34 \text{ p.m.}"), ("8:34", r"8\!:\!34 \text{ p.m.}"), ("8:34 p.m.", "20:34"),
    ("0:30", "12:30 a.m."), ("12:30", "12:30 p.m."), ("noon", "12:00"), ("midnight", "0:00"), ("4", "4 p.m."),
    ("1:2", "1:02 p.m."),
]  # fmt: skip
MARKS = [
    ("5'10''", "70 inches"), ("5'10\"", "5 feet 10 inches"), ("5'", "5 feet"), ("6''", "6 inches"),
    (r"30^\circ15'", r"30.25^\circ"), (r"30^\circ15'", r"30^\circ 15'"), (r"30^\circ 15' 36''", r"30.26^\circ"),
    ("30\u00b015'", r"30.25^\circ"), (r"30^{\circ}15^{\prime}", r"30.25^\circ"), ("15'", "15"), ("6'", "72''"),
]  # fmt: skip
MEASURES = [
    ("Wednesday", "wednesday"), ("5 hours and 30 minutes", "5.5 hours"), ("5 hours, 30 minutes", "330 minutes"),
    ("5 h 30 min", "5.5 h"), ("1 hr 20 min", "80 min"), (r"1\text{ hour }20\text{ minutes}", "80 minutes"),
    ("5 feet, 10 inches", "70 in"), ("5 ft. 10 in.", "70 in."), (r"5\text{ ft }10\text{ in}", "70 inches"),
    ("3 weeks 2 days", "23 days"), ("2 lb 3 oz", "35 oz"), ("2 m 5 cm", "205 cm"), (r"\$2 and 50 cents", "2.50"),
    ("2 dollars and 50 cents", r"\$2.50"), ("5 cm^2", r"5\,\mathrm{cm}^2"), ("5 cm2", "5 cm^2"),
    ("5cm\u00b2", "5 cm^2"), ("5 square cm", "5 cm^2"), ("5 sq. cm", "5 cm^2"), ("5 cm squared", "5 cm^2"),
    ("5 cubic meters", "5 m^3"), ("5 m\u00b3", "5 cubic metres"), ("5 km per hour", "5 km/h"), ("5 km/hr", "5 km/h"),
    (r"5\ \text{km}\cdot\text{h}^{-1}", "5 km/h"), ("5 m/s", "18 km/h"), ("5 meters/second", "5 m/s"), ("5 N", "5"),
    ("5 J", "5000 mJ"), ("5 kHz", "5000 Hz"), ("5 V", "5 volts"), ("5 \u03a9", "5 ohms"), ("5 ton", "5 tons"),
    ("5 km", "5000 m"), ("5 kilometers", "5 km"), ("25 \u00b0C", "25 degrees Celsius"),
    ("25\u2103", r"25^\circ\text{C}"), ("5 rad", "5 radians"), (r"5 \text{ rad}", "5"), ("5 year old", "5 years"),
    ("5 years old", "5"), ("5 students", "5"), ("5 pieces", "5 piece"), ("five dollars", r"\$5"),
    ("5 boxes", "5 box"), ("6 children", "6"), ("5 cities", "5 city"), (r"10\text{ square feet}", r"10\text{ ft}^2"),
    (r"10\,\Omega", "10 ohm"), ("10 units", "10 cm"), ("10 sq units", "10"), ("10 cents", r"10 \cent"),
    ("10\u00a2", "10 cents"), ("5 min", "300 s"), ("5%", "5 percent"), ("5 per day", "5"), ("$5 per hour", "5"),
    ("5 men", "5"), ("5 pies", "5"), ("5 pieces", "5"), ("2 abc", "2abc"), ("2 sin x", r"2\sin x"),
    ("5 cm and 3 cm", "5,3"), ("42 permille", "0.042"), ("42 hundred", "4200"), ("2 pints", "1 quart"),
    ("4 cups", "1 quart"), (r"5\,\Omega", r"5\Omega"), ("$5 million", "5 million"),
    ("5 \u5398\u7c73", "50 \u6beb\u7c73"), ("5 years", "60 months"), ("5 classes", "5 class"), ("1/5th", "1/5"),
    ("5 feet 10 inches", "5'10\""), ("6 ft. 2 in.", "6'2\""), ("2 h 5 min", "125 min"),
    ("5.5 hours", "5 hours, 30 minutes"),
    ("3 : 2 : 1", "6:4:2"), ("2 to 3", "2/3"), ("1 to 1", "1"), ("10 to 20", "0.5"), ("about 2", "2"),
    ("2 miles per hour", "2 mph"), ("2 km per day", "2 km/day"), ("2 hundred", "200"),
    ("(2,3) or (3,2)", "(2,3),(3,2)"), ("all real numbers except 1 and 2", r"x\ne 1,2"),
    ("all real numbers except x = 1", r"x\ne1"),
]  # fmt: skip
NUMERALS = [
    ("1,000,000", "10^6"), ("1 million", "10^6"), ("1 million", "1,000,000"), ("1.5 million", "1,500,000"),
    ("1.5 billion", r"1.5\times 10^9"), ("1.000.000", "1000000"), ("1{,}5", "1.5"), ("$5.50", "5.50 dollars"),
    ("5.50 dollars", r"\$5.50"), ("550 cents", r"\$5.50"), ("5.5", r"\$5.50"), (r"5.50\$", r"\$5.50"),
    ("5.50 USD", r"\$5.50"), ("\u20ac5", "5 euros"), ("\u00a35", r"\pounds 5"), ("5\u20ac", "\u20ac5"),
    ("\u20b950", "50 rupees"), ("Rs. 50", "50"), ("Rs 50", "50"), ("-$5", "-5"), ("$-5$", "-5"), (r"\$-5", "-5"),
    ("$5 million", "5000000"), ("3:2", r"\frac32"), ("3:2", "3/2"), ("3 to 2", "3:2"), (r"3\text{ to }2", "3:2"),
    ("3:2", "1.5"), ("3:2", "6:4"), ("3 : 2", "3:2"), (r"\sqrt2:1", r"2:\sqrt2"), ("a:b=3:2", "3:2"),
    ("1:2:3", "3:6:9"), (r"45\%", "0.45"), ("45%", "9/20"), ("45 percent", r"45\%"), ("0.45", "45%"), ("45", "45%"),
    ("45 per cent", r"45\%"), (r"45\text{ percent}", r"45\%"), (r"33\frac13\%", r"\frac13"),
    (r"33.\overline{3}\%", r"\frac13"), ("33 1/3 %", r"33\frac{1}{3}\%"), (r"1.\overline{3}", r"\frac43"),
    (r"1.333\ldots", r"\frac43"), ("1.333...", "4/3"), ("0.(3)", r"\frac13"), (r"0.\dot{3}", r"\frac13"),
    (r"0.\dot{1}4285\dot{7}", r"\frac17"), ("0.333333...", r"0.\overline{3}"),
    (r"0.12\overline{3}", r"\frac{37}{300}"), (r"0.\bar{3}", "1/3"), (r"6\frac12", "6.5"), ("6 1/2", "6.5"),
    ("6-1/2", "5.5"), (r"6\dfrac{1}{2}", "13/2"), (r"-6\frac12", "-6.5"), (r"6 \frac{1}{2}", "13/2"),
    ("6\u00bd", "6.5"), ("6 \u00bd", "6.5"), (r"6\cdot\frac12", "3"), ("2e3", "2000"), (r"2\times10^3", "2000"),
    ("2*10^3", "2000"), ("2E3", "2000"), ("2 x 10^3", "2000"), ("2x10^3", "2000"), (r"2.0\times 10^3", "2000"),
    ("2\u00b710\u00b3", "2000"), ("2\u00d710\u00b3", "2000"), ("2e", "5.43656"), ("\u0665", "5"), ("\u096b", "5"),
    ("\uff15", "5"), ("\uff11\uff12\uff0e\uff15", "12.5"), ("\uff0d\uff15", "-5"), ("\u0663\u066b\u0665", "3.5"),
    ("\u0661\u066c\u0660\u0660\u0660", "1000"), ("\uff15\uff05", r"5\%"), ("\u7b54\u6848\u662f5\u4e2a", "5"),
    ("\u7b54\u6848\u662f5", "5"), ("5\u4e2a", "5"), ("5 \u4e2a", "5"), ("\u4e94", "5"), ("\u5341\u4e8c", "12"),
    ("5\u5143", "5"), ("5\u5398\u7c73", "5 cm"), ("5 \u5398\u7c73", "5"), ("5\u5e73\u65b9\u5398\u7c73", "5 cm^2"),
    ("\u0665 \u0633\u0645", "5"), ("5 \u0441\u043c", "5 cm"), ("\u7b54\u6848\uff1a5", "5"),
    ("\u4e8c\u5206\u4e4b\u4e00", "1/2"), ("(1\uff0c2)", "(1,2)"), ("\uff081\uff0c2\uff09", "(1,2)"),
    ("1\u30012", "1,2"), ("x\uff1d5", "5"), ("\uff11\uff0b\uff12", "3"), ("\u0661/\u0662", "1/2"), ("\u00bd", "0.5"),
    ("x\u00b2", "x^2"), ("\u221a2", r"\sqrt2"), ("\u221b2", r"\sqrt[3]{2}"), ("\u03c0/2", r"\frac\pi2"),
    ("12 345", "12345"), ("--5", "5"), ("+5", "5"), ("5.", "5"), ("5.0", "5"), ("05", "5"), ("(5)", "5"),
    ("{5}", "5"), ("\"5\"", "5"), ("`5`", "5"),
]  # fmt: skip
SPELLED = [
    ("5th", "5"), (r"5^{\text{th}}", "5"), ("5", "5th"), ("fifth", "5th"), ("5th", "fifth"), ("1st", "first"),
    ("21st", "twenty-first"), ("seven", "7"), ("Seven", r"\text{seven}"), ("twenty-one", "21"),
    ("two thirds", r"\frac23"), ("two-thirds", "2/3"), ("one half", "0.5"), ("one third", "1/3"), ("half", "0.5"),
    ("three quarters", "0.75"), ("three-fourths", "3/4"), ("one and a half", "1.5"), ("seven apples", "7"),
    ("seven apples", "7 apples"), ("negative five", "-5"), ("minus five", "-5"), ("zero", "0"),
    ("one hundred", "100"), ("one million", "1000000"), ("yes", "Yes"), ("true", "True"), ("yes", "true"),
    ("no", "false"), ("No.", "no"), ("two hundred twenty-five", "225"), ("nineteen hundred", "1900"),
    ("two and a half", "2.5"), ("two and two thirds", "8/3"), ("one hundred and five", "105"), ("twenty five", "25"),
    ("twenty fifth", "25"), ("a third", "1/3"), ("third", "3"), ("seven percent", r"7\%"),
    ("seven thousand dollars", r"\$7000"), ("five thirds", "5/3"), ("three hundredths", "0.03"), ("\u4e24", "2"),
    ("\u4e00\u767e\u4e8c\u5341\u4e09", "123"), ("\u4e09\u5206\u4e4b\u4e8c", "2/3"), ("\u4e94\u5343", "5000"),
    ("\u5341", "10"), ("two fifths", "2/5"), ("fifteen hundred", "1500"), ("nine tenths", "0.9"),
]  # fmt: skip
TITLES = [
    ("Area = 12 cm^2", "12"), ("Area: 12", "12"), ("The answer is 12", "12"), ("the minimum value is 5", "5"),
    ("Mary: 3, John: 5", "John: 5, Mary: 3"), ("\u9762\u79ef\u4e3a12", "12"), (r"\text{Area} = 3\cdot4=12", "12"),
    ("probability is 1/2", "0.5"), ("Answer: (1,2)", "(1,2)"),
    ("the area is 12", "12"), ("Answer: 5 cm", "5"), ("final answer = 5", "5"), ("total = 12", "12"),
    ("the minimum value of f is 3", "3"), ("the value of x is 3", "3"), ("Area of ABC = 12", "12"),
    ("Probability: 50%", "0.5"),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "gold"), BASES + CHOICES + CLOCKS + MARKS + MEASURES + NUMERALS + SPELLED + TITLES)
def test_always_pays(answer: str, gold: str) -> None:
    verdict = ask(answer, gold)
    assert verdict.correct, verdict
    assert verdict.method
