import pytest

from mathmill.pipeline.plan.spread import half_width, student


@pytest.mark.parametrize(
    ("degrees", "point"), [(1, 12.706), (2, 4.303), (10, 2.228), (11, 2.201), (20, 2.086), (100, 1.984)]
)
def test_points_of_student(degrees: int, point: float) -> None:
    assert student(degrees) == pytest.approx(point, abs=0.003)


@pytest.mark.parametrize(
    ("values", "weights", "half"),
    [
        ([2.0, 4.0, 6.0], [1.0, 2.0, 3.0], 0.0),  # the same for each page
        ([1.0, 3.0], [1.0, 1.0], 12.706 / 2),  # deviations of 1: error 1, of a ratio of 2
        ([1.0, 3.0, 1.0, 3.0], [1.0] * 4, 3.182 * (4 / 3 * 4) ** 0.5 / 4 / 2),
    ],
)
def test_the_interval_of_a_ratio(values: list[float], weights: list[float], half: float) -> None:
    assert half_width(values, weights) == pytest.approx(half)


@pytest.mark.parametrize(
    ("values", "weights"), [([1.0], [1.0]), ([], []), ([0.0, 0.0], [1.0, 1.0]), ([1.0, 1.0], [0, 0])]
)
def test_what_tells_nothing_has_none(values: list[float], weights: list[float]) -> None:
    assert half_width(values, weights) is None
