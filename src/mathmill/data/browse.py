"""A look into a corpus run: a sample of what was kept, figures about it, and what was dropped."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mathmill.data.errors import ConfigError
from mathmill.data.store.mounts import has_parts
from mathmill.data.tables import ask, ask_tables

_CORPUS, _RECORDS, _DECISIONS = "corpus", "records", "decisions"
_LEFT_OUT = 'outcome, stage, reason, url, evidence, archive, "offset", length'


def sample(folder: Path, n: int, seed: int = 0) -> list[dict[str, Any]]:
    """`n` kept Documents, drawn with a seed from the Documents' ids: the same ones whatever the order of files."""
    query = f'SELECT * FROM {_CORPUS} ORDER BY md5($seed || id), archive, "offset" LIMIT $n'  # noqa: S608
    return ask(folder, _CORPUS, query, {"seed": str(seed), "n": n})


def stats(folder: Path) -> dict[str, Any]:
    """Counts and shares of a corpus: Documents, characters, formulas, their sources, languages, sites."""
    totals = ask(
        folder,
        _CORPUS,
        """SELECT count(*) AS documents, coalesce(sum(length(text)), 0)::BIGINT AS characters,
           coalesce(sum(formulas), 0)::BIGINT AS formulas, coalesce(median(length(text)), 0) AS median_characters,
           coalesce(median(formulas), 0) AS median_formulas FROM corpus""",
        {},
    )[0]
    languages = "SELECT language AS name, count(*) AS documents FROM corpus GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20"
    sites = """SELECT regexp_extract(url, '^[a-z]+://([^/:?#]+)', 1) AS name, count(*) AS documents
               FROM corpus GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20"""
    return {
        **totals,
        "sources": _formula_sources(folder),
        "languages": ask(folder, _CORPUS, languages, {}),
        "sites": ask(folder, _CORPUS, sites, {}),
    }


def _formula_sources(folder: Path) -> list[dict[str, Any]]:
    """For each source of formulas, how many the corpus has, and in how many of them braces or fences do not match."""
    query = """SELECT each.key AS name, sum(each.value::BIGINT)::BIGINT AS formulas
               FROM corpus, json_each(formula_sources) AS each GROUP BY 1 ORDER BY 2 DESC, 1"""
    failures = """SELECT each.key AS name, sum(each.value::BIGINT)::BIGINT AS formulas
                  FROM records, json_each(json_extract(trace, '$.extract.formulas_unbalanced')) AS each
                  WHERE outcome = 'kept' GROUP BY 1"""
    unbalanced = {row["name"]: row["formulas"] for row in ask(folder, _RECORDS, failures, {})}
    return [row | {"unbalanced": unbalanced.get(row["name"], 0)} for row in ask(folder, _CORPUS, query, {})]


def dropped_counts(folder: Path, where: Mapping[str, str]) -> list[dict[str, Any]]:
    """What did not make it into the corpus: records by outcome, stage and reason, most first.

    `where` narrows by these, as it does for `dropped_examples`.
    """
    query = f"""SELECT outcome, stage, reason, count(*) AS records, sum(length)::BIGINT AS bytes FROM left_out
                WHERE {_conditions(where)} GROUP BY ALL ORDER BY records DESC, stage, reason"""  # noqa: S608
    return _ask_left_out(folder, query, where)


def dropped_examples(folder: Path, where: Mapping[str, str], n: int, seed: int = 0) -> list[dict[str, Any]]:
    """`n` records that did not make it, drawn with a seed; `where` narrows by outcome, stage or reason."""
    query = f"""SELECT url, outcome, stage, reason, evidence, archive, "offset", length, audit FROM left_out
                WHERE {_conditions(where)} ORDER BY md5($seed || archive || "offset") LIMIT $n"""  # noqa: S608
    return _ask_left_out(folder, query, {**where, "seed": str(seed), "n": n})


def _conditions(where: Mapping[str, str]) -> str:
    """As SQL.

    Raises:
        ConfigError: it names what records cannot be chosen by.
    """
    unknown = where.keys() - {"outcome", "stage", "reason"}
    if unknown:
        raise ConfigError(f"cannot choose by {', '.join(sorted(unknown))}: use outcome, stage or reason")
    return " AND ".join(["true", *(f"{name} = ${name}" for name in where)])


def _ask_left_out(folder: Path, query: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows that `query` gives on `left_out`: what the cascade dropped or lost, and then what the passes dropped."""
    parts = [f"SELECT {_LEFT_OUT}, audit FROM {_RECORDS} WHERE outcome <> 'kept'"]  # noqa: S608
    tables = [_RECORDS]
    if has_parts(folder / _DECISIONS):  # not yet in a run that is under way
        parts.append(f"SELECT {_LEFT_OUT}, '' AS audit FROM {_DECISIONS} WHERE outcome <> 'kept'")  # noqa: S608
        tables.append(_DECISIONS)
    return ask_tables(folder, tables, f"WITH left_out AS ({' UNION ALL '.join(parts)}) {query}", values)
