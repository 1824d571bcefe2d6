"""Named alarms over the metrics of a run that learns from rewards: what goes wrong there makes no loss rise.

    raised, state = listen(settings, state, {"step": 12, "entropy": 0.02, ...})

Pure: the state is plain values for a checkpoint, and the same metrics raise the same alarms whenever a run was resumed.
Each alarm says in numbers what it saw and what can be done, once, until what it watches has recovered by a tenth.

Metrics are those of an exploration; one that lacks a metric says nothing of it. Validation is less frequent than
explorations, and is looked at when it comes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from pydantic import Field, PositiveInt

from mathmill.data.config import Config

AlarmName = Literal[
    "entropy_collapse", "pass_collapse", "dead_groups", "verifier", "length_explosion", "reward_hacking",
    "sampler_disagrees",
]  # fmt: skip
ALARMS: tuple[AlarmName, ...] = get_args(AlarmName)

#: The metrics that are looked at, all means: nats a token; rewards and tokens of completions; shares of what was drawn;
#: shares of verdicts; shares of held-out Problems; nats by which logprobs of sampler and training pass are apart.
ENTROPY, REWARD, LENGTH, TRUNCATED, DEAD = "entropy", "reward", "length", "truncated", "dead_groups"
TIMED_OUT, DEATHS, GAP = "timed_out", "worker_deaths", "sampler_gap"
ACCURACY, PASS = "validation_accuracy", "validation_pass"

_RECOVERED = 0.9  # of a threshold


class AlarmSettings(Config):
    """When each alarm is raised, and which of them end the run."""

    stop: tuple[AlarmName, ...] = Field(default=(), description="alarms that end the run, with all that it has saved")
    window: PositiveInt = Field(
        default=5, description="explorations that are averaged: of one alone, chance makes any of these numbers"
    )
    entropy: float = Field(
        default=0.1,
        ge=0,
        lt=1,
        description="share of the first entropy below which it has collapsed: reward is bought with entropy (Cui et "
        "al. 2025, arXiv 2505.22617), and with a tenth of it groups say one thing",
    )
    pass_drop: float = Field(
        default=0.1,
        gt=0,
        le=1,
        description="by which pass@k may fall below its best: training sharpens what was found, so some is lost; more "
        "than intervals of a few hundred Problems is forgotten",
    )
    dead: float = Field(
        default=1 / 3,
        gt=0,
        le=1,
        description="share of groups without variance: that part of the drawing teaches nothing",
    )
    timed_out: float = Field(
        default=0.02,
        gt=0,
        le=1,
        description="share of verdicts: a healthy verifier has a tenth of that on hard answers",
    )
    worker_deaths: float = Field(default=0.01, gt=0, description="to a verdict; a healthy verifier has none")
    longer: float = Field(
        default=3.0, gt=1, description="times the first length: thought grows in a long run, but not by so much in vain"
    )
    truncated: float = Field(
        default=0.25,
        gt=0,
        lt=1,
        description="share of completions cut off, if it is twice the first: no answers any more",
    )
    accuracy_drop: float = Field(
        default=0.05, gt=0, le=1, description="of held-out Problems, below their best, while the reward has risen since"
    )
    reward_rise: float = Field(default=0.02, ge=0, description="since accuracy was best, for that alarm")
    gap: float = Field(
        default=0.05,
        gt=0,
        description="nats between sampler and training pass: one engine has 1e-6 in float32 and two have about 0.02 in "
        "bfloat16; with more, ratios are clipped that should be 1",
    )


@dataclass(frozen=True, slots=True)
class Alarm:
    """One that is raised."""

    name: AlarmName
    step: int
    saw: str
    advice: str
    stops: bool

    def __str__(self) -> str:
        return f"{self.name} at step {self.step:,}: {self.saw}; {self.advice}"


State = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Seen:
    """How near to its threshold something is (above 1 it is over it), in numbers."""

    severity: float
    said: str


def listen(settings: AlarmSettings, state: Mapping[str, Any], metrics: Mapping[str, Any]) -> tuple[list[Alarm], State]:
    """What is to be said of an exploration's metrics, and the state to go on with; `{}` is the first one."""
    now = _noted(settings.window, state, metrics)
    raised, ringing = [], list(state.get("ringing", ()))
    for name in ALARMS:
        look, advice = _LOOKS[name]
        seen = look(settings, now)
        if seen is None:
            continue
        if seen.severity > 1 and name not in ringing:
            ringing.append(name)
            raised.append(Alarm(name, int(metrics["step"]), seen.said, advice, name in settings.stop))
        elif seen.severity < _RECOVERED and name in ringing:
            ringing.remove(name)
    return raised, {**now, "ringing": ringing}


