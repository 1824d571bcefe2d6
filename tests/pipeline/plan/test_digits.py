import pytest

from mathmill.pipeline.plan.digits import in_words, rounded


@pytest.mark.parametrize(
    ("value", "half", "told"),
    [
        (1498.0, 0.0, 1500.0),  # three digits at most
        (1498.0, 0.05, 1500.0),
        (1448.0, 0.05, 1450.0),  # ± 72
        (1448.0, 0.09, 1400.0),  # ± 130
        (693.0, 0.59, 700.0),  # ± 409
        (2.45, 0.59, 2.0),
        (0.5421, 0.02, 0.54),
        (17.3, 3.0, 20.0),  # an interval wider than the value leaves a digit
        (0.5421, None, 0.54),
        (1448.0, None, 1400.0),
        (0.0, 0.1, 0.0),
    ],
)
def test_the_interval_decides_the_digits(value: float, half: float | None, told: float) -> None:
    assert rounded(value, half) == told


@pytest.mark.parametrize(
    ("value", "largest", "told"),
    [(0.0000923, 1.85, 0.0), (0.00315, 1.85, 0.003), (0.0144, 693, 0.0), (0.166, 693, 0.2), (40.5, 693, 40.5)],
)
def test_less_than_a_thousandth_of_a_column_is_nothing(value: float, largest: float, told: float) -> None:
    assert rounded(value, 0.0, largest) == told


@pytest.mark.parametrize("half", [0.05, 0.07, 0.1, 0.3, 0.9])
@pytest.mark.parametrize("value", [1.001, 12.345, 987.6, 1498.0, 45678.0, 2.7654e9])
def test_no_figure_has_four_digits_where_it_is_not_sure(value: float, half: float) -> None:
    told = rounded(value, half)
    assert len(f"{told:.15g}".replace(".", "").strip("0")) <= 3
    assert abs(told - value) <= value * half


@pytest.mark.parametrize(
    ("value", "half", "words"),
    [
        (2.7e9, 0.0, "2.7 B"),
        (1547277, 0.0, "1.55 M"),
        (1498, 0.05, "1,500"),
        (0.5421, 0.1, "0.54"),
        (221.3, 0.11, "220"),
    ],
)
def test_words(value: float, half: float, words: str) -> None:
    assert in_words(value, half) == words
