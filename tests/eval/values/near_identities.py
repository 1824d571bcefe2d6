"""False identities that hold to many digits or at many points, by kind."""

from __future__ import annotations

FALSE = {
    "close numbers": r"""
e^{\pi\sqrt{163}} = 262537412640768744
e^{\pi\sqrt{163}} = 640320^3+744
e^{\pi\sqrt{67}} = 5280^3+744
e^{\pi\sqrt{43}} = 960^3+744
e^{\pi}-\pi = 20-9\cdot10^{-4}
\sqrt2+\sqrt3 = \frac{31462643699419723423}{10^{19}}
\sqrt{5+2\sqrt6} = \sqrt2+\sqrt3+10^{-25}
\sqrt2+\sqrt3 = \sqrt{5+2\sqrt6}+10^{-60}
\sqrt2+\sqrt3 = \sqrt{5+2\sqrt6}(1+10^{-45})
\frac{\pi^4}{90} = \frac{10823232337111381915}{10^{19}}
\pi = \frac{355}{113}
\pi = \frac{103993}{33102}
\pi = \frac{942477796076937971538793014983850865}{3\cdot10^{35}}
\pi = \frac{\ln(640320^3+744)}{\sqrt{163}}
\pi = \left(2143/22\right)^{1/4}
\frac{\pi^5+\pi^4}{e^6} = 1
\sqrt[3]{2} = \frac{125992104989487316476721060727822835}{10^{35}}
\sqrt{1000001}-\sqrt{1000000} = \frac{1}{2000}
\sqrt{10^{20}+1}-10^{10} = \frac{1}{2\cdot10^{10}}
\sqrt{10^{40}+1}-10^{20} = \frac{1}{2\cdot10^{20}}
\left(\frac{1+\sqrt5}{2}\right)^{100} = 792070839848372253127
\left(\frac{1+\sqrt5}{2}\right)^{101} = 1281597540372340914251
(2+\sqrt3)^{50} = (2+\sqrt3)^{50}+(2-\sqrt3)^{50}
(1+\sqrt2)^{80} = (1+\sqrt2)^{80}+(1-\sqrt2)^{80}
\sqrt{1+10^{-30}} = 1+\frac{10^{-30}}{2}
\cos(10^{-20}) = 1-\frac{10^{-40}}{2}
\sin(10^{-15}) = 10^{-15}
\tan(10^{-20}) = 10^{-20}
e^{10^{-25}} = 1+10^{-25}
\ln(1+10^{-25}) = 10^{-25}
\ln 2 = \frac{25469}{36744}
\arctan\frac12+\arctan\frac13 = \frac{\pi}{4}+10^{-40}
4\arctan\frac15-\arctan\frac{1}{240} = \frac{\pi}{4}
\arctan(10^{30}) = \frac{\pi}{2}
\tanh 60 = 1
\coth 80 = 1
\sqrt{2}^{\sqrt{2}} = \frac{16325269194381528447735}{10^{22}}
\frac{1}{998001} = \frac{1002003004005006007}{10^{24}}
3987^{12}+4365^{12} = 4472^{12}
1782^{12}+1841^{12} = 1922^{12}
\sqrt[12]{3987^{12}+4365^{12}} = 4472
\sqrt[12]{1782^{12}+1841^{12}} = 1922
\frac{22}{7} = \pi+\frac{126448926734961868}{10^{20}}
\sqrt{29}+\sqrt{3}+\sqrt{35} = \sqrt{13}+\sqrt{20}+\sqrt{26}+1.1
\sqrt{10}+\sqrt{11}-\sqrt5-\sqrt{18} = 0
\sqrt5+\sqrt{22}-\sqrt{11+2\sqrt{29}} = \sqrt{16-2\sqrt{29}+2\sqrt{55-10\sqrt{29}+10^{-12}}}
\log_2 3 = \frac{1054}{665}
\gcd(10^{20},2^{20}) = 2^{21}
\sum_{k=1}^{100}\frac{1}{k!} = e-1
\sum_{k=0}^{150}2^{-k} = 2
\sum_{k=1}^{200}\frac{1}{2^k} = 1
\prod_{k=1}^{100}(1-2^{-k}) = \prod_{k=1}^{150}(1-2^{-k})
""",
    "angles": r"""
\cos\frac{2\pi}{7}+\cos\frac{4\pi}{7} = -\frac12
\cos20^\circ\cos40^\circ\cos80^\circ = \frac18+10^{-35}
\tan\frac{3\pi}{11}+4\sin\frac{\pi}{11} = \sqrt{11}
\sin\frac{\pi}{5} = \frac{\sqrt{10+2\sqrt5}}{4}
\cos\frac{\pi}{17} = \frac{1+\sqrt{17}}{5}
\sin 20^\circ = \sin\frac{20\pi}{181}
\sin 3x = 3\sin x-4\sin^2x
\tan x = \frac{\cos x}{\sin x}
\sqrt{1-\sin^2x} = \cos x
\sqrt{\frac{1-\cos x}{2}} = \sin\frac{x}{2}
\sqrt{1+\tan^2x} = \sec x
\sqrt{1+\sin 2x} = \sin x+\cos x
\arcsin(\sin x) = x
\arccos(\cos x) = x
\arctan(\tan x) = x
\arctan x+\arctan\frac1x = \frac{\pi}{2}
\sin(\arccos x) = \sqrt{x^2-1}
2\arctan x = \arctan\frac{2x}{1-x^2}
\arctan x+\arctan y = \arctan\frac{x+y}{1-xy}
\arctan 1+\arctan 2+\arctan 3 = 0
\arctan 2+\arctan 3 = -\frac{\pi}{4}
\arccos(2x^2-1) = 2\arccos x
\arcsin(2x\sqrt{1-x^2}) = 2\arcsin x
\cos 2x = 1-2\sin x
\sin x+\sin y = \sin(x+y)
\cos^2x = \frac{1-\cos 2x}{2}
\cosh^2x+\sinh^2x = 1
\sin\frac{\pi}{7} = \frac{\pi}{7}-\frac{\pi^3}{6\cdot343}+\frac{\pi^5}{120\cdot16807}-\frac{\pi^7}{5040\cdot823543}
\sin(2\pi x) = 0
\cos(2\pi n+x) = \cos(\pi n+x)
\tan\frac{x}{2} = \frac{1+\cos x}{\sin x}
\sec x-\tan x = \frac{1+\sin x}{\cos x}
\sin^4x+\cos^4x = 1-\sin^2 2x
""",
    "roots with letters": r"""
\sqrt{x^2} = x
\sqrt{(x-1)^2} = x-1
\sqrt{x^2+2x+1} = x+1
\sqrt{x^4-2x^2+1} = x^2-1
\sqrt[3]{x^3} = |x|
\sqrt{x^2+y^2} = x+y
\sqrt{x+2\sqrt{x-1}} = \sqrt{x-1}-1
\sqrt{x-2\sqrt{x}+1} = \sqrt{x}-1
\sqrt{x-2\sqrt{x}+1} = 1-\sqrt{x}
\frac{|x|}{x} = 1
\sqrt{\frac{x}{y}} = \frac{\sqrt{xy}}{y}
\sqrt{1-\frac{1}{x^2}} = \frac{\sqrt{x^2-1}}{x}
x\sqrt{1+\frac{1}{x}} = \sqrt{x^2+x}
\sqrt{x^3-2x^2+x} = (x-1)\sqrt{x}
|x|+|y| = |x+y|
|x-1| = x-1
|x|^3 = x^3
\frac{x-1}{\sqrt x+1} = \sqrt x+1
\sqrt{x+1}-\sqrt{x} = \frac{1}{\sqrt{x+1}-\sqrt{x}}
\sqrt{x}+\sqrt{y} = \sqrt{x+y}
\frac{1}{\sqrt{a}}+\frac{1}{\sqrt{b}} = \frac{2}{\sqrt{a+b}}
\sqrt{x^2+10^{-40}} = |x|
x^2+10^{-30} = x^2
\frac{x^{30}+1}{x^{30}} = \frac{x^{31}+1}{x^{31}}
\frac{x+10^{-35}}{x} = 1
(x^2)^{1/2} = x
(x^4)^{1/4} = x
(x^3)^{1/3} = |x|
\max(x,y) = \frac{x+y+x-y}{2}
\lfloor x\rfloor+\lfloor y\rfloor = \lfloor x+y\rfloor
\lfloor 2x\rfloor = 2\lfloor x\rfloor
\lceil x\rceil = \lfloor x\rfloor+1
\lfloor x\rfloor = x
""",
    "logarithms, powers, sums": r"""
\log_2 3 = \log_3 5
\ln(x+y) = \ln x+\ln y
\ln(x^2) = 2\ln(-x)
\ln x^2 = (\ln x)^2
\frac{\ln x}{\ln y} = \ln\frac{x}{y}
\log_4 x = 2\log_2 x
2^{x+1} = 2^x+1
(x^n)^2 = x^{n^2}
2^{2^n} = 4^n
(-1)^n = -1
(-1)^{n} = (-1)^{n+1}
e^{x+y} = e^x+e^y
n! = \left(\frac{n}{e}\right)^n\sqrt{2\pi n}
(2n)! = 2n!
\binom{n}{2} = \frac{n^2}{2}
\binom{n}{k} = \binom{n}{k+1}
\sum_{k=1}^\infty \frac{k}{2^k} = 2+10^{-20}
\sum_{k=1}^\infty \frac{k}{2^k} = \frac{3}{2}
\sum_{k=1}^\infty \frac{1}{k^2} = \frac{\pi^2}{8}
\sum_{k=1}^\infty \frac{1}{k^5} = \frac{\pi^5}{295}
\sum_{k=1}^\infty \frac1k = 100
\sum_{n=1}^\infty \frac{1}{n(n+1)} = 1-10^{-15}
\sum_{k=0}^\infty \frac{1}{k!} = \frac{2718281828459045}{10^{15}}
\sum_{k=1}^{n} k = \frac{n^2}{2}
\sum_{k=1}^{n} k^2 = \frac{n(n+1)(2n+1)}{3}
\sum_{k=0}^{n} 2^k = 2^{n+1}
\sum_{k=0}^{n} \binom{n}{k} = 2^n-1
\sum_{k=1}^{n} \frac{1}{k} = \ln n
\sum_{k=1}^{n} k^4 = \frac{n(n+1)(2n+1)(3n^2+3n+1)}{30}
\sum_{k=1}^{n} \frac{1}{k(k+1)} = \frac{n+1}{n+2}
\sum_{k=1}^{1000} k = 500501
\sum_{k=0}^\infty x^k = \frac{1}{1+x}
\int_{0}^{1} x^2 dx = \frac14
\int_{0}^{1} e^{-x^2} dx = \frac{74682413281242702539}{10^{20}}
\int_0^{\pi} \sin x dx = 2+10^{-12}
\int_{0}^{1} \frac{1}{1+x^2} dx = \frac{\pi}{4}+10^{-9}
\int \ln x dx = x\ln x+x+C
\int x^2 dx = x^3+C
\int_0^\infty e^{-x} dx = 2
\lim_{x\to0} \frac{\sin x}{x} = 0
\lim_{x\to0} \frac{1-\cos x}{x^2} = 1
\lim_{n\to\infty} (1+\frac{1}{n})^n = \frac{271828182}{10^8}
\lim_{x\to0} \frac{|x|}{x} = 1
(1+i)^{10} = -32i
\sqrt{3+4i} = -2-i
\sqrt{-3}\sqrt{-12} = 6
e^{i\pi/3} = \frac{1-i\sqrt3}{2}
i^{n} = i^{n+2}
|x+iy| = x+y
\lfloor (2+\sqrt3)^4\rfloor = 194
n^2+n+41 = n^2+n+41+\frac{1}{10^{60}}
(a+b)^3 = a^3+b^3+3ab
""",
}
