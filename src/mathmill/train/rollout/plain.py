"""One more token a row, of a plain decoder, with less around its products than transformers has.

Of a small model, or on a GPU, most of the time that a token takes is not spent on arithmetic: each block is some forty
operations, each called through several layers of Python, and a mask is built anew for each token. Here a block is
about sixteen: queries, keys and values are one product, and so are the two that a feed-forward begins with; norms are
one call; angles are looked up; and where no row is padded there is no mask.

It serves decoders that are Llama's with little changed, by name, whose weights are float32, and only where a probe of
each engine finds that it gives the model's own logits. All others, and every prompt, go through the model itself.
Products that are one here are copies of the weights, made anew for each exploration; so are those that an adapter
changes, and those that are cast. In bfloat16 it does what autocast has the model do: products and attention in
bfloat16, the rest in float32. An adapter is then left to the model, for its changes would be lost in rounding.

This file imports torch at its head. Only functions import it.

Shapes: R rows, H hidden size, Q heads of queries, K heads of keys, W width of a head, P positions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers.cache_utils import DynamicCache

from mathmill.eval.models import cache as layout
from mathmill.eval.models.decode import Network
from mathmill.train.policy.head import Parts, parts_of

_KNOWN = ("llama", "mistral", "qwen2", "qwen3", "gemma", "gemma3_text")
_ANGLES = ("default", "linear", "llama3", "yarn")  # that hang on the position alone
_ATTENTION = ("sdpa", "eager")
_PROBED = 12  # tokens of a prompt
_CLOSE = 1e-4  # of the largest logit

Norm = Callable[[Tensor], Tensor]


class _NotPlain(Exception):
    """A part of the model is not what this file knows."""


#: Makes a step with the weights as they are now, for rows of at most so many tokens.
MakeStep = Callable[[int], "PlainStep"]


def plain_steps(causal: Any, computed_in: torch.dtype) -> MakeStep | None:
    """What makes steps for this model, which is in eval mode, or None where it has to make them itself."""
    config = causal.config
    if config.model_type not in _KNOWN or config._attn_implementation not in _ATTENTION:
        return None
    parts = parts_of(causal)
    if parts is None or not hasattr(parts.decoder, "rotary_emb"):
        return None
    try:
        make = partial(PlainStep, causal, parts, computed_in)
        make(1)
        exact = PlainStep(causal, parts, torch.float32, _PROBED + 2)
    except _NotPlain:
        return None
    return make if _agrees(Network(causal), exact) else None


class PlainStep:
    """A `Network.step` of a model with the weights that it had when this was made."""

    @torch.inference_mode()
    def __init__(self, causal: Any, parts: Parts, computed_in: torch.dtype, positions: int) -> None:
        decoder: Any = parts.decoder
        self._embed = causal.get_input_embeddings()
        self._softcap, self._scale = parts.softcap, parts.scale
        self._head = _Product.of(computed_in, parts.head)
        self._norm = _norm(decoder.norm)
        kinds = _kinds(decoder)
        like = torch.zeros(1, device=causal.device)
        self._tables = {kind: _table(decoder, kind, positions, like) for kind in set(kinds)}
        layers = decoder.layers[: decoder.config.num_hidden_layers]
        self._blocks = [_Block.of(layer, kind, computed_in) for layer, kind in zip(layers, kinds, strict=True)]
        width = next(iter(self._tables.values()))[0].shape[-1]
        if any(block.width != width for block in self._blocks):
            raise _NotPlain

    @torch.inference_mode()
    def __call__(self, tokens: Tensor, positions: Tensor, mask: Tensor | None, cache: DynamicCache) -> Tensor:
        """Logits after `tokens` [R, 1], [R, vocabulary]; `mask` is None where every column of every row counts."""
        hidden = self._embed(tokens)[:, 0]
        at = positions[:, 0]
        angles = {kind: (cos[at], sin[at]) for kind, (cos, sin) in self._tables.items()}
        shade = None
        if mask is not None:
            shade = torch.zeros(mask.shape, dtype=self._head.weight.dtype, device=hidden.device)
            shade = shade.masked_fill_(mask == 0, float("-inf"))[:, None, None]
        for block, past in zip(self._blocks, cache.layers, strict=True):
            hidden = block(hidden, *angles[block.kind], shade, past)
        logits = self._head(self._norm(hidden)).float()
        if self._scale != 1:
            logits = logits * self._scale
        return logits if self._softcap is None else self._softcap * torch.tanh(logits / self._softcap)


@dataclass(frozen=True, slots=True)
class _Product:
    """One matrix, made of those of several modules that read the same."""

    weight: Tensor
    bias: Tensor | None

    @classmethod
    def of(cls, computed_in: torch.dtype, *modules: Any) -> _Product:
        weights, biases = zip(*(_matrix(module, computed_in) for module in modules), strict=True)
        if len(modules) == 1:
            return cls(weights[0], biases[0])
        if len({bias is None for bias in biases}) > 1:
            raise _NotPlain
        return cls(torch.cat(weights), None if biases[0] is None else torch.cat(biases))

    def __call__(self, states: Tensor) -> Tensor:
        return functional.linear(states.to(self.weight.dtype), self.weight, self.bias)


@dataclass(frozen=True, slots=True)
class _Block:
    """Attention and feed-forward of one layer."""

    kind: str | None
    before: Norm
    read: _Product  # queries, keys, values
    norms: tuple[Norm, Norm] | None  # of queries and of keys
    heads: int
    key_heads: int
    width: int
    scale: float
    out: _Product
    after: Norm | None
    before_inner: Norm
    widen: _Product
    act: Callable[[Tensor], Tensor]
    narrow: _Product
    after_inner: Norm | None

    @classmethod
    def of(cls, layer: Any, kind: str | None, computed_in: torch.dtype) -> _Block:
        attention, inner = layer.self_attn, layer.mlp
        if getattr(attention, "attn_logit_softcapping", None) is not None:
            raise _NotPlain
        read = _Product.of(computed_in, attention.q_proj, attention.k_proj, attention.v_proj)
        width = attention.head_dim
        key_heads = attention.k_proj.out_features // width
        norms = (_norm(attention.q_norm), _norm(attention.k_norm)) if hasattr(attention, "q_norm") else None
        after, before_inner, after_inner = None, layer.post_attention_layernorm, None
        if hasattr(layer, "pre_feedforward_layernorm"):
            after, before_inner = _norm(layer.post_attention_layernorm), layer.pre_feedforward_layernorm
            after_inner = _norm(layer.post_feedforward_layernorm)
        return cls(
            kind=kind,
            before=_norm(layer.input_layernorm),
            read=read,
            norms=norms,
            heads=len(read.weight) // width - 2 * key_heads,
            key_heads=key_heads,
            width=width,
            scale=attention.scaling,
            out=_Product.of(computed_in, attention.o_proj),
            after=after,
            before_inner=_norm(before_inner),
            widen=_Product.of(computed_in, inner.gate_proj, inner.up_proj),
            act=inner.act_fn,
            narrow=_Product.of(computed_in, inner.down_proj),
            after_inner=after_inner,
        )

    def __call__(self, hidden: Tensor, cos: Tensor, sin: Tensor, shade: Tensor | None, past: Any) -> Tensor:
        """`hidden` [R, H] after this layer; `cos` and `sin` are [R, 1, W], `shade` [R, 1, 1, columns]."""
        said = self._attend(self.read(self.before(hidden)), cos, sin, shade, past)
        said = self.out(said)
        hidden = hidden + (said if self.after is None else self.after(said))
        gate, up = self.widen(self.before_inner(hidden)).chunk(2, -1)
        made = self.narrow(self.act(gate) * up)
        return hidden + (made if self.after_inner is None else self.after_inner(made))

    def _attend(self, made: Tensor, cos: Tensor, sin: Tensor, shade: Tensor | None, past: Any) -> Tensor:
        rows, heads, key_heads = len(made), self.heads, self.key_heads
        made = made.view(rows, heads + 2 * key_heads, self.width)
        turned = made[:, : heads + key_heads].float()
        if self.norms is not None:
            turned = torch.cat((self.norms[0](turned[:, :heads]), self.norms[1](turned[:, heads:])), 1)
        # The sines of the first half are negative, so that halves that change places are all that turning takes.
        turned = torch.addcmul(turned * cos, turned.roll(self.width // 2, -1), sin)
        keys, values = past.update(turned[:, heads:, None], made[:, heads + key_heads :, None])
        if shade is not None:
            shade = shade[..., -keys.shape[2] :]
        # Queries that share a head of keys are rows of one small product, and nothing is repeated.
        queries = turned[:, :heads].reshape(rows, key_heads, heads // key_heads, self.width).to(keys.dtype)
        said = functional.scaled_dot_product_attention(queries, keys, values, attn_mask=shade, scale=self.scale)
        return said.reshape(rows, heads * self.width)


class _RmsNorm:
    """A norm of transformers in one call."""

    def __init__(self, weight: Tensor, eps: float) -> None:
        self._weight, self._eps, self._shape = weight, eps, tuple(weight.shape)

    def __call__(self, states: Tensor) -> Tensor:
        return functional.rms_norm(states, self._shape, self._weight, self._eps)


def _norm(module: Any) -> Norm:
    weight, eps = getattr(module, "weight", None), getattr(module, "variance_epsilon", getattr(module, "eps", None))
    if isinstance(weight, Tensor) and isinstance(eps, float):
        some = torch.linspace(-2, 3, weight.numel(), device=weight.device, dtype=weight.dtype)
        own = module(some)
        for each in (weight, 1 + weight):
            norm = _RmsNorm(each, eps)
            if torch.allclose(norm(some), own, rtol=1e-5, atol=1e-6):
                return norm
    found: Norm = module
    return found


def _matrix(module: Any, computed_in: torch.dtype) -> tuple[Tensor, Tensor | None]:
    """The matrix that a module applies, with what the adapters that speak add to it, and the bias."""
    base = getattr(module, "base_layer", module)
    if type(base) is not nn.Linear or type(base.weight) is not nn.Parameter or base.weight.dtype != torch.float32:
        raise _NotPlain
    weight: Tensor = base.weight
    if base is not module and not module.disable_adapters and not module.merged:
        for name in module.active_adapters:
            if name in module.scaling and computed_in != torch.float32:
                raise _NotPlain
            if name in module.scaling:
                weight = weight + module.get_delta_weight(name)
    return weight.to(computed_in), None if base.bias is None else base.bias.to(computed_in)


def _kinds(decoder: Any) -> list[str | None]:
    """Of each layer, which angles are its own: None where all have the same."""
    count = decoder.config.num_hidden_layers
    if not isinstance(decoder.rotary_emb.rope_type, dict):
        return [None] * count
    return list(decoder.config.layer_types[:count])


def _table(decoder: Any, kind: str | None, positions: int, like: Tensor) -> tuple[Tensor, Tensor]:
    """Cosines and sines of all positions [P, 1, W], the sines of the first half negative."""
    rotary = decoder.rotary_emb
    if (rotary.rope_type if kind is None else rotary.rope_type[kind]) not in _ANGLES:
        raise _NotPlain
    every = torch.arange(positions, device=like.device)[None]
    cos, sin = rotary(like, every) if kind is None else rotary(like, every, kind)
    half = cos.shape[-1] // 2
    return cos[0][:, None], torch.cat((-sin[0, :, :half], sin[0, :, half:]), -1)[:, None]


@torch.inference_mode()
def _agrees(network: Network, step: PlainStep) -> bool:
    """Whether two tokens after two prompts, one of them padded, are to the step what they are to the model."""
    if network.windows is None:
        return False
    size = network.model.get_input_embeddings().num_embeddings
    tokens = torch.arange(2 * (_PROBED + 2), device=network.device).mul_(7).remainder_(size).view(2, -1)
    mask = torch.ones_like(tokens)
    mask[1, :5] = 0
    positions = (mask.cumsum(1) - 1).clamp_(min=0)
    found = []
    for plain in (False, True):
        cache = layout.new_cache(network.windows, _PROBED + 2)
        network(tokens[:, :_PROBED], positions[:, :_PROBED], mask[:, :_PROBED], cache)
        for at in range(_PROBED, _PROBED + 2):
            given = (tokens[:, at : at + 1], positions[:, at : at + 1], mask[:, : at + 1], cache)
            found.append(step(*given) if plain else network(*given))
    own, ours = torch.stack(found[:2]), torch.stack(found[2:])
    return torch.allclose(own, ours, rtol=0, atol=_CLOSE * float(own.abs().max()))
