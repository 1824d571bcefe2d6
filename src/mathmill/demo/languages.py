r"""Pages of the made-up web in other languages, with mathematics and without. Written for this project."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from random import Random
from types import MappingProxyType

from mathmill.demo.markup import split_math
from mathmill.demo.problems import Problem, identify, make_problem
from mathmill.demo.prose import sections

LANGUAGES = ("de", "fr", "es", "ru", "zh", "ja")

_MATHEMATICS = sections(r"""
# de

Lineare Gleichungen

Eine lineare Gleichung $ax + b = c$ mit $a \ne 0$ hat genau eine Lösung. Man formt sie auf beiden Seiten gleich um,
bis die Unbekannte allein steht: $$x = \frac{c - b}{a}$$

Über die Probe lässt sich jeder Fehler finden. Man setzt die Lösung in die Gleichung ein und prüft, ob beide Seiten
übereinstimmen. Für $3x + 2 = 11$ ergibt $x = 3$ links und rechts $11$.

Die Größe der Zahlen spielt keine Rolle, wohl aber das Vorzeichen: Für $a < 0$ kehrt sich bei Ungleichungen das
Zeichen um.

# fr

Équations du premier degré

Une équation $ax + b = c$ avec $a \ne 0$ possède exactement une solution. On effectue les mêmes opérations des deux
côtés jusqu'à isoler l'inconnue : $$x = \frac{c - b}{a}$$

Pour vérifier, on remplace l'inconnue par la valeur trouvée. Avec $3x + 2 = 11$ et $x = 3$, les deux membres sont
égaux à $11$, et l'égalité est démontrée.

Les élèves oublient souvent le signe lorsqu'un terme passe de l'autre côté ; il vaut mieux écrire chaque étape.

# es

Ecuaciones de primer grado

Una ecuación $ax + b = c$ con $a \ne 0$ tiene exactamente una solución. Se hace lo mismo en ambos lados hasta que la
incógnita queda sola: $$x = \frac{c - b}{a}$$

Para comprobar el resultado se sustituye la incógnita por el número hallado. Con $3x + 2 = 11$ y $x = 3$ los dos
miembros valen $11$.

También conviene escribir cada paso en su propia línea, porque así se ven los errores de signo más fácilmente.

# ru

Линейные уравнения

Линейное уравнение $ax + b = c$ при $a \ne 0$ имеет ровно одно решение. Обе части преобразуют одинаково, пока
неизвестное не останется одно: $$x = \frac{c - b}{a}$$

Решение проверяют подстановкой. Для уравнения $3x + 2 = 11$ и числа $x = 3$ обе части равны $11$, значит, решение
найдено верно.

Чаще всего ошибаются в знаке, когда переносят слагаемое в другую часть, поэтому каждый шаг пишут на отдельной строке.

# zh

一元一次方程

当 $a \ne 0$ 时，方程 $ax + b = c$ 恰有一个解。在等式两边进行相同的运算，直到未知数单独留在一边：
$$x = \frac{c - b}{a}$$

把求得的数代入原方程就可以检验。例如对 $3x + 2 = 11$ 取 $x = 3$，两边都等于 $11$，所以解是正确的。

移项时最容易弄错符号，因此建议把每一步都写出来，并且最后再检查一遍。

# ja

一次方程式

$a \ne 0$ のとき、方程式 $ax + b = c$ はただ一つの解をもつ。両辺に同じ操作を行い、未知数だけを残す。
$$x = \frac{c - b}{a}$$

求めた数をもとの方程式に代入すれば検算できる。表にまとめると、 $3x + 2 = 11$ に $x = 3$ を入れたとき両辺は $11$ になる。

移項するときは符号を間違えやすいので、途中の式をすべて書き、予想と十分に比べることが大切である。
""")

_PLAIN = sections("""
# de

Ein Wochenende am See

Am Samstag fuhren wir mit dem Zug an den See, obwohl der Himmel grau war und alle von Regen sprachen.

Das Gasthaus hat nur fünf Zimmer, aber das Frühstück ist üppig und die Wirtin erzählt gern von früher.

Nachmittags liehen wir Fahrräder aus und fuhren über die Hügel bis zur alten Mühle, die heute ein Café beherbergt.

Wer müde ist, setzt sich auf die Brücke und schaut den Enten zu, für Kinder gibt es einen großen Spielplatz.

Die Rückfahrt dauerte länger als geplant, weil ein Baum auf den Gleisen lag, doch niemand schimpfte.

# fr

Un dimanche au marché

Le marché ouvre à l'aube, et les premiers clients viennent chercher le pain encore chaud et les fromages de la vallée.

À côté de la fontaine, une vieille dame vend des fleurs séchées et des confitures qu'elle prépare elle-même.

Les enfants courent entre les étals pendant que leurs parents goûtent les olives et discutent de la météo.

