"""What a recipe can say: stages and passes by name, and the keys of each, out of their configs."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, get_args

from pydantic.fields import FieldInfo

from mathmill.data.config import Config, canonical_json
from mathmill.data.errors import ConfigError
from mathmill.data.terminal import print_json, print_table
from mathmill.pipeline.recipe import AnyPass, AnyStage


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a stage or pass; `default` as JSON, "" where it has to be said."""

    key: str
    default: str
    meaning: str


def configs() -> dict[str, tuple[str, type[Config]]]:
    """Name -> what it is, and its config: stages first, then passes."""
    kinds = (("stage", AnyStage), ("pass", AnyPass))
    return {
        each.model_fields["use"].default: (kind, each) for kind, union in kinds for each in get_args(get_args(union)[0])
    }


def keys_of(config: type[Config]) -> Iterator[Key]:
    """The keys of a config, but `use`."""
    for name, field in config.model_fields.items():
        if name != "use":
            yield Key(name, _default(field), field.description or "")


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return ""
    value = field.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, Config):
        value = value.model_dump(mode="json")
    return canonical_json(list(value) if isinstance(value, tuple) else value).decode()


def show_keys(name: str, as_json: bool) -> None:
    """What a stage or pass does and can be told; without a name all of them.

    Raises:
        ConfigError: nothing has that name.
    """
    known = configs()
    if name and name not in known:
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
        raise ConfigError(f"no stage or pass is named {name!r}: there are {', '.join(near or known)}")
    if as_json:
        print_json([_told(each, *known[each]) for each in ([name] if name else known)])
    elif name:
        kind, config = known[name]
        print(f'[[{"stages" if kind == "stage" else "passes"}]]\nuse = "{name}"\n\n{inspect.getdoc(config)}\n')
        print_table(("key", "default", "meaning"), [(each.key, each.default, each.meaning) for each in keys_of(config)])
    else:
        rows = [(kind, each, _first(config)) for each, (kind, config) in known.items()]
        print_table(("kind", "use", "does"), rows)


def _told(name: str, kind: str, config: type[Config]) -> dict[str, Any]:
    return {
        "use": name,
        "kind": kind,
        "does": inspect.getdoc(config),
        "keys": [asdict(each) for each in keys_of(config)],
    }


def _first(config: type[Config]) -> str:
    return (inspect.getdoc(config) or "").split("\n\n")[0].replace("\n", " ")
