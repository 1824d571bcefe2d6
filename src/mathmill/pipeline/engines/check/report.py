"""The check of an engine: its nodes, what differs between them, whether they meet in a folder, and a small job."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

from mathmill.data.engine import Engine, Failure
from mathmill.data.errors import ConfigError, MathmillError
from mathmill.data.storage import is_address
from mathmill.data.terminal import counted, print_json, print_table
from mathmill.pipeline.engines.check.probe import MeetingPlace, NodeFacts, look
from mathmill.pipeline.engines.check.trial import Step, try_out
from mathmill.pipeline.engines.choice import LOCAL, EngineChoice, make_engine
from mathmill.pipeline.engines.ray_cluster import Node, OtherCode

R = TypeVar("R")

_PLACES = 64  # items by which nodes are found where an engine cannot be told which one to ask
_STAY_SECONDS = 0.1  # that each of them stays, so that others go elsewhere


@runtime_checkable
class AsksNodes(Protocol):
    """An engine that can say on which node a function runs."""

    def on_each_node(self, function: Callable[[Node], R]) -> list[tuple[Node, R | Failure]]: ...


@dataclass(frozen=True, slots=True)
class SeenNode:
    """A node, and what is wrong with it ("" if nothing)."""

    name: str
    cores: int  # that it gives to work
    facts: NodeFacts | None
    problem: str
    code: str = ""  # its mathmill, "" where nobody could tell


@dataclass(frozen=True, slots=True)
class Report:
    """What the check of an engine found."""

    engine: str
    nodes: tuple[SeenNode, ...]
    steps: tuple[Step, ...]
    notes: tuple[str, ...]  # what was not tried

    @property
    def problems(self) -> list[str]:
        """All that is wrong, a line each."""
        nodes = [f"{node.name}: {node.problem}" for node in self.nodes if node.problem]
        return nodes + [f"{step.name}: {step.problem}" for step in self.steps if step.problem]

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "problems": self.problems}


def check_engine(choice: EngineChoice, out: str) -> Report:
    """Look at all nodes of an engine, let them meet in the folder or address `out` if it is not "", and try them out.

    Raises:
        ConfigError: the engine cannot be reached.
        CannotCreate, DiskFull: this machine itself cannot write to `out`.
    """
    with ExitStack() as after:
        place = MeetingPlace.below(out) if out else None
        if place is not None:
            after.callback(place.remove)
        engine = make_engine(choice)
        after.callback(engine.close)
        began = time.monotonic()
        nodes = _nodes(engine, choice.kind, place)
        reached = Step("all nodes answer", "", time.monotonic() - began, "")
        if any(node.problem for node in nodes):
            return Report(choice.kind, nodes, (), ("the small job was not tried, since nodes are not in order",))
        shared, notes = _tables_folder(nodes, place)
        if shared is None and not notes:
            shared = after.enter_context(tempfile.TemporaryDirectory(prefix="mathmill-check-"))
        return Report(choice.kind, nodes, (reached, *try_out(engine, shared or "")), notes)


def _nodes(engine: Engine, kind: str, place: MeetingPlace | None) -> tuple[SeenNode, ...]:
    folder = place.name if place else ""
    if isinstance(engine, AsksNodes):
        found = [(node.host, node.cpus, facts) for node, facts in engine.on_each_node(partial(_look_at, folder))]
    else:
        many = range(1 if kind == LOCAL else _PLACES)
        looked = [facts for _, facts in engine.map(partial(_look_and_stay, folder), many)]
        by_host = {facts.host if isinstance(facts, NodeFacts) else "a node": facts for facts in looked}
        found = [(host, 0, by_host[host]) for host in sorted(by_host)]
    mine = look("")
    answers = [facts.answer for _, _, facts in found if isinstance(facts, NodeFacts)]
    unseen = place.missing(answers) if place else []
    return tuple(_seen(name, cores, facts, mine, unseen) for name, cores, facts in found)


def _look_at(folder: str, node: Node) -> NodeFacts:
    return look(folder)


def _look_and_stay(folder: str, number: int) -> NodeFacts:
    time.sleep(_STAY_SECONDS * bool(number))
    return look(folder)


def _seen(name: str, cores: int, facts: NodeFacts | Failure, mine: NodeFacts, unseen: Sequence[str]) -> SeenNode:
    if isinstance(facts, Failure):
        said = f"cannot be looked at: {facts.error}"
        if isinstance(facts.error, OtherCode):
            return SeenNode(name, cores, None, _other_code(facts.error.version, mine), facts.error.version)
        if isinstance(facts.error, ImportError | AttributeError) or "ModuleNotFoundError" in str(facts.error):
            said = f"has another mathmill than this machine, or none ({facts.error}): install the same on all nodes"
        return SeenNode(name, cores, None, said)
    wrong = []
    if facts.code != mine.code:
        wrong.append(_other_code(facts.code, mine))
    if facts.python.split(".")[:2] != mine.python.split(".")[:2]:
        wrong.append(f"has Python {facts.python}, this machine {mine.python}")
    wrong += [
        f"has {library} {facts.libraries[library] or 'not installed'}, this machine {version}: files may differ"
        for library, version in mine.libraries.items()
        if library in ("duckdb", "pyarrow") and facts.libraries[library] != version
    ]
    if facts.folder:
        wrong.append(f"the folder of --out: {facts.folder}: all nodes have to see it under the same path")
    elif facts.answer in unseen:
        wrong.append("wrote to the folder of --out what is not seen here: it is another folder of the same path")
    return SeenNode(name, cores or facts.cores, facts, "; ".join(wrong), facts.code)


def _other_code(code: str, mine: NodeFacts) -> str:
    return f"has mathmill {code}, this machine {mine.code}: install the same on all nodes"


def _tables_folder(nodes: Sequence[SeenNode], place: MeetingPlace | None) -> tuple[str | None, tuple[str, ...]]:
    """A folder that all nodes see, None if there is none or one can be made here; and why a query is not tried."""
    if place is not None and not is_address(place.name):
        return place.name, ()
    if len({node.facts.machine for node in nodes if node.facts}) == 1:
        return None, ()
    return None, ("a query was not tried: name a folder that all nodes share with --out",)


def show_check(choice: EngineChoice, out: str, as_json: bool) -> None:
    """Print what the check found.

    Raises:
        ConfigError: nodes are not as they have to be.
        MathmillError: the small job went wrong.
    """
    report = check_engine(choice, out)
    if as_json:
        print_json(report.as_dict())
    else:
        _print_report(report, out)
    if any(node.problem for node in report.nodes):
        raise ConfigError(". ".join(report.problems))
    if report.problems:
        raise MathmillError(". ".join(report.problems))


def _print_report(report: Report, out: str) -> None:
    columns = ("node", "cores", "memory GB", "scratch free GB", "python", "mathmill", "libraries", "in order")
    print_table(columns, [_cells(node) for node in report.nodes])
    scratches = sorted({node.facts.scratch for node in report.nodes if node.facts})
    print(f"\n{counted(len(report.nodes), 'node')}; scratch is {', '.join(scratches) or 'unknown'}")
    if out and not report.problems:
        print(f"{Path(out) if not is_address(out) else out} is seen and written from every node")
    if report.steps:
        print()
        rows = [
            (step.name, "no" if step.problem else "yes", round(step.seconds, 2), step.told) for step in report.steps
        ]
        print_table(("small job", "in order", "seconds", ""), rows)
    for note in report.notes:
        print(note)


def _cells(node: SeenNode) -> tuple[Any, ...]:
    facts = node.facts
    if facts is None:
        return (node.name, node.cores, *["unknown"] * 3, node.code or "unknown", node.problem, "no")
    libraries = ", ".join(f"{name} {version}" for name, version in facts.libraries.items() if version)
    sizes = round(facts.memory / 1e9, 1), round(facts.scratch_free / 1e9, 1)
    return (node.name, node.cores, *sizes, facts.python, facts.code, libraries, "no" if node.problem else "yes")
