"""Identities as contest answers are rewritten, by kind."""

from __future__ import annotations

TRUE = {
    "radicals": r"""
\sqrt[3]{\sqrt[3]{2}-1} = \sqrt[3]{1/9}-\sqrt[3]{2/9}+\sqrt[3]{4/9}
\sqrt{3+2\sqrt2} = 1+\sqrt2
\sqrt{11-6\sqrt2} = 3-\sqrt2
\sqrt{6+\sqrt{35}} = \frac{\sqrt{10}+\sqrt{14}}{2}
\sqrt{4+\sqrt7}-\sqrt{4-\sqrt7} = \sqrt2
\sqrt[3]{20+14\sqrt2}+\sqrt[3]{20-14\sqrt2} = 4
\sqrt[3]{5\sqrt2+7}-\sqrt[3]{5\sqrt2-7} = 2
\sqrt[4]{17+12\sqrt2} = 1+\sqrt2
\sqrt{\sqrt[3]{5}-\sqrt[3]{4}} = \frac{\sqrt[3]{2}+\sqrt[3]{20}-\sqrt[3]{25}}{3}
\sqrt[3]{\sqrt[5]{32/5}-\sqrt[5]{27/5}} = \sqrt[5]{1/25}+\sqrt[5]{3/25}-\sqrt[5]{9/25}
\sqrt{1+\sqrt{24}+\sqrt{40}+\sqrt{60}+9} = \sqrt2+\sqrt3+\sqrt5
\frac{1}{\sqrt2+\sqrt3+\sqrt5} = \frac{2\sqrt3+3\sqrt2-\sqrt{30}}{12}
\frac{1}{\sqrt[3]{4}+\sqrt[3]{2}+1} = \sqrt[3]{2}-1
\frac{1}{\sqrt[4]{2}-1} = \sqrt[4]{8}+\sqrt2+\sqrt[4]{2}+1
\frac{\sqrt3+1}{\sqrt3-1} = 2+\sqrt3
\frac{12}{\sqrt[3]{3}} = 4\sqrt[3]{9}
\sqrt{\frac{50}{3}} = \frac{5\sqrt6}{3}
\sqrt{2+\sqrt3} = \frac{\sqrt6+\sqrt2}{2}
\sqrt{\frac{5+\sqrt5}{5-\sqrt5}} = \frac{1+\sqrt5}{2}
\sqrt{\frac{2-\sqrt3}{2+\sqrt3}} = 2-\sqrt3
(\sqrt2+\sqrt3)^4 = 49+20\sqrt6
\left(\frac{1+\sqrt5}{2}\right)^5-\left(\frac{1-\sqrt5}{2}\right)^5 = 5\sqrt5
\sqrt{12+\sqrt{140}} = \sqrt5+\sqrt7
2^{3/2}\cdot 8^{1/6} = 4
\sqrt{\sqrt{\sqrt{256}}} = 2
\sqrt[6]{27} = \sqrt3
\sqrt{8}^{1/3} = \sqrt2
\sqrt{1+2\sqrt{1+3\sqrt{16}}} = \sqrt{1+2\sqrt{13}}
\frac{1}{1+\sqrt2}+\frac{1}{\sqrt2+\sqrt3}+\frac{1}{\sqrt3+2} = 1
\frac{\sqrt[3]{9}-1}{\sqrt[3]{3}-1} = \sqrt[3]{3}+1
\sqrt{5\sqrt{5\sqrt{5}}} = 5^{7/8}
\sqrt{49+8\sqrt3+8\sqrt{11}+2\sqrt{33}-19} = \sqrt{30+8\sqrt3+8\sqrt{11}+2\sqrt{33}}
""",
    "roots with letters": r"""
\frac{x-1}{\sqrt x-1} = \sqrt x+1
\sqrt{x^2+2x+1} = |x+1|
\sqrt{\frac{x^2}{y^2}} = \frac{|x|}{|y|}
\sqrt{\frac{x}{y}} = \frac{\sqrt{xy}}{|y|}
\sqrt{4x^2-12x+9} = |2x-3|
\frac{1}{\sqrt{x+1}+\sqrt x} = \sqrt{x+1}-\sqrt x
\frac{x-y}{\sqrt x-\sqrt y} = \sqrt x+\sqrt y
\frac{a-b}{\sqrt[3]{a}-\sqrt[3]{b}} = \sqrt[3]{a^2}+\sqrt[3]{ab}+\sqrt[3]{b^2}
\sqrt{x^4+2x^2+1} = x^2+1
\sqrt{x^3-2x^2+x} = |x-1|\sqrt{x}
\sqrt{a^2-2ab+b^2} = |a-b|
\sqrt{x+2\sqrt{x}+1} = \sqrt{x}+1
\sqrt{x+2\sqrt{x-1}} = \sqrt{x-1}+1
\sqrt{1-\frac{1}{x^2}} = \frac{\sqrt{x^2-1}}{|x|}
\sqrt{\frac{1}{x}+\frac{1}{y}} = \sqrt{\frac{x+y}{xy}}
\frac{\sqrt{x}}{x} = \frac{1}{\sqrt{x}}
\sqrt[3]{x^3+3x^2+3x+1} = x+1
\sqrt[3]{8x^6y} = 2x^2\sqrt[3]{y}
\sqrt{x^2-1} = \sqrt{x-1}\sqrt{x+1}
\sqrt{1+x}\sqrt{1-x} = \sqrt{1-x^2}
\frac{\sqrt{1+x}-\sqrt{1-x}}{\sqrt{1+x}+\sqrt{1-x}} = \frac{1-\sqrt{1-x^2}}{x}
\frac{x}{\sqrt{x+4}-2} = \sqrt{x+4}+2
\left|\frac{x-1}{x+1}\right| = \frac{|x-1|}{|x+1|}
\frac{1}{\sqrt{a}}+\frac{1}{\sqrt{b}} = \frac{\sqrt{a}+\sqrt{b}}{\sqrt{ab}}
\sqrt{(a+b)^2-4ab} = |a-b|
\sqrt{\frac{a^2+b^2}{4}} = \frac{\sqrt{a^2+b^2}}{2}
x\sqrt{1+\frac{1}{x}} = \frac{x}{|x|}\sqrt{x^2+x}
(x^{1/3}-y^{1/3})(x^{2/3}+x^{1/3}y^{1/3}+y^{2/3}) = x-y
|x^2-1| = |x-1||x+1|
\sqrt{|x|^2} = |x|
|x|^2 = x^2
|-2x| = 2|x|
|x-y| = |y-x|
""",
    "angles": r"""
\cos20^\circ\cos40^\circ\cos80^\circ = 1/8
\cos\frac{\pi}{9}\cos\frac{2\pi}{9}\cos\frac{4\pi}{9} = 1/8
\sin10^\circ\sin50^\circ\sin70^\circ = 1/8
\cos\frac{2\pi}{7}+\cos\frac{4\pi}{7}+\cos\frac{6\pi}{7} = -\frac12
\tan\frac{3\pi}{11}+4\sin\frac{2\pi}{11} = \sqrt{11}
\sin\frac{\pi}{5} = \frac{\sqrt{10-2\sqrt5}}{4}
\tan 15^\circ+\cot 15^\circ = 4
\tan 9^\circ-\tan27^\circ-\tan63^\circ+\tan81^\circ = 4
\sin 18^\circ = \frac{\sqrt5-1}{4}
\cos 36^\circ-\cos 72^\circ = \frac12
\tan 20^\circ\tan 40^\circ\tan 60^\circ\tan 80^\circ = 3
\frac{1}{\sin 10^\circ}-\frac{\sqrt3}{\cos 10^\circ} = 4
\sin^2 18^\circ+\sin^2 30^\circ = \sin^2 36^\circ
\sin\frac{\pi}{7}\sin\frac{2\pi}{7}\sin\frac{3\pi}{7} = \frac{\sqrt7}{8}
\cos\frac{\pi}{8} = \frac{\sqrt{2+\sqrt2}}{2}
\tan\frac{\pi}{8} = \sqrt2-1
\cos\frac{\pi}{24} = \frac{\sqrt{2+\sqrt{2+\sqrt3}}}{2}
4\cos^3 20^\circ-3\cos20^\circ = \frac12
\csc\frac{\pi}{7} = \csc\frac{2\pi}{7}+\csc\frac{3\pi}{7}
\sin 3^\circ\sin 57^\circ\sin 63^\circ = \frac{\sin 9^\circ}{4}
\cos\frac{2\pi}{17}\cos\frac{4\pi}{17}\cos\frac{8\pi}{17}\cos\frac{16\pi}{17} = -\frac{1}{16}
\tan^{2}\frac{\pi}{7}+\tan^{2}\frac{2\pi}{7}+\tan^{2}\frac{3\pi}{7} = 21
\sin 3x = 3\sin x-4\sin^3x
\frac{1-\cos x}{\sin x} = \tan\frac{x}{2}
\cos^4x-\sin^4x = \cos 2x
\frac{\sin 2x}{1+\cos 2x} = \tan x
\sin x+\sin y = 2\sin\frac{x+y}{2}\cos\frac{x-y}{2}
\frac{1+\tan x}{1-\tan x} = \tan(x+\frac{\pi}{4})
\sin^6x+\cos^6x = 1-\frac34\sin^2 2x
\sqrt{1-\sin^2x} = |\cos x|
\sqrt{\frac{1-\cos x}{2}} = |\sin\frac{x}{2}|
\sqrt{1+\tan^2x} = |\sec x|
\cot x-2\cot 2x = \tan x
\sqrt3\cos x+\sin x = 2\sin(x+\frac{\pi}{3})
\sin x\cos x = \frac12\sin 2x
\sinh 2x = 2\sinh x\cosh x
1-\tanh^2x = \frac{1}{\cosh^2x}
\tanh x = \frac{e^{2x}-1}{e^{2x}+1}
\cosh x+\sinh x = e^x
\cosh(\ln 3) = \frac53
\sin(2\arctan x) = \frac{2x}{1+x^2}
\cos(\arcsin x) = \sqrt{1-x^2}
\tan(\arccos x) = \frac{\sqrt{1-x^2}}{x}
\sin(\arctan x) = \frac{x}{\sqrt{1+x^2}}
\cos(2\arccos x) = 2x^2-1
""",
    "inverse angles and logarithms": r"""
\arctan 1+\arctan 2+\arctan 3 = \pi
4\arctan\frac15-\arctan\frac{1}{239} = \frac{\pi}{4}
\arcsin\frac35+\arcsin\frac45 = \frac{\pi}{2}
\arctan\frac13+\arctan\frac15+\arctan\frac17+\arctan\frac18 = \frac{\pi}{4}
\arccos\frac{1}{7} = \frac{\pi}{2}-\arcsin\frac17
\arccos\frac{3}{5} = \arctan\frac43
2\arctan\frac12 = \arctan\frac43
\arctan(\sqrt2-1) = \frac{\pi}{8}
\arcsin\frac{\sqrt5-1}{4} = \frac{\pi}{10}
\arccos(-\frac13) = \pi-\arccos\frac13
\arccos x+\arcsin x = \frac{\pi}{2}
\arccos(-x) = \pi-\arccos x
\arcsinh x = \ln(x+\sqrt{x^2+1})
\log_2 3\cdot\log_3 5\cdot\log_5 8 = 3
\log_4 9 = \log_2 3
\frac{\log 8}{\log 4} = \frac32
\log_6 2+\log_6 3 = 1
\ln\frac{3+\sqrt5}{2} = 2\ln\frac{1+\sqrt5}{2}
\ln(\sqrt2-1) = -\ln(\sqrt2+1)
\ln(2+\sqrt3) = \frac12\ln(7+4\sqrt3)
\frac{\ln 8-\ln 2}{2} = \ln 2
\log_{10} 50 = 2-\log_{10} 2
\frac{1}{\log_2 6}+\frac{1}{\log_3 6} = 1
\log_{\sqrt2}8 = 6
\log_{1/2} 5 = -\log_2 5
2^{\log_4 9} = 3
5^{\log_3 7} = 7^{\log_3 5}
e^{2\ln 3+\ln 2} = 18
e^{\frac12\ln x} = \sqrt{x}
x^{1/\ln x} = e
\ln(x+1)+\ln(x-1) = \ln(x^2-1)
\ln\frac{x}{y} = \ln x-\ln y
\ln\frac{1+x}{1-x} = \ln(1+x)-\ln(1-x)
\ln(x^2-y^2) = \ln(x-y)+\ln(x+y)
\frac12\ln\frac{1+x}{1-x} = \arctanh x
\ln(x^3\sqrt{y}) = 3\ln x+\frac12\ln y
\ln(e^x+1)-x = \ln(1+e^{-x})
4^x-1 = (2^x-1)(2^x+1)
2^{x+3} = 8\cdot2^x
\frac{9^x-1}{3^x-1} = 3^x+1
e^{x+y} = e^xe^y
\sqrt{e^{2x}} = e^x
\sqrt{4^x} = 2^x
3^{2\ln x} = x^{2\ln 3}
2^{2n+1}+4^n = 3\cdot 4^n
(-1)^{2n+1} = -1
i^{4n+1} = i
""",
    "sums": r"""
\sum_{k=1}^\infty \frac{k}{2^k} = 2
\sum_{k=0}^\infty \frac{1}{3^k} = \frac32
\sum_{k=1}^\infty \left(\frac{2}{3}\right)^k = 2
\sum_{k=1}^\infty \frac{k^2}{2^k} = 6
\sum_{k=0}^\infty \frac{k+1}{4^k} = \frac{16}{9}
\sum_{k=1}^\infty \frac{(-1)^{k+1}}{3^k} = \frac14
\sum_{n=1}^\infty \frac{1}{n(n+1)} = 1
\sum_{n=1}^\infty \frac{1}{n(n+2)} = \frac34
\sum_{n=1}^\infty \frac{1}{4n^2-1} = \frac12
\sum_{n=1}^\infty \frac{1}{n(n+1)(n+2)} = \frac14
\sum_{k=1}^\infty \frac{1}{k^2} = \frac{\pi^2}{6}
\sum_{k=0}^\infty \frac{1}{(2k+1)^2} = \frac{\pi^2}{8}
\sum_{k=1}^\infty \frac{1}{k^4} = \frac{\pi^4}{90}
\sum_{k=1}^\infty \frac{(-1)^{k+1}}{k} = \ln 2
\sum_{k=0}^\infty \frac{(-1)^k}{2k+1} = \frac{\pi}{4}
\sum_{k=0}^\infty \frac{1}{k!} = e
\sum_{k=0}^\infty \frac{2^k}{k!} = e^2
\sum_{k=1}^\infty \frac{k}{(k+1)!} = 1
\sum_{k=0}^\infty x^k = \frac{1}{1-x}
\sum_{k=0}^\infty \frac{x^k}{k!} = e^x
\sum_{k=1}^\infty kx^k = \frac{x}{(1-x)^2}
\sum_{k=1}^\infty \frac{1}{k2^k} = \ln 2
\sum_{k=1}^{n} k = \frac{n(n+1)}{2}
\sum_{k=1}^{n} k^2 = \frac{n(n+1)(2n+1)}{6}
\sum_{k=1}^{n} k^3 = \left(\frac{n(n+1)}{2}\right)^2
\sum_{k=0}^{n} 2^k = 2^{n+1}-1
\sum_{k=1}^{n} \frac{1}{k(k+1)} = \frac{n}{n+1}
\sum_{k=1}^{n} k\cdot k! = (n+1)!-1
\sum_{k=0}^{n} \binom{n}{k} = 2^n
\sum_{k=0}^{n} k\binom{n}{k} = n2^{n-1}
\sum_{k=0}^{n} \binom{n}{k}^2 = \binom{2n}{n}
\sum_{k=0}^{n} (-1)^k\binom{n}{k}2^{n-k} = 1
\sum_{k=1}^{n} k2^k = (n-1)2^{n+1}+2
\sum_{k=1}^{n} (2k-1) = n^2
\sum_{k=0}^{n} x^k = \frac{x^{n+1}-1}{x-1}
\sum_{k=1}^{n} \frac{k}{2^k} = 2-\frac{n+2}{2^n}
\sum_{k=1}^{n-1} k = \frac{n(n-1)}{2}
\sum_{k=1}^{24} \frac{1}{\sqrt{k}+\sqrt{k+1}} = 4
\sum_{k=0}^{10} \binom{10}{k}^2 = \binom{20}{10}
\sum_{k=1}^{1000} k = 500500
\sum_{k=0}^{100} 2^k = 2^{101}-1
\sum_{k=1}^{2020} \frac{1}{k(k+1)} = \frac{2020}{2021}
\prod_{k=2}^{100} (1-\frac{1}{k^2}) = \frac{101}{200}
\prod_{k=1}^{n} k = n!
\prod_{k=2}^{n} (1-\frac{1}{k}) = \frac{1}{n}
\prod_{k=2}^\infty (1-\frac{1}{k^2}) = \frac12
\binom{n}{2}+\binom{n+1}{2} = n^2
\binom{n}{k}+\binom{n}{k+1} = \binom{n+1}{k+1}
\frac{(n+2)!}{n!} = (n+1)(n+2)
\frac{(2n)!}{n!n!} = \binom{2n}{n}
\binom{n}{k} = \binom{n}{n-k}
\frac{n!}{(n-2)!} = n(n-1)
n\binom{n-1}{k-1} = k\binom{n}{k}
""",
    "integrals and limits": r"""
\int \ln x dx = x\ln x-x+C
\int \ln x dx = x\ln x-x
\int x^2 dx = \frac{x^3}{3}+C
\int \frac{1}{1+x^2} dx = \arctan x+C
\int xe^x dx = (x-1)e^x+C
\int \sin^2x dx = \frac{x}{2}-\frac{\sin 2x}{4}+C
\int \sec^2x dx = \tan x+C
\int_{0}^{1} x^2 dx = \frac13
\int_0^\pi \sin x dx = 2
\int_{0}^{1} \frac{1}{1+x^2} dx = \frac{\pi}{4}
\int_{1}^{e} \ln x dx = 1
\int_0^{\pi/2} \sin^2x dx = \frac{\pi}{4}
\int_{0}^{1} xe^x dx = 1
\int_0^\infty e^{-x} dx = 1
\int_{0}^{1} \sqrt{1-x^2} dx = \frac{\pi}{4}
\int_0^{\pi/4} \tan x dx = \frac{\ln 2}{2}
\int_{1}^{2} \frac{1}{x} dx = \ln 2
\int_0^\infty x^3e^{-x} dx = 6
\int_{-\infty}^\infty e^{-x^2} dx = \sqrt{\pi}
\int_{0}^{1} \frac{1}{\sqrt{x}} dx = 2
\int_{0}^{a} x^3 dx = \frac{a^4}{4}
\lim_{x\to0} \frac{\sin x}{x} = 1
\lim_{x\to0} \frac{1-\cos x}{x^2} = \frac12
\lim_{n\to\infty} (1+\frac{1}{n})^n = e
\lim_{x\to1} \frac{x^2-1}{x-1} = 2
\lim_{x\to\infty} \frac{3x^2+1}{x^2-5} = 3
\lim_{x\to0} \frac{\sqrt{1+x}-1}{x} = \frac12
""",
    "letters and complex numbers": r"""
(x+y)^3 = x^3+3x^2y+3xy^2+y^3
\frac{x^3-y^3}{x-y} = x^2+xy+y^2
\frac{x^4+x^2+1}{x^2+x+1} = x^2-x+1
a^3+b^3+c^3-3abc = (a+b+c)(a^2+b^2+c^2-ab-bc-ca)
\frac{1}{x}-\frac{1}{x+1} = \frac{1}{x(x+1)}
\frac{a}{b}+\frac{c}{d} = \frac{ad+bc}{bd}
\frac{\frac1x+\frac1y}{\frac1x-\frac1y} = \frac{y+x}{y-x}
x^4+4y^4 = (x^2+2xy+2y^2)(x^2-2xy+2y^2)
(a+b)^5-a^5-b^5 = 5ab(a+b)(a^2+ab+b^2)
\frac{a^2-b^2}{a^2+2ab+b^2} = \frac{a-b}{a+b}
\pi(r+1)^2-\pi r^2 = \pi(2r+1)
x^{-2}+x^{-1} = \frac{1+x}{x^2}
e^{i\pi/3} = \frac{1+i\sqrt3}{2}
(1+i)^{10} = 32i
\frac{1+i}{1-i} = i
(\frac{-1+i\sqrt3}{2})^3 = 1
\sqrt{3+4i} = 2+i
|3+4i| = 5
e^{ix} = \cos x+i\sin x
(\cos x+i\sin x)^3 = \cos 3x+i\sin 3x
2\cos\frac{2\pi}{5} = e^{2\pi i/5}+e^{-2\pi i/5}
\frac{1}{2+3i} = \frac{2-3i}{13}
(2-i)(3+2i) = 8+i
\sqrt{-3}\sqrt{-12} = -6
(\sqrt3+i)^6 = -64
\lfloor\sqrt{2024}\rfloor = 44
\lceil\log_2 1000\rceil = 10
\max(\sqrt2+\sqrt3,\sqrt{10}) = \sqrt{10}
\lfloor (2+\sqrt3)^4\rfloor = 193
""",
}


def pairs(table: dict[str, str]) -> list[tuple[str, str, str]]:
    """Kind, left side and right side of each line."""
    rows = [(kind, *line.partition(" = ")[::2]) for kind, lines in table.items() for line in lines.strip().splitlines()]
    return [(kind, left, right) for kind, left, right in rows]
