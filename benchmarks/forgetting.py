"""What a model forgets of other text while it is tuned on GSM8K: all its weights, beside an adapter (LoRA).

    python -m benchmarks.forgetting [--model FOLDER] [--steps S] [--rows R] [--full RATE ..] [--lora RATE ..]

Each way of tuning trains the same steps on the first problems of GSM8K's training set. Perplexity is told of English
pages of the shared crawl that are surely no mathematics, one of a site, extracted by our pipeline, the first tokens of
each; before and after. Beside it stands what was learnt: the loss a token of the solutions of the last problems of that
set, of which none is trained. The change has a 95 % interval over pages (bootstrap). A rate teaches one way of tuning
more than the other, so compare rows that have learnt about as much. Any model of transformers will do; the default is
that of `benchmarks.small_model`, on the processor some ten seconds a step. Without the shared crawl or the model it
says so and does nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.pages import labelled_pages
from benchmarks.small_model import DEFAULT
from tests.shared import BENCHMARKS, CRAWL

PATIENCE = 7200.0  # seconds for one training
DRAWS = 2_000  # of the bootstrap
LEAST = 2_000  # characters of a page: most have 400 tokens then
SHARE = 3  # one of so many pages is looked at
AT_ONCE = 4  # pages in one forward

Floats = npt.NDArray[np.float64]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    given = _options(arguments)
    if given.train:
        train_one(Path(given.train))
        return 0
    for path, remedy in ((CRAWL, "set MATHMILL_SHARED"), (BENCHMARKS, "set MATHMILL_SHARED"), (given.model, "--model")):
        if not path.is_dir():
            print(f"forgetting is left out: nothing at {path} ({remedy})", file=sys.stderr)
            return 0
    texts = list(other_pages(given.pages))
    print(
        f"{given.model.name}: {given.steps} steps of {given.rows} rows; {len(texts)} pages, {given.problems} problems\n"
    )
    print("| tuned | rate | loss of solutions | perplexity of other text | change (95 %) | seconds a step | peak MB |")
    print("|---|---:|---:|---:|---|---:|---:|")
    before, solved = measure(given.model, texts, given)
    print(f"| not | | {mean(solved):.3f} | {np.exp(mean(before)):.2f} | | | |", flush=True)
    ways = [("all weights", rate, None) for rate in given.full] + [
        (f"LoRA, rank {given.rank}", rate, given.rank) for rate in given.lora
    ]
    for way, rate, rank in ways:
        with tempfile.TemporaryDirectory(prefix="mathmill-forgetting-") as name:
            done = trained(given, rate, rank, Path(name))
            after, solved = measure(done / "model", texts, given)
            timings = [json.loads(line) for line in (done / "timings.jsonl").read_bytes().splitlines()][1:]
        low, high = interval(before, after)
        seconds = float(np.median([line["seconds"] for line in timings if "seconds" in line]))
        print(
            f"| {way} | {rate:g} | {mean(solved):.3f} | {np.exp(mean(after)):.2f} | "
            f"{share(mean(after) - mean(before))} ({share(low)} to {share(high)}) | {seconds:.1f} | "
            f"{max(line.get('peak_mb', 0) for line in timings):,.0f} |",
            flush=True,
        )
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=DEFAULT, metavar="FOLDER")
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--rows", type=int, default=8, help="of a step")
    parser.add_argument("--length", type=int, default=256, help="tokens of a row at most")
    parser.add_argument("--full", type=float, nargs="*", default=[1e-5, 5e-5], help="rates for all weights")
    parser.add_argument("--lora", type=float, nargs="*", default=[2e-4, 1e-3], help="rates for an adapter")
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--pages", type=int, default=60)
    parser.add_argument("--tokens", type=int, default=384, help="of a page")
    parser.add_argument("--problems", type=int, default=100, help="whose solutions are measured")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--train", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def other_pages(count: int) -> Iterator[tuple[str, str]]:
    """Addresses and texts of so many English pages without mathematics, one of a site."""
    from mathmill.data.records import BODY, CONTENT_TYPE
    from mathmill.pipeline.decode import decode_html
    from mathmill.pipeline.extraction import extract_html
    from mathmill.pipeline.language import identifier, middle

    identify = identifier(None).identify
    sites: set[str] = set()
    for page in labelled_pages(CRAWL):
        label, url = page.label, page.document.url
        drawn = hashlib.blake2b(url.encode(), digest_size=8).digest()[0] % SHARE == 0
        if label.is_math or not label.sure or label.site in sites or not drawn:
            continue
        html = decode_html(page.document.meta[BODY], page.document.meta[CONTENT_TYPE]).html
        text = extract_html(html, url).text
        if len(text) < LEAST or identify(middle(text, 1_000))[0] != "en":
            continue
        sites.add(label.site)
        yield url, text
        if len(sites) == count:
            return


def trained(given: argparse.Namespace, rate: float, rank: int | None, folder: Path) -> Path:
    """A finished training, made in a process of its own."""
    tree: dict[str, Any] = {
        "policy": {"start": str(given.model), **({"lora": {"rank": rank}} if rank else {})},
        "sources": [{"problems": "gsm8k/train", "data": str(BENCHMARKS), "most": given.steps * given.rows}],
        "held_out": {"share": 0.0},
        "train": {"steps": given.steps},
        "rows": {"step": given.rows, "length": given.length, "packed": False},
        "schedule": {"rate": rate, "warm_up": 3},
        "machine": {"device": given.device, "microbatch": min(4, given.rows)},
        "saving": {"every": given.steps},
        "evaluation": {"every": given.steps},
    }
    job = folder / "job.json"
    job.write_text(json.dumps(tree), encoding="utf-8")
    command = [sys.executable, "-m", "benchmarks.forgetting", "--train", str(job)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE)
    if done.returncode:
        raise SystemExit(f"training failed:\n{done.stdout[-3000:]}")
    return folder / "run"


def train_one(job: Path) -> None:
    """Train what a job says, beside it."""
    from mathmill.data.config import resolve
    from mathmill.train.recipe import SftRecipe
    from mathmill.train.run import train

    train(resolve(json.loads(job.read_text(encoding="utf-8")), SftRecipe, str(job)), job.parent / "run")


def measure(model: Path, texts: Sequence[tuple[str, str]], given: argparse.Namespace) -> tuple[Floats, Floats]:
    """Of each page, and of each solution not trained: the nats of its trained tokens, and how many these are."""
    from mathmill.train.batch.examples import Encoder, Example
    from mathmill.train.policy.load import open_policy
    from mathmill.train.policy.settings import PolicySettings
    from mathmill.train.sources.settings import HeldOut, TuningSource
    from mathmill.train.sources.tuning import read_tuning

    policy = open_policy(PolicySettings(start=str(model), precision="float32"), given.device, 0)
    encoder = Encoder(str(model), policy.tokenizer, policy.ends, given.tokens)
    pages = [each for url, text in texts if isinstance(each := next(encoder.text(url, text)), Example)]
    source = TuningSource(problems="gsm8k/train", data=BENCHMARKS)  # a test set is refused here, rightly
    solutions = read_tuning((source,), encoder, 0, HeldOut()).examples.rows(given.tokens, False)[-given.problems :]
    return nats(policy, [(page,) for page in pages]), nats(policy, solutions)


def nats(policy: Any, rows: Sequence[Any]) -> Floats:
    """[rows, 2]: nats and number of the trained tokens of each row."""
    import torch

    from mathmill.train.batch.packing import IGNORED, batch_of
    from mathmill.train.policy.forward import PolicyModule

    module = PolicyModule(policy).eval()
    found = []
    with torch.no_grad():
        for at in range(0, len(rows), AT_ONCE):
            batch = batch_of(rows[at : at + AT_ONCE], policy.ends.pad)
            targets = batch.targets_on(policy.device)
            logprobs = module(batch.inputs(policy.device), targets).logprobs.double()
            found += list(zip((-logprobs.sum(1)).tolist(), (targets != IGNORED).sum(1).tolist(), strict=True))
    return np.array(found, np.float64)


def mean(rows: Floats) -> float:
    """Nats a token."""
    return float(rows[:, 0].sum() / rows[:, 1].sum())


def interval(before: Floats, after: Floats) -> tuple[float, float]:
    """Between which the change of the mean lies, by drawing pages anew."""
    random = np.random.default_rng(0)
    drawn = random.integers(len(before), size=(DRAWS, len(before)))
    changes = (after[drawn, 0] - before[drawn, 0]).sum(1) / before[drawn, 1].sum(1)
    low, high = np.quantile(changes, (0.025, 0.975))
    return float(low), float(high)


def share(nats: float) -> str:
    """A change of the mean as one of the perplexity."""
    return f"{np.expm1(nats):+.1%}"


if __name__ == "__main__":
    sys.exit(main())
