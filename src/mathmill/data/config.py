"""Recipes: TOML in, a frozen and fully resolved config out.

Defaults < recipe < `--set a.b=c`. Unknown keys are rejected with the nearest known one. A *place* is the dotted name of
a key as `--set` takes it: in a list of stages by the name the stage is used under, `stages.language.keep`.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from mathmill.data.errors import ConfigError, InputMissing


class Config(BaseModel):
    """Base of everything that a recipe can set."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)


C = TypeVar("C", bound=Config)


def config_hash(config: BaseModel) -> str:
    """16 hex digits that change when any resolved value changes."""
    return hashlib.blake2b(canonical_json(config.model_dump(mode="json")), digest_size=8).hexdigest()


def canonical_json(value: Any) -> bytes:
    """JSON with sorted keys and no spaces: equal values give equal bytes."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def load_recipe(path: Path, model: type[C], overrides: Sequence[str] = ()) -> C:
    """Read a TOML recipe into `model`, with `a.b=c` overrides on top.

    Raises:
        InputMissing: there is no file at `path`, or it cannot be read.
        ConfigError: it is not TOML, or a key or value does not fit; the message names each one.
    """
    tree = read_toml(path)
    origins: dict[str, str] = {}
    for override in overrides:
        _write_out_default(tree, model, override)
        origins[apply_override(tree, override)] = override
    return resolve(tree, model, str(path), origins)


def resolve(tree: dict[str, Any], model: type[C], where: str, origins: Mapping[str, str] | None = None) -> C:
    """Validate a tree of plain values as `model`.

    Messages blame `where`, or, for what is at or below a place in `origins`, the `--set` override that it maps to.

    Raises:
        ConfigError: a key or value does not fit; the message names each one.
    """
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        faults: dict[str, list[str]] = {where: []}
        for detail in error.errors():
            if detail["type"] == "too_short" and detail["input"]:
                continue  # what is wrong with those that are there is told beside
            override = _override_of(_place(detail["loc"], tree), origins or {})
            source = f"--set {_brief(override)}" if override else where
            faults.setdefault(source, []).append(_explain(detail, tree, model, override))
        raise ConfigError(
            "; ".join(f"{source}: {'; '.join(told)}" for source, told in faults.items() if told)
        ) from None


def apply_override(tree: dict[str, Any], override: str) -> str:
    """Set `a.b=c` in a recipe's tree; `c` is TOML where it parses as such, else a string.

    In a list of tables one is addressed by its `use` or `name`, or by its number from 0: `stages.language.keep=["en"]`.
    Returns the shallowest place that is there because of the override.
    """
    key, separator, text = override.partition("=")
    key = key.strip()
    if not separator or not all(key.split(".")):
        raise ConfigError(f"--set {_brief(override)}: write it as key=value, such as --set page.seconds=5")
    *parents, last = key.split(".")
    node: Any = tree
    made = ""
    for depth, name in enumerate(parents, 1):
        if not made and isinstance(node, dict) and name not in node:
            made = ".".join(parents[:depth])
        node = _descend(node, name, override)
    parent = ".".join(parents)
    if isinstance(node, list) and any(isinstance(item, dict) for item in node):
        raise ConfigError(f"--set {_brief(override)}: {parent} is a list: name a key of one, as in {key}.KEY=value")
    if not isinstance(node, dict):
        raise ConfigError(f"--set {_brief(override)}: {parent} holds no keys")
    if last == "use" and node.get("use") in parents[-1:]:
        raise ConfigError(f"--set {_brief(override)}: which stages are used is for the recipe's file to say")
    node[last] = _parse_value(text.strip())
    return made or key


def read_toml(path: Path) -> dict[str, Any]:
    """A recipe's tree, not looked at yet. Raises as `load_recipe` does."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputMissing(f"no recipe at {path}: name a .toml file, such as recipes/corpus.toml") from None
    except IsADirectoryError:
        raise InputMissing(f"{path} is a folder: name a .toml file in it") from None
    except OSError as error:
        raise InputMissing(f"cannot read the recipe {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not TOML: it is not UTF-8 text") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not TOML: {error}") from error


def _write_out_default(tree: dict[str, Any], model: type[BaseModel], override: str) -> None:
    """Put a list of stages that the recipe leaves to its default in the tree, for `override` to reach into."""
    name, dot, _ = override.partition("=")[0].strip().partition(".")
    field = model.model_fields.get(name)
    if not dot or name in tree or field is None or not isinstance(field.default, tuple):
        return
    if field.default and all(isinstance(item, BaseModel) for item in field.default):
        tree[name] = [item.model_dump() for item in field.default]


