"""Shapes of one number on ndarrays: as on tensors."""

import numpy as np
import pytest
import torch

from sgnn.penalties import available
from sgnn.penalties._registry import PENALTIES
from tests.penalties.needed import needed
from tests.penalties.outside import show

NEEDED = needed((0, 1))


def shapes():
    """The shapes of all registered penalties that take arrays, each once."""
    pieces = [p for n in available() for p in PENALTIES[n](**NEEDED.get(n, {})).pieces()]
    return list(dict.fromkeys(piece.shape for piece in pieces if piece.shape.takes_arrays))


def numbers(dtype):
    magnitudes = np.concatenate([[0.0, 0.0], np.logspace(-6, 3, 200)])
    return np.concatenate([magnitudes, -magnitudes]).astype(dtype)


def steps(dtype):
    x = numbers(dtype)
    drawn = np.random.RandomState(0).lognormal(0, 3, len(x)).astype(dtype)
    drawn[::7] = 0
    return [0.0, 0.3, 50.0, drawn]


def tensor(value):
    return torch.from_numpy(value) if isinstance(value, np.ndarray) else value


def test_every_shape_of_one_number_takes_arrays():
    pieces = [p for n in available() for p in PENALTIES[n](**NEEDED.get(n, {})).pieces()]
    assert all(piece.shape.takes_arrays for piece in pieces if not piece.shape.by_rows)
    assert len(shapes()) >= 10


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("strength", [0.0, 1e-3, 0.8])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", shapes(), ids=show)
def test_arrays_and_tensors_give_the_same(shape, dtype, strength):
    x, precision = numbers(dtype), np.finfo(dtype).eps
    value = shape.value(x, strength)
    assert value.dtype == dtype
    expected = shape.value(torch.from_numpy(x), strength).numpy()
    np.testing.assert_allclose(value, expected, rtol=8 * precision)
    for step in steps(dtype):
        kept_x, kept_step = x.copy(), np.copy(step)
        found = shape.prox(x, step, strength)
        assert found.dtype == dtype
        assert found.shape == x.shape
        np.testing.assert_array_equal(x, kept_x)
        np.testing.assert_array_equal(step, kept_step)
        given = torch.from_numpy(x), tensor(step)
        expected = shape.prox(*given, strength).numpy()
        np.testing.assert_array_equal(x, kept_x)
        np.testing.assert_array_equal(step, kept_step)
        at_jumps = (found == 0) != (expected == 0)
        assert at_jumps.sum() <= 1
        same = ~at_jumps
        np.testing.assert_allclose(found[same], expected[same], rtol=1e-3, atol=0)
        close = 16 * precision * abs(x[same])
        assert (abs(found[same] - expected[same]) <= close).all()
        assert (found[x == 0] == 0).all()
        if strength == 0:
            np.testing.assert_array_equal(found, x)
        still = np.broadcast_to(step, x.shape) == 0
        np.testing.assert_array_equal(found[still], x[still])