def _noted(window: int, state: Mapping[str, Any], metrics: Mapping[str, Any]) -> State:
    """The state with these metrics: of each the first and the last values; of validation the best and the last."""
    first, last = dict(state.get("first", {})), dict(state.get("last", {}))
    for name in (ENTROPY, REWARD, LENGTH, TRUNCATED, DEAD, TIMED_OUT, DEATHS, GAP):
        if (value := metrics.get(name)) is not None:
            last[name] = [*last.get(name, ()), float(value)][-window:]
            if len(first.get(name, ())) < window:
                first[name] = [*first.get(name, ()), float(value)]
    noted: State = {"first": first, "last": last, "validation": dict(state.get("validation", {}))}
    for name in (ACCURACY, PASS):
        if (value := metrics.get(name)) is None:
            continue
        before = noted["validation"].get(name)
        is_best = before is None or value >= before["best"]
        noted["validation"][name] = {
            "last": float(value),
            "best": float(value) if is_best else before["best"],
            "best_step": int(metrics["step"]) if is_best else before["best_step"],
            "best_reward": _mean(last.get(REWARD, ())) if is_best else before["best_reward"],
        }
    return noted


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _full(settings: AlarmSettings, state: State, name: str) -> tuple[float, float] | None:
    """The means of the first and the last values of a metric, once there are enough of them."""
    first, last = state["first"].get(name, ()), state["last"].get(name, ())
    if len(last) < settings.window:
        return None
    return sum(first) / len(first), sum(last) / len(last)


def _entropy(settings: AlarmSettings, state: State) -> _Seen | None:
    means = _full(settings, state, ENTROPY)
    if means is None:
        return None
    floor = settings.entropy * means[0]
    severity = floor / means[1] if means[1] > 0 else float(floor > 0) * 2
    return _Seen(severity, f"the entropy is {means[1]:.3g} nats a token, and was {means[0]:.3g} at first")


def _pass(settings: AlarmSettings, state: State) -> _Seen | None:
    seen = state["validation"].get(PASS)
    if seen is None:
        return None
    drop = seen["best"] - seen["last"]
    said = (
        f"pass@k of held-out Problems is {seen['last']:.3f}, and was {seen['best']:.3f} at step {seen['best_step']:,}"
    )
    return _Seen(drop / settings.pass_drop, said)


def _dead(settings: AlarmSettings, state: State) -> _Seen | None:
    means = _full(settings, state, DEAD)
    if means is None:
        return None
    return _Seen(means[1] / settings.dead, f"{means[1]:.0%} of the groups of {settings.window} explorations are dead")


def _verifier(settings: AlarmSettings, state: State) -> _Seen | None:
    late, died = _full(settings, state, TIMED_OUT), _full(settings, state, DEATHS)
    if late is None and died is None:
        return None
    shares = [each[1] if each else 0.0 for each in (late, died)]
    severity = max(shares[0] / settings.timed_out, shares[1] / settings.worker_deaths)
    return _Seen(severity, f"{shares[0]:.2%} of verdicts timed out, with {shares[1]:.2%} as many dead workers")


def _length(settings: AlarmSettings, state: State) -> _Seen | None:
    lengths, cut = _full(settings, state, LENGTH), _full(settings, state, TRUNCATED)
    longer = lengths[1] / (settings.longer * lengths[0]) if lengths and lengths[0] > 0 else 0.0
    truncated = min(cut[1] / settings.truncated, cut[1] / (2 * cut[0]) if cut[0] else 2.0) if cut else 0.0
    if lengths is None and cut is None:
        return None
    facts = []
    if lengths:
        facts.append(f"completions have {lengths[1]:,.0f} tokens, and had {lengths[0]:,.0f} at first")
    if cut:
        facts.append(f"{cut[1]:.0%} are cut off, and {cut[0]:.0%} were")
    return _Seen(max(longer, truncated), "; ".join(facts))


def _hacking(settings: AlarmSettings, state: State) -> _Seen | None:
    seen, reward = state["validation"].get(ACCURACY), _mean(state["last"].get(REWARD, ()))
    if seen is None or reward is None or seen["best_reward"] is None:
        return None
    drop, rise = seen["best"] - seen["last"], reward - seen["best_reward"]
    said = (
        f"accuracy on held-out Problems fell from {seen['best']:.3f} at step {seen['best_step']:,} to "
        f"{seen['last']:.3f}, while the reward went from {seen['best_reward']:.3f} to {reward:.3f}"
    )
    return _Seen(drop / settings.accuracy_drop if rise > settings.reward_rise else 0.0, said)


def _gap(settings: AlarmSettings, state: State) -> _Seen | None:
    means = _full(settings, state, GAP)
    if means is None:
        return None
    return _Seen(means[1] / settings.gap, f"sampler and training pass are {means[1]:.3g} nats a token apart")


_LOOKS: dict[AlarmName, tuple[Callable[[AlarmSettings, State], _Seen | None], str]] = {
    "entropy_collapse": (_entropy, "go on from an earlier checkpoint with a lower rate, a higher clip or a KL penalty"),
    "pass_collapse": (_pass, "go on from the checkpoint of that step with a lower rate, or larger groups"),
    "dead_groups": (_dead, "ask other problems: harder ones if rewards are high, easier ones if they are low"),
    "verifier": (_verifier, "look for what those completions have in common, or give proofs more time and processors"),
    "length_explosion": (_length, "add a reward for overlong completions, or a mean that does not favour long ones"),
    "reward_hacking": (_hacking, "read completions with high rewards: the policy is paid for something else"),
    "sampler_disagrees": (_gap, "compute in higher precision, or look at temperature, top-p and tokenizer of both"),
}
