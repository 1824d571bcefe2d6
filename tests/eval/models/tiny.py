"""Real models of a few thousand weights, each with a tokenizer trained on the spot, written as a user's folder is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

TEXTS = [
    "Q: What is 3 + 4?\nA: It is 7.\n\nQ: What is 12 - 5?\nA: It is 7.\n\n",
    "Problem: a train goes 60 miles in 2 hours.\nSolution: 60 / 2 = 30. The answer is 30.\n\n",
    "Zwölf Äpfel, 三个苹果, двенадцать яблок, π ≈ 3.14 😀 <|im_end|> #### 42\n\n",
]
TEMPLATE = (
    "{% for message in messages %}{% if message.role == 'system' and message.content == 'no' %}"
    "{{ raise_exception('System role not supported') }}{% endif %}"
    "<s>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}assistant\n{% endif %}"
)
VOCABULARY = 400
KINDS = ("llama", "gemma3", "qwen2", "qwen3", "gpt2")


def tokenizer(template: str | None = None) -> Any:
    """Bytes and a few merges; `<s>` before every text; no token for padding."""
    import transformers
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

    library: Any = transformers
    built = Tokenizer(models.BPE())
    built.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    built.decoder = decoders.ByteLevel()
    special = ["<s>", "</s>", "<|im_end|>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    built.train_from_iterator(TEXTS, trainer)
    built.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 0)])
    return library.PreTrainedTokenizerFast(
        tokenizer_object=built, bos_token="<s>", eos_token="</s>", chat_template=template, model_max_length=10**30
    )


def config(kind: str) -> Any:
    """Two layers (four where windows alternate), 32 wide; 512 positions."""
    import transformers

    library: Any = transformers

    # Tied, random weights would have a model repeat its last token.
    common = {"vocab_size": VOCABULARY, "bos_token_id": 0, "eos_token_id": 1, "tie_word_embeddings": False}
    wide = {
        **common,
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 512,
    }
    if kind == "llama":
        return library.LlamaConfig(**wide)
    if kind == "gemma3":
        windows = {"sliding_window": 8, "layer_types": ["sliding_attention", "full_attention"] * 2}
        return library.Gemma3TextConfig(**{**wide, "num_hidden_layers": 4, "head_dim": 8, **windows})
    if kind == "qwen2":
        return library.Qwen2Config(**wide)
    if kind == "qwen3":
        return library.Qwen3Config(**wide, head_dim=8)
    if kind == "gpt2":
        return library.GPT2Config(**common, n_embd=32, n_layer=2, n_head=4, n_positions=512)
    if kind == "rwkv":
        return library.RwkvConfig(**common, hidden_size=32, num_hidden_layers=2, context_length=512)
    assert kind == "mamba"
    return library.MambaConfig(**common, hidden_size=32, num_hidden_layers=2, state_size=8)


def write(folder: Path, kind: str, template: str | None = None) -> Path:
    """A folder that holds a model of this kind with random weights, large enough that its choices are not ties."""
    import torch
    import transformers

    library: Any = transformers
    torch.manual_seed(len(kind))
    model = library.AutoModelForCausalLM.from_config(config(kind))
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.ndim == 2 and "A_log" not in name:
                weight.normal_(0, 0.3)
    model.save_pretrained(folder)
    tokenizer(template).save_pretrained(folder)
    return folder


def write_gguf(path: Path) -> Path:
    """A Llama in one GGUF file, as llama.cpp's converter writes it, with its tokenizer."""
    import json

    import gguf
    import numpy as np

    shape = config("llama")
    built = json.loads(tokenizer().backend_tokenizer.to_str())["model"]
    file: Any = gguf.GGUFWriter(path, "llama")
    file.add_block_count(shape.num_hidden_layers)
    file.add_context_length(shape.max_position_embeddings)
    file.add_embedding_length(shape.hidden_size)
    file.add_feed_forward_length(shape.intermediate_size)
    file.add_head_count(shape.num_attention_heads)
    file.add_head_count_kv(shape.num_key_value_heads)
    file.add_layer_norm_rms_eps(1e-6)
    file.add_rope_dimension_count(8)
    file.add_vocab_size(len(built["vocab"]))
    file.add_tokenizer_model("gpt2")
    file.add_token_list(sorted(built["vocab"], key=built["vocab"].get))
    file.add_token_types([3, 3, 3, *[1] * (len(built["vocab"]) - 3)])  # 3: special
    file.add_token_merges([" ".join(pair) for pair in built["merges"]])
    file.add_bos_token_id(0)
    file.add_eos_token_id(1)
    random = np.random.default_rng(5)
    wide, inner, keys, rows = shape.hidden_size, shape.intermediate_size, 16, len(built["vocab"])
    for name in ("token_embd", "output"):
        file.add_tensor(f"{name}.weight", random.normal(0, 0.3, (rows, wide)).astype(np.float32))
    file.add_tensor("output_norm.weight", np.ones(wide, np.float32))
    for layer in range(shape.num_hidden_layers):
        sizes = {"attn_q": (wide, wide), "attn_k": (keys, wide), "attn_v": (keys, wide), "attn_output": (wide, wide)}
        sizes |= {"ffn_gate": (inner, wide), "ffn_up": (inner, wide), "ffn_down": (wide, inner)}
        for name, size in sizes.items():
            file.add_tensor(f"blk.{layer}.{name}.weight", random.normal(0, 0.3, size).astype(np.float32))
        for name in ("attn_norm", "ffn_norm"):
            file.add_tensor(f"blk.{layer}.{name}.weight", np.ones(wide, np.float32))
    file.write_header_to_file()
    file.write_kv_data_to_file()
    file.write_tensors_to_file()
    file.close()
    return path
