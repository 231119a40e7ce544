"""Matrices that are read by rows, against the arrays that they stand for."""

import numpy as np
import pytest

from sgnn.training.rows import NARROW, Rows

DATA = np.random.RandomState(0).randint(0, 100, (50, 7))
ROWS = [
    slice(None),
    slice(3, 40),
    slice(2, None, 5),
    np.array([4, 0, 4, 30]),
    np.arange(50) % 3 > 0,
]
COLUMNS = [slice(None), np.array([6, 1, 2]), np.arange(7) < 4]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rows", ROWS, ids=str)
@pytest.mark.parametrize("columns", COLUMNS, ids=str)
def test_parts_of_parts_are_those_of_the_array(rows, columns, dtype):
    part, array = Rows(DATA.astype(np.uint8), dtype)[:, columns][rows], DATA[:, columns][rows]
    for again in slice(None), slice(1, 3), np.array([2, 0]):
        found = part[again]
        assert found.shape == array[again].shape
        assert len(found) == len(array[again])
        assert np.asarray(found).dtype == found.dtype == dtype
        np.testing.assert_array_equal(found, array[again])
    np.testing.assert_array_equal(part[:, 1:], array[:, 1:])
    np.testing.assert_array_equal(part.column_ends(), (array.min(axis=0), array.max(axis=0)))


def test_blocks_are_all_rows_a_few_at_a_time(monkeypatch):
    monkeypatch.setattr("sgnn.training.rows.ENTRIES_AT_ONCE", 100)
    rows = Rows(DATA, "float64")
    blocks = list(rows.blocks())
    assert [len(block) for block in blocks] == [14, 14, 14, 8]
    np.testing.assert_array_equal(np.vstack(blocks), DATA)
    np.testing.assert_array_equal(rows.column_ends(), (DATA.min(axis=0), DATA.max(axis=0)))


@pytest.mark.parametrize("weights", [None, np.arange(50.0)])
def test_what_is_read_is_every_row_once_with_its_target_and_weight(weights):
    rows, targets = Rows(DATA, "float64"), 10 * np.arange(50)
    for rng in None, np.random.RandomState(1):
        parts = list(rows.read(8, rng, targets, weights))
        assert [len(X) for X, *_ in parts] == [8] * 6 + [2]
        seen = np.concatenate([of_part for _, of_part, _ in parts]) // 10
        assert sorted(seen) == list(range(50))
        assert (list(seen) == list(range(50))) == (rng is None)
        np.testing.assert_array_equal(np.vstack([X for X, *_ in parts]), DATA[seen])
        if weights is not None:
            np.testing.assert_array_equal(np.concatenate([w for *_, w in parts]), weights[seen])


@pytest.mark.parametrize("dtype", NARROW, ids=str)
def test_the_extremes_of_narrow_numbers_are_numbers_to_train_on(dtype):
    info = np.finfo(dtype) if dtype.kind == "f" else None
    ends = [False, True] if dtype.kind == "b" else [(info or np.iinfo(dtype)).min] * 2
    rows = Rows(np.array([ends], dtype=dtype), "float32")
    np.testing.assert_array_equal(np.asarray(rows), np.array([ends], dtype=dtype).astype("f4"))
    assert np.isfinite(rows).all()
