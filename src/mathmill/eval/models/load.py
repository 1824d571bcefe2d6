"""Load a causal language model and its tokenizer with transformers: safetensors or GGUF, and no code but the library's.

This file imports torch and transformers at its head. Only functions of this package import it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import torch
import transformers
from huggingface_hub.errors import StrictDataclassError

from mathmill.data.errors import ConfigError, DamagedInput, InputMissing
from mathmill.data.terminal import one_line
from mathmill.eval.models.decode import Network
from mathmill.eval.models.find import Place, find
from mathmill.eval.models.memory import is_out_of_memory

# Its annotations are of many minds.
_library: Any = transformers


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model on its device, ready to be called, and what identifies it."""

    model: Any
    tokenizer: Any
    network: Network
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a model is to lie in memory; `smaller` is what is advised where it does not fit."""

    dtype: str = "auto"
    device: str = "auto"
    attention: str = "auto"
    smaller: str = "set --dtype bfloat16"


@dataclass(frozen=True, slots=True)
class Read:
    """A model on its device as its files say, its own habits of generation included."""

    place: Place
    model: Any
    tokenizer: Any


def load(name: str, revision: str = "", dtype: str = "auto", device: str = "auto") -> Loaded:
    """Find a model and load it, to be asked.

    Raises:
        InputMissing, DamagedInput, ConfigError: as `LocalModel` says.
    """
    found = read(name, revision, Wanted(dtype, device))
    model = found.model.eval()
    # Nothing of a model's own habits of generation but what ends it.
    eos = model.generation_config.eos_token_id if model.generation_config else None
    model.generation_config = _library.GenerationConfig(eos_token_id=eos)
    precision = str(next(model.parameters()).dtype).removeprefix("torch.")
    facts = {"name": name, "weights": found.place.weights, "dtype": precision, "backend": "transformers"}
    return Loaded(model, found.tokenizer, Network(model), facts)


def read(name: str, revision: str, wanted: Wanted) -> Read:
    """Find a model and read it.

    Raises:
        InputMissing, DamagedInput, ConfigError: as `load`; or its attention is not to be had in the form that is asked.
    """
    device = checked_device(wanted.device)
    place = find(name, revision)
    with quiet():
        config = _config(place, name)
        _check_attention(config, name, wanted.attention)
        tokenizer = read_tokenizer(place, name)
        model = _model(place, name, config, wanted, device)
    return Read(place, model, tokenizer)


def checked_device(device: str) -> str:
    """A device that is there; `auto` is a GPU where one is.

    Raises:
        ConfigError: it is a GPU, and none is visible.
    """
    if device.startswith("cuda") and not torch.cuda.is_available():
        built = "no GPU is visible" if torch.version.cuda else "this torch is built without CUDA"
        raise ConfigError(f"the device is to be cuda, and {built}: set it to cpu, or install a torch that sees the GPU")
    return ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device


@contextmanager
def quiet() -> Iterator[None]:
    """No progress bars and warnings of the library's: what matters of them is an error of ours."""
    logging = _library.utils.logging
    bars = logging.is_progress_bar_enabled()
    level = logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()


def _from(place: Place) -> dict[str, Any]:
    settings: dict[str, Any] = {"trust_remote_code": False, "local_files_only": True}
    if place.gguf:
        settings["gguf_file"] = place.gguf
    return settings


@contextmanager
def _gguf(place: Place, name: str) -> Iterator[None]:
    """Failures of the GGUF reader as errors of ours."""
    if not place.gguf:
        yield
        return
    try:
        yield
    except ImportError as error:
        reason = one_line(str(error), 160)
        raise ConfigError(f"{name} is GGUF, and what reads it is not installed ({reason}): pip install gguf") from None
    except (ValueError, KeyError, IndexError, struct.error, OverflowError, NotImplementedError, OSError) as error:
        if is_out_of_memory(error):
            raise
        reason = one_line(str(error), 160)
        raise DamagedInput(f"{name} cannot be read as GGUF ({reason}): copy it again, or use its safetensors") from None


def _config(place: Place, name: str) -> Any:
    try:
        with _gguf(place, name):
            config = _library.AutoConfig.from_pretrained(place.folder, **_from(place))
    except (StrictDataclassError, ValueError, TypeError, KeyError, AttributeError) as error:
        reason = one_line(str(error), 160)
        raise DamagedInput(f"config.json of {name} is no config of its model_type ({reason}): copy it again") from None
    written = getattr(config, "architectures", None) or []
    causal = type(config) in _library.MODEL_FOR_CAUSAL_LM_MAPPING and not config.is_encoder_decoder
    if not causal or (written and not any(_speaks(architecture) for architecture in written)):
        kind = written[0] if written else config.model_type
        raise ConfigError(f"{name} is no causal language model ({kind}): choose one that writes text")
    return config


def _check_attention(config: Any, name: str, attention: str) -> None:
    if attention == "auto":
        return
    try:
        with torch.device("meta"):
            _library.AutoModelForCausalLM.from_config(deepcopy(config), attn_implementation=attention)
    except (ImportError, ValueError) as error:
        reason = one_line(str(error), 200)
        raise ConfigError(f"{name} has no attention of the form {attention} here ({reason}): set it to auto") from None


def _speaks(architecture: str) -> bool:
    return architecture.endswith(("ForCausalLM", "LMHeadModel", "ForConditionalGeneration", "LMModel"))


def read_tokenizer(place: Place, name: str) -> Any:
    """The tokenizer at a place.

    Raises:
        InputMissing: there is none that can be read.
        ConfigError: it needs a library that is not installed.
    """
    try:
        with _gguf(place, name):
            return _library.AutoTokenizer.from_pretrained(place.folder, **_from(place))
    except ImportError as error:
        reason = one_line(str(error), 160)
        raise ConfigError(f"the tokenizer of {name} needs a library that is not installed ({reason})") from None
    except (ValueError, TypeError, KeyError, AttributeError, OSError) as error:
        reason = one_line(str(error), 160)
        raise InputMissing(f"the tokenizer of {name} cannot be read ({reason}): copy its files again") from None


def _model(place: Place, name: str, config: Any, wanted: Wanted, device: str) -> Any:
    from safetensors import SafetensorError

    chosen = wanted.dtype if wanted.dtype != "auto" or not place.gguf else "float32"
    attention = {} if wanted.attention == "auto" else {"attn_implementation": wanted.attention}
    try:
        with _gguf(place, name):
            model, report = _library.AutoModelForCausalLM.from_pretrained(
                place.folder,
                config=config,
                dtype=chosen,
                use_safetensors=True,
                output_loading_info=True,
                **attention,
                **_from(place),
            )
        model = model.to(device)
    except SafetensorError as error:
        raise DamagedInput(f"weights of {name} are damaged ({one_line(str(error), 120)}): copy them again") from None
    except (RuntimeError, MemoryError) as error:
        if is_out_of_memory(error):
            raise ConfigError(
                f"the weights of {name} do not fit into memory: {wanted.smaller}, or choose a smaller model"
            ) from None
        if "size mismatch" in str(error) or "mismatched" in str(error):
            raise DamagedInput(f"the weights of {name} do not fit its config.json: take both from one place") from None
        raise
    lacking = sorted(report["missing_keys"]) if isinstance(report, dict) else []
    if lacking:
        raise DamagedInput(
            f"{name} lacks {len(lacking)} of its weights ({lacking[0]}), which would be random: "
            "look whether it is a causal language model, and copied whole"
        )
    return model
