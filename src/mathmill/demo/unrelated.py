"""Pages of the made-up web that are not mathematics, among them those that look a little like it.

Prices in dollars, shell prompts, regular expressions, scores, percentages in the news, and blogs whose theme
loads MathJax for nothing. Written for this project.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from random import Random
from types import MappingProxyType

from mathmill.demo.markup import CONFIG_MATHJAX3
from mathmill.demo.prose import sections

KINDS = ("recipe", "news", "shop", "software", "travel", "sport", "forum", "mathjax_unused")

_TITLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "recipe": ("{food} with {spice}", "Grandmother's {food}", "Quick {food} for {n} people"),
        "news": ("Council of {place} votes on the new {building}", "{place} reopens its {building} after {n} months"),
        "shop": ("{thing} buying guide", "Spring sale: {thing}s from {n} dollars", "The {thing} shop"),
        "software": (
            "Configuring {tool} on Linux",
            "{tool} command line reference",
            "How to automate backups with {tool}",
        ),
        "travel": ("{n} days in {place}", "A walk around {place}", "Where to eat in {place}"),
        "sport": ("{place} win {n} to {m}", "Match report: {place} at home", "The season of {place} in review"),
        "forum": ("My {thing} makes a noise, what can I do?", "Which {thing} would you buy again?"),
        "mathjax_unused": ("Notes from {place}", "Why I moved my blog", "Reading list for {month}"),
    }
)

_SLOTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "place": ("Northbrook", "Eastham", "Kelling", "Varrow", "Lindmouth", "Ostrava Hill", "Pennmoor", "Saltby"),
        "food": (
            "lentil soup",
            "apple cake",
            "roast pumpkin",
            "bean stew",
            "potato salad",
            "onion tart",
            "rice pudding",
        ),
        "spice": ("thyme", "cumin", "smoked paprika", "ginger", "rosemary", "nutmeg", "lemon zest"),
        "building": ("library", "swimming hall", "town theatre", "bus station", "covered market", "footbridge"),
        "thing": ("kettle", "rucksack", "desk lamp", "bicycle pump", "raincoat", "coffee grinder", "tent", "radio"),
        "tool": ("stashd", "gridsync", "pakman", "tarly", "cronlet", "logsweep"),
        "month": ("January", "March", "April", "June", "August", "October", "November"),
        "person": ("Mara Voss", "Tom Eckley", "Judith Arno", "Pavel Rind", "Sofia Lund", "Ken Abara"),
    }
)

_SENTENCES = sections(r"""
# recipe

Wash the vegetables, peel them and cut everything into pieces the size of a thumbnail.

Heat {n} spoons of oil in a heavy pot and fry the onions over low heat until they are soft and golden.

Add the {spice}, stir for a minute and pour in half a litre of stock.

Let it simmer under a lid for {m} minutes, and stir now and then so that nothing sticks.

Season with salt, pepper and a little more {spice}, and let it rest before serving.

In {month} I take squash instead, and my children like it even better.

Leftovers keep in the fridge for two days and taste better when they are warmed up slowly.

Serve the {food} with fresh bread and a green salad.

A reader asked whether it can be frozen: yes, but leave out the cream until you warm it up.

I learned this dish from a neighbour in {place} who never measured anything.

# news

The council of {place} decided on Tuesday to renew the {building} with a grant of ${n}.{m} million.

According to {person}, who leads the works, the {building} should be open again in {month}.

About {m} percent of those asked in a survey were in favour, {n} percent had no opinion.

Residents had complained for years about the noise, the draught and the broken lifts.

The opposition called the plan too dear and asked for a second expert opinion.

Traffic will be led around the site until {month}; buses stop {m} metres further on.

"We have waited long enough," said {person} at the meeting, to applause from the gallery.

The {building} was built {n} decades ago by a firm from {place} that no longer exists.

A final vote is expected in {month}, after the public has had time to comment.

# shop

This {thing} is our best seller and now costs only ${m}.99 instead of ${n}5.00.

Buy two and save $5, or take the set of three for ${n}9.50 including delivery.

Every {thing} comes with a guarantee of {n} years and can be returned within thirty days.

Customers praise the quiet motor, the long cord and the fact that it is easy to clean.

We ship to {place} and all places nearby within {n} working days; orders above $50 are sent free of charge.

The colour may differ a little from the picture. Please mind the size chart before you order.

Sign up for our letter and get a voucher worth $10 for your next purchase.

Rated {n} of 10 by {m} buyers, most of whom would buy the {thing} again.

# software

Install {tool} with the package manager of your distribution and check that the service is running.

The configuration lives in /etc/{tool}/main.conf; every option can also be set in the environment.

Variables such as $HOME and $PATH are expanded before the file is parsed, so quote a literal dollar sign.

Lines that match the pattern ^\$[0-9]+$ are ignored, as are comments and empty lines.

Set the retention to {n} days if disk space is scarce; the default keeps everything for {m} weeks.

If the daemon does not start, look at the log first: it names the file and the line that it could not read.

Version {n}.{m} drops support for the old format; run the converter once before you upgrade.

The exit status is zero on success, one when some files were skipped and two when the target was not found.

Use the dry run to see what would be deleted before you schedule the job for every night.