Vers midi, tout le monde se retrouve sur la terrasse du café pour un déjeuner qui s'éternise.

On rentre enfin chez soi les bras chargés, en se promettant de revenir la semaine suivante.

# es

La casa de mi abuela

La casa estaba al final del pueblo, detrás de la iglesia, y desde el balcón se veían los olivares y el río.

En verano mi abuela preparaba limonada y nos contaba historias de cuando era niña y no había luz eléctrica.

Por la tarde venían los vecinos con sus sillas y se sentaban a la sombra hasta que anochecía.

El jardín tenía un limonero enorme, y mis primos y yo construíamos cabañas con sus ramas caídas.

Ahora la casa está cerrada, pero cada año volvemos para pintar las ventanas y limpiar el pozo.

# ru

Осень в деревне

Осенью в деревне тихо: дачники уехали, и только по утрам слышно, как соседка зовёт кур и гремит ведром.

Дорога к лесу раскисла от дождей, но мы всё равно ходим за грибами и возвращаемся с полными корзинами.

Вечером топим печь, пьём чай с вареньем и слушаем, как ветер качает старую берёзу у забора.

Почта приходит по вторникам, вместе с хлебом и новостями, которые давно уже никому не интересны.

Зимой здесь остаётся всего несколько семей, и каждая знает о другой почти всё.

# zh

周末去爬山

星期六早上我们坐公共汽车到山脚下，天气很好，路上有很多带着孩子的家庭。

山上的寺庙已经有几百年的历史，门前的两棵大树是最受欢迎的拍照地点。

中午我们在小饭馆里吃了面条和新鲜的蔬菜，老板还送了一壶自己种的茶。

下山的时候开始下雨，大家都躲在亭子里聊天，等雨停了才慢慢走回车站。

回到家已经很晚了，虽然有点累，但是心情非常愉快，下个月还想再去一次。

# ja

京都の朝

朝早く宿を出て、川沿いの道をゆっくり歩いた。まだ店は閉まっていて、聞こえるのは鳥の声だけだった。

角の豆腐屋の主人は、毎朝四時に起きて仕事を始めると話してくれた。

昼には市場で魚とソースの香りがする焼きそばを食べ、表通りで土産を買った。

午後は小さな美術館に入り、申し訳ないほど静かな部屋で古い絵を眺めた。

夕方の電車は混んでいたが、窓から見える山の色がとても美しかった。
""")

# Exercise, the task, solution, answer.
_WORDS: Mapping[str, tuple[str, str, str, str]] = MappingProxyType(
    {
        "de": ("Aufgabe", "Löse die Gleichung", "Lösung", "Ergebnis"),
        "fr": ("Exercice", "Résoudre l'équation", "Corrigé", "Réponse"),
        "es": ("Ejercicio", "Resuelve la ecuación", "Solución", "Respuesta"),
        "ru": ("Задача", "Решите уравнение", "Решение", "Ответ"),
        "zh": ("练习", "解方程", "解答", "答案"),
        "ja": ("問題", "次の方程式を解け。", "解答", "答え"),
    }
)

# Legacy encodings that pages in these languages are still found in.
LEGACY_CHARSETS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "de": ("iso-8859-1", "windows-1252"),
        "fr": ("iso-8859-1", "windows-1252"),
        "es": ("iso-8859-1",),
        "ru": ("windows-1251", "koi8-r"),
        "zh": ("gb18030", "gbk"),
        "ja": ("shift_jis", "euc-jp"),
    }
)


def exercise_words(language: str) -> tuple[str, str, str]:
    """How the language heads an exercise, its solution and its answer."""
    exercise, _, solution, answer = _WORDS[language]
    return exercise, solution, answer


def mathematics_text(language: str) -> tuple[str, tuple[str, ...]]:
    """Title and paragraphs of a lesson; formulas stand between dollar signs."""
    title, *paragraphs = _MATHEMATICS[language]
    return title, tuple(paragraphs)


def plain_text(language: str, number: int) -> tuple[str, tuple[str, ...]]:
    """Title and paragraphs of a page without mathematics; the first twenty numbers give different choices."""
    title, *paragraphs = _PLAIN[language]
    choices = [*combinations(paragraphs, 3), *combinations(paragraphs, 2)]
    return title, choices[number % len(choices)]


def foreign_problem(language: str, rng: Random) -> Problem:
    """A linear equation with its solution, in another language."""
    original = make_problem(rng, "linear_equation")
    equation = split_math(original.question)[-2][1]
    question = f"{_WORDS[language][1]} ${equation}$."
    steps = [
        (f"$${latex}$$" if kind == "display" else f"${latex}$")
        for step in original.solution
        for kind, latex in split_math(step)
        if kind != "text" and "=" in latex
    ]
    return Problem(identify(question), question, original.answer, tuple(steps), original.subject)