def _descend(node: Any, name: str, override: str) -> Any:
    if isinstance(node, list):
        tables = {index: item for index, item in enumerate(node) if isinstance(item, dict)}
        for index, item in tables.items():
            if name in (item.get("use"), item.get("name"), str(index)):
                return item
        known = ", ".join(str(item.get("use", item.get("name", index))) for index, item in tables.items())
        raise ConfigError(f"--set {_brief(override)}: the recipe lists no {name!r}; it lists {known or 'none'}")
    if isinstance(node, dict):
        return node.setdefault(name, {})
    raise ConfigError(f"--set {_brief(override)}: {name!r} is below a plain value")


def _parse_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _place(loc: Iterable[int | str], tree: Any) -> str:
    """The place that pydantic means: `stages.3.language.keep` is `stages.language.keep`."""
    parts: list[int | str] = []
    node = tree
    for part in loc:
        if parts and isinstance(parts[-1], int) and isinstance(node, dict) and node.get("use") == part:
            parts[-1] = part
            continue
        parts.append(part)
        if isinstance(node, dict):
            node = node.get(part)
        elif isinstance(node, list) and isinstance(part, int):
            node = node[part]
    return ".".join(map(str, parts))


def _override_of(place: str, origins: Mapping[str, str]) -> str | None:
    """The override that set `place`: of all that set it or what it is in, the one that named it most closely."""
    made = [key for key in origins if f"{place}.".startswith(f"{key}.")]
    return origins[max(made, key=len)] if made else None


def _explain(detail: ErrorDetails, tree: dict[str, Any], model: type[BaseModel], override: str | None) -> str:
    """What is wrong, in the words of recipes and not of pydantic."""
    place, value, said = _place(detail["loc"], tree), detail["input"], detail["msg"]
    at = f"{place or 'the recipe'}: "
    match detail["type"]:
        case "extra_forbidden":
            return f"unknown key {place!r}{_hint(place, model, override)}"
        case "missing":
            return f"{place} is missing"
        case "union_tag_invalid":
            tags = detail["ctx"]["expected_tags"].replace("'", "").split(", ")
            return f"{at}unknown use {_got(detail['ctx']['tag'])}{_nearest(detail['ctx']['tag'], tags)}"
        case "union_tag_not_found":
            near = difflib.get_close_matches("use", [str(key) for key in value], n=1)
            return f"{at}says no use" + (f", did you mean 'use' by {near[0]!r}?" if near else f" (got {_got(value)})")
        case "value_error":
            return at + said.removeprefix("Value error, ")
        case "tuple_type" | "list_type" if isinstance(value, str | int | float):
            return f"{at}write a list: [{_brief(json.dumps(value))}]"
        case "tuple_type" | "list_type":
            return f"{at}must be a list (got {_got(value)})"
        case "model_attributes_type" if isinstance(value, str):
            return f"{at}write a table: {{use = {_brief(json.dumps(value))}}}"
        case "model_type" | "model_attributes_type" | "dict_type":
            return f"{at}must be a table of keys (got {_got(value)})"
    said = re.sub(r", (got|unable to) .*", "", said.replace("Input should be", "must be", 1))
    return f"{at}{said} (got {_got(value)})"


def _hint(place: str, model: type[BaseModel], override: str | None) -> str:
    """What may have been meant by an unknown key."""
    known = list(_places(model))
    parent, dot, name = place.rpartition(".")
    home = next((key.rpartition(".")[0] for key in known if key.split(".")[-2:-1] == [place]), place)
    if home != place:  # a stage, named without the list it is in
        written = home + override.strip().removeprefix(place) if override else f"its keys where {home} is listed"
        return f": write {written}"
    beside = dict.fromkeys(
        key.removeprefix(parent + dot).split(".")[0] for key in known if key.startswith(parent + dot)
    )
    near = [parent + dot + key for key in difflib.get_close_matches(name, beside, n=1)]
    if not near:  # a key that is right but elsewhere
        last = difflib.get_close_matches(name, {key.rpartition(".")[2] for key in known}, n=1)
        near = [key for key in known if key.rpartition(".")[2] in last]
    return f", did you mean {' or '.join(map(repr, near))}?" if near else f"; known are {', '.join(beside)}"


def _nearest(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f", did you mean {near[0]!r}?" if near else f"; known are {', '.join(known)}"


def _places(annotation: Any, prefix: str = "") -> Iterator[str]:
    """The places of all keys of a config and of the configs inside it."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            yield f"{prefix}{name}"
            yield from _places(field.annotation, f"{prefix}{name}.")
        return
    for inner in getattr(annotation, "__args__", ()):
        stage = inner.model_fields.get("use") if isinstance(inner, type) and issubclass(inner, BaseModel) else None
        yield from _places(inner, f"{prefix}{stage.default}." if stage else prefix)


def _brief(text: str) -> str:
    shown = text if text.isprintable() else repr(text)
    return shown if len(shown) <= 60 else shown[:57] + "..."


def _got(value: Any) -> str:
    return _brief(repr(value))