# travel

We arrived in {place} by the late train and found the streets empty and washed by the rain.

The old {building} is worth the climb; from its roof one sees as far as the hills of {place}.

In {month} the market opens at {n} in the morning, and one should come hungry.

Our guide {person} knew a story about every house and would not take a tip.

A day ticket for tram and ferry costs about ${m} and is sold in every kiosk.

For dinner we had {food} with {spice} in a place with six tables and no name.

The path along the river is flat and takes about {n} hours with a picnic on the way.

Take a raincoat even in {month}, for the weather turns within minutes.

# sport

{person} opened the score after {m} minutes with a header from close range.

After the break {place} pressed harder and had {n} corners in a row without a goal.

The visitors from {place} stood deep and waited for their chance, which came late.

Coach {person} spoke of a deserved win and praised the defence above all.

With {m} points from {n} matches the team is now third in the table.

More than {m} thousand came to the ground in spite of the rain, and most stayed to the end.

In {month} the team travels to {place}, where it has not won for {n} years.

# forum

I bought a {thing} in {month} and it worked well for {n} weeks, but now it rattles when it is warm.

Have you tried to open it and look for dust? Mine had the same trouble and a brush did the job.

The shop in {place} wanted ${m} for a repair, which is more than I paid for it.

Do not open it while it is plugged in! Wait at least {n} minutes first.

Thanks, that helped. It was a loose screw, as simple as that.

I would never buy that brand again; my old {thing} lasted for {m} years.

Same here, and the support of the company did not even answer my letter.

# mathjax_unused

This week I moved the whole site to a new generator, which took me {n} evenings and a lot of tea.

The theme brings fonts, icons and a formula renderer that I never use, but the pages look tidy on a phone.

In {month} I read {n} books, and the one about the {building} of {place} was the best of them.

My friend {person} sent me a box of {food}, wrapped in newspaper from last year.

I keep a list of things I want to write about, and it only ever gets longer.

The comments are closed for now because of the spam; send me a letter instead.

We walked around {place} on Sunday and met nobody but a dog and its {thing}.

A new keyboard arrived, and typing feels like walking on gravel.
""")

_LISTINGS = (
    "$ sudo systemctl enable --now {tool}\n$ {tool} status\n{tool}: running, {n} jobs, {m} files",
    '#!/bin/sh\nfor f in *.log; do\n    if [ $(wc -c < "$f") -gt {m}000 ]; then\n        gzip "$f"\n    fi\ndone',
    "$ export BACKUP=$HOME/backup\n$ {tool} --keep {n} --to $BACKUP\n$ echo $?\n0",
    "$ grep -E '^\\$[0-9]+\\.[0-9]{{2}}$' prices.txt | sort | uniq -c\n     {n} $5.00\n     {m} $7.50",
)


@dataclass(frozen=True, slots=True)
class UnrelatedText:
    """What a page without mathematics says: title, paragraphs of HTML, and what its head needs."""

    title: str
    blocks: tuple[str, ...]
    head: str


def make_unrelated(rng: Random, kind: str) -> UnrelatedText:
    """Draw the text of a page.

    Raises:
        KeyError: `kind` is not in `KINDS`.
    """
    pool = list(_SENTENCES[kind])
    rng.shuffle(pool)
    half = len(pool) // 2
    sentences = [_fill(rng, sentence) for sentence in pool]
    blocks = [_paragraph(sentences[:half]), _paragraph(sentences[half:])]
    if kind == "software":
        blocks += [f"<pre><code>{escape(_fill(rng, rng.choice(_LISTINGS)))}</code></pre>"]
    if kind == "shop":
        blocks.insert(1, _price_table(rng))
    if kind == "recipe":
        blocks.insert(0, _ingredients(rng))
    # A second helping of the same topic, so that no two pages of a kind are near-duplicates.
    again = [_fill(rng, sentence) for sentence in rng.sample(pool, 4)]
    blocks.append(_paragraph(again))
    head = CONFIG_MATHJAX3 if kind == "mathjax_unused" else ""
    return UnrelatedText(_fill(rng, rng.choice(_TITLES[kind])), tuple(blocks), head)


def _fill(rng: Random, template: str) -> str:
    slots = {name: rng.choice(values) for name, values in _SLOTS.items()}
    return template.format(**slots, n=rng.randint(2, 9), m=rng.randint(10, 60))


def _paragraph(sentences: list[str]) -> str:
    return f"<p>{escape(' '.join(sentences), quote=False)}</p>"


def _price_table(rng: Random) -> str:
    rows = "".join(
        f"<tr><td>{thing}</td><td>${rng.randint(3, 90)}.{rng.choice(('00', '49', '95', '99'))}</td></tr>"
        for thing in rng.sample(_SLOTS["thing"], 4)
    )
    return f"<table><tr><th>Article</th><th>Price</th></tr>{rows}</table>"


def _ingredients(rng: Random) -> str:
    goods = rng.sample(("onions", "carrots", "lentils", "flour", "butter", "apples", "cream", "potatoes", "beans"), 5)
    items = "".join(f"<li>{rng.choice(('1/2', '2', '3/4', '150', '200', '4'))} g {name}</li>" for name in goods)
    return f"<ul>{items}</ul>"
