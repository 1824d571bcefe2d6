"""One side of `benchmarks.sft`, in a process of its own: `python -m benchmarks.sft_sides PART [FOLDER JOB.json]`.

    make   a fresh Llama, rows of text, and the steps that mathmill makes of them: the same Examples in the same rows
    ours   `mathmill.train.run.train` on the text
    trl    TRL's SFTTrainer on those steps, given as tokens, labels and lengths of Examples, without its own order
    apart  whether Examples that TRL packed see one another, by strategy; printed

The answer is a file beside the job: loss and seconds of each step, peak memory before the finished model is saved.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

RATE, CLIP, BETAS, EPS = 1e-3, 1.0, (0.9, 0.95), 1e-8


@dataclass(frozen=True, slots=True)
class Job:
    """What both sides do; `sorts`: TRL gets the rows of a step by their length, as mathmill lays them out."""

    vocabulary: int
    width: int
    layers: int
    length: int
    packed: bool
    rows: int
    steps: int
    microbatch: int
    threads: int
    sorts: bool = False

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Cost:
    """Of a side: loss and seconds of each step; memory at most, and with the libraries alone, in MB of 10**6 bytes."""

    losses: list[float]
    seconds: list[float]
    peak_mb: float
    libraries_mb: float


def main() -> int:
    """Do a part."""
    if sys.argv[1] == "apart":
        told = {strategy: seen_before(strategy) for strategy in ("bfd", "wrapped")}
        print(json.dumps(told))
        return 0
    part, folder, path = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    job = Job(**json.loads(path.read_text(encoding="utf-8")))
    import torch

    torch.set_num_threads(job.threads)
    if part == "make":
        make(folder, job)
        return 0
    cost = ours(folder, job) if part == "ours" else trl(folder, job)
    path.with_suffix(".cost.json").write_text(json.dumps(asdict(cost)), encoding="utf-8")
    return 0


def make(folder: Path, job: Job) -> None:
    """Model, text and steps of a job."""
    import numpy as np

    from mathmill.train.policy.fresh import FreshModel, fresh_model
    from mathmill.train.policy.load import open_policy
    from mathmill.train.run import data_of

    tokenizer = words(job.vocabulary)
    shape = FreshModel(width=job.width, layers=job.layers, context=job.length, vocabulary=job.vocabulary)
    fresh_model(shape, tokenizer, 0).save_pretrained(str(folder / "model"))
    tokenizer.save_pretrained(str(folder / "model"))
    random = np.random.default_rng(0)
    with (folder / "rows.jsonl").open("w", encoding="utf-8") as file:
        for _ in range(job.rows * job.steps * (4 if job.packed else 1)):
            # Lengths as of GSM8K: questions of 60 tokens and solutions of 120, some three times as long.
            prompt, completion = (
                " ".join(f"w{rank % job.vocabulary}" for rank in random.zipf(1.3, int(size)))
                for size in (np.exp(random.normal(4.1, 0.4)), np.exp(random.normal(4.8, 0.4)))
            )
            file.write(json.dumps({"prompt": prompt, "completion": f" {completion}"}) + "\n")
    recipe = recipe_of(folder, job)
    feed = data_of(recipe, open_policy(recipe.policy, "cpu", recipe.seed)).feed
    steps = [feed.take(job.rows) for _ in range(job.steps)]
    given = [[[[each.input_ids, each.trained] for each in row] for row in step] for step in steps]
    (folder / "steps.json").write_text(json.dumps(given), encoding="utf-8")


def words(count: int) -> Any:
    """A tokenizer of so many tokens: words `w0`, `w1`, .. and three special ones."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    listed = ["<unk>", "<pad>", "<eos>", *(f"w{rank}" for rank in range(count - 3))]
    made = Tokenizer(models.WordLevel({word: at for at, word in enumerate(listed)}, unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    library: Any = PreTrainedTokenizerFast
    return library(tokenizer_object=made, unk_token="<unk>", pad_token="<pad>", eos_token="<eos>")


def recipe_of(folder: Path, job: Job) -> Any:
    """What `mathmill train sft` is told."""
    from mathmill.data.config import resolve
    from mathmill.train.recipe import SftRecipe

    tree = {
        "policy": {"start": str(folder / "model"), "precision": "float32"},
        "sources": [{"files": [str(folder / "rows.jsonl")]}],
        "held_out": {"share": 0.0},
        "train": {"steps": job.steps},
        "rows": {"step": job.rows, "length": job.length, "packed": job.packed},
        "schedule": {"rate": RATE, "shape": "constant"},
        "optimizer": {"beta1": BETAS[0], "beta2": BETAS[1], "eps": EPS, "clip": CLIP},
        "machine": {"device": "cpu", "microbatch": job.microbatch},
        "saving": {"every": job.steps},
        "evaluation": {"every": job.steps},
    }
    return resolve(tree, SftRecipe, "the benchmark's recipe")


def ours(folder: Path, job: Job) -> Cost:
    """Train with mathmill, as its users do."""
    from tempfile import TemporaryDirectory

    import transformers.models.llama.modeling_llama  # noqa: F401  # a library, and not what is measured

    from mathmill.train.run import train

    libraries = resident_mb()
    with TemporaryDirectory(dir=folder) as name:
        done = train(recipe_of(folder, job), Path(name) / "run")
        metrics, timings = (
            [json.loads(line) for line in (done / file).read_bytes().splitlines()]
            for file in ("metrics.jsonl", "timings.jsonl")
        )
    seconds = [line["seconds"] for line in timings if "seconds" in line]
    losses = [line["loss"] for line in metrics if "loss" in line]
    return Cost(losses, seconds, max(line.get("peak_mb", 0) for line in timings), libraries)


def trl(folder: Path, job: Job) -> Cost:
    """Train with TRL: its own loop, collator, loss and optimizer; no logs, no checkpoints, no recomputation."""
    import torch
    from datasets import Dataset
    from transformers import AutoTokenizer, LlamaForCausalLM, TrainerCallback
    from trl.trainer.sft_trainer import SFTTrainer

    losses: list[float] = []
    seconds: list[float] = []

    class Watched(SFTTrainer):
        def training_step(self, *given: Any, **named: Any) -> torch.Tensor:
            loss: torch.Tensor = super().training_step(*given, **named)  # type: ignore[no-untyped-call]
            losses[-1] += float(loss)
            return loss

    class Clock(TrainerCallback):
        def on_step_begin(self, *_: Any, **__: Any) -> None:
            losses.append(0.0)
            self.began = time.perf_counter()

        def on_step_end(self, *_: Any, **__: Any) -> None:
            seconds.append(time.perf_counter() - self.began)

    settings = trl_settings(
        folder,
        max_steps=job.steps,
        per_device_train_batch_size=job.microbatch,
        gradient_accumulation_steps=job.rows // job.microbatch,
        max_length=job.length,
        packing=job.packed,
        dataset_kwargs={"skip_prepare_dataset": True},
    )
    libraries = resident_mb()
    trainer = Watched(
        model=LlamaForCausalLM.from_pretrained(str(folder / "model"), dtype=torch.float32),
        args=settings,
        train_dataset=Dataset.from_list(trl_rows(folder, job)),
        processing_class=AutoTokenizer.from_pretrained(str(folder / "model")),
        callbacks=[Clock()],
    )
    trainer.train()
    return Cost(losses, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6, libraries)


def trl_settings(folder: Path, **more: Any) -> Any:
    """What TRL is told in any case."""
    from trl.trainer.sft_config import SFTConfig

    return SFTConfig(
        output_dir=str(folder / "trl"),
        train_sampling_strategy="sequential",
        shuffle_dataset=False,
        learning_rate=RATE,
        lr_scheduler_type="constant",
        warmup_steps=0,
        adam_beta1=BETAS[0],
        adam_beta2=BETAS[1],
        adam_epsilon=EPS,
        weight_decay=0.0,
        max_grad_norm=CLIP,
        bf16=False,
        gradient_checkpointing=False,
        use_cpu=True,
        report_to="none",
        logging_strategy="no",
        save_strategy="no",
        disable_tqdm=True,
        **more,
    )


def seen_before(strategy: str) -> float:
    """Of two Examples that TRL packed into a row: the gradient of the last state by the first Example, as a share.

    0 where the second does not see the first.
    """
    from tempfile import TemporaryDirectory

    from datasets import Dataset
    from transformers import LlamaForCausalLM
    from trl.trainer.sft_trainer import SFTTrainer

    from mathmill.train.policy.fresh import FreshModel, fresh_model

    tokenizer = words(100)
    model: LlamaForCausalLM = fresh_model(FreshModel(width=32, layers=2, heads=2, vocabulary=100), tokenizer, 0)
    rows = [{"input_ids": [token] * 7} for token in range(5, 9)]
    with TemporaryDirectory() as name:
        more = {"packing": True, "packing_strategy": strategy, "max_length": 14, "per_device_train_batch_size": 2}
        settings = trl_settings(Path(name), max_steps=1, **more)
        trainer = SFTTrainer(model, args=settings, train_dataset=Dataset.from_list(rows), processing_class=tokenizer)
        batch = next(iter(trainer.get_train_dataloader()))
    embedded = model.get_input_embeddings()(batch["input_ids"]).detach().requires_grad_()
    given = {key: value for key, value in batch.items() if key not in ("input_ids", "labels")}
    model.model(inputs_embeds=embedded, use_cache=False, **given).last_hidden_state[-1, -1].sum().backward()
    gradient = embedded.grad[-1]
    return float(gradient[-14:-7].norm() / gradient[-7:].norm())


def trl_rows(folder: Path, job: Job) -> list[dict[str, Any]]:
    """The steps as TRL's own preparation would leave them."""
    rows = []
    for step in json.loads((folder / "steps.json").read_text(encoding="utf-8")):
        ordered = sorted(step, key=lambda row: sum(len(ids) for ids, _ in row), reverse=True) if job.sorts else step
        for row in ordered:
            ids = [token for each, _ in row for token in each]
            trained = [is_target for _, mask in row for is_target in mask]
            labels = [token if is_target else -100 for token, is_target in zip(ids, trained, strict=True)]
            packed = {"seq_lengths": [len(each) for each, _ in row]} if job.packed else {}
            rows.append({"input_ids": ids, "labels": labels, **packed})
    return rows


def resident_mb() -> float:
    """What this process holds of memory now."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise SystemExit("no VmRSS in /proc/self/status: run this on Linux")


if __name__ == "__main__":
    sys.exit(main())
