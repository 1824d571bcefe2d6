"""Recipes: TOML in, a frozen and fully resolved config out.

Defaults < recipe < `--set a.b=c`. Unknown keys are rejected with the nearest known one.
"""

from __future__ import annotations

import difflib
import hashlib
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from mathmill.data.errors import ConfigError, InputMissing


class Config(BaseModel):
    """Base of everything that a recipe can set."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


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
        InputMissing: there is no file at `path`.
        ConfigError: it is not TOML, or a key or value does not fit; the message names each one.
    """
    try:
        tree = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputMissing(f"no recipe at {path}: name a .toml file, such as recipes/demo.toml") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputMissing(f"cannot read the recipe {path}: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not TOML: {error}") from error
    for override in overrides:
        apply_override(tree, override)
    return resolve(tree, model, where=str(path))


def resolve(tree: dict[str, Any], model: type[C], where: str) -> C:
    """Validate a tree of plain values as `model`; `where` names its source in messages."""
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        lines = [_explain(detail, model) for detail in error.errors()]
        raise ConfigError(f"{where}: " + "; ".join(lines)) from None


def apply_override(tree: dict[str, Any], override: str) -> None:
    """Set `a.b=c` in a recipe's tree; `c` is TOML where it parses as such, else a string.

    In a list of stages a stage is addressed by the name it is used under: `stages.language.keep=["en"]`.
    """
    key, separator, text = override.partition("=")
    if not separator or not key.strip():
        raise ConfigError(f"--set {override}: write it as key=value, such as --set limits.page_seconds=5")
    *parents, last = key.strip().split(".")
    node: Any = tree
    for name in parents:
        node = _descend(node, name, override)
    if not isinstance(node, dict):
        raise ConfigError(f"--set {override}: {'.'.join(parents)} holds no keys")
    node[last] = _parse_value(text.strip())


def _descend(node: Any, name: str, override: str) -> Any:
    if isinstance(node, list):
        for item in node:
            if isinstance(item, dict) and item.get("use") == name:
                return item
        known = ", ".join(str(item.get("use")) for item in node if isinstance(item, dict))
        raise ConfigError(f"--set {override}: the recipe lists no {name!r}; it lists {known}")
    if isinstance(node, dict):
        return node.setdefault(name, {})
    raise ConfigError(f"--set {override}: {name!r} is below a plain value")


def _parse_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _explain(detail: ErrorDetails, model: type[BaseModel]) -> str:
    place = ".".join(str(part) for part in detail["loc"])
    if detail["type"] == "extra_forbidden":
        name = str(detail["loc"][-1])
        near = difflib.get_close_matches(name, set(_field_names(model, set())), n=1)
        hint = f", did you mean {near[0]!r}?" if near else ""
        return f"unknown key {place!r}{hint}"
    return f"{place or 'the recipe'}: {detail['msg']} (got {_brief(detail['input'])})"


def _brief(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _field_names(annotation: Any, seen: set[Any]) -> Iterator[str]:
    """Names of all fields of a config and of the configs inside it."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if annotation in seen:
            return
        seen.add(annotation)
        for name, field in annotation.model_fields.items():
            yield name
            yield from _field_names(field.annotation, seen)
    for inner in getattr(annotation, "__args__", ()):
        yield from _field_names(inner, seen)
    if hasattr(annotation, "__metadata__"):
        yield from _field_names(annotation.__origin__, seen)
