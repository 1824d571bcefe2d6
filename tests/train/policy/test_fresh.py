from pathlib import Path

import pytest
from pydantic import ValidationError

from mathmill.train.policy.fresh import FreshModel, fresh_model
from mathmill.train.policy.vocabulary import make_tokenizer

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

SHAPE = FreshModel(width=32, layers=2, heads=4, key_heads=2, context=64)
TOKENIZER = make_tokenizer(["Let $x = 1$ and $y = 2$."] * 3, 300, 64)


def test_a_seed_decides_all_weights_and_nothing_else() -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    models = [fresh_model(SHAPE, TOKENIZER, seed) for seed in (7, 7, 8)]
    assert torch.equal(torch.get_rng_state(), before)
    first, same, other = (model.state_dict() for model in models)
    assert all(torch.equal(first[name], same[name]) for name in first)
    assert not torch.equal(first["model.embed_tokens.weight"], other["model.embed_tokens.weight"])


def test_it_is_of_the_shape_that_was_asked_for_and_begins_unsure() -> None:
    model = fresh_model(SHAPE, TOKENIZER, 0)
    assert model.lm_head.weight is model.model.embed_tokens.weight
    assert tuple(model.lm_head.weight.shape) == (len(TOKENIZER), 32)
    ids = torch.tensor([TOKENIZER.encode("Let $x = 1$", add_special_tokens=False)])
    loss = model(input_ids=ids, labels=ids).loss.item()
    assert loss == pytest.approx(torch.log(torch.tensor(float(len(TOKENIZER)))).item(), rel=0.05)
    assert model.generation_config.eos_token_id == TOKENIZER.eos_token_id


def test_what_is_saved_is_loaded_again(tmp_path: Path) -> None:
    model = fresh_model(SHAPE, TOKENIZER, 0)
    model.save_pretrained(tmp_path)
    TOKENIZER.save_pretrained(tmp_path)
    again = transformers.AutoModelForCausalLM.from_pretrained(tmp_path, local_files_only=True)
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path, local_files_only=True)
    assert all(torch.equal(value, again.state_dict()[name]) for name, value in model.state_dict().items())
    assert tokenizer.chat_template == TOKENIZER.chat_template
    assert tokenizer.encode("x = 12", add_special_tokens=False) == TOKENIZER.encode("x = 12", add_special_tokens=False)


@pytest.mark.parametrize(
    ("shape", "message"),
    [({"width": 30, "heads": 4}, "4 heads"), ({"width": 12, "heads": 4}, "even"), ({"key_heads": 3}, "evenly")],
)
def test_a_shape_that_does_not_fit_is_refused(shape: dict[str, int], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        FreshModel.model_validate(shape)
