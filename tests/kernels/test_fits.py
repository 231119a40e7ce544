"""Fits by the kernels are those of the torch loop: pairs of all that a fit may be."""

import numpy as np
import pytest

from sgnn import kernels, sparse_mlp_path
from sgnn.training import compiled
from tests.covering import covering_design, pairs_of
from tests.kernels.fits import FACTORS, LOSS_OF, data_of, estimator_of, is_allowed
from tests.kernels.lockstep import in_lockstep

pytestmark = [
    pytest.mark.skipif(not kernels.are_built(), reason="the kernels were not compiled"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]

ROWS = [{**row, "epochs": 6} for row in covering_design(FACTORS, is_allowed)]


def random_rows():
    """Yield rows at random."""
    rng = np.random.default_rng(0)
    while True:
        row = {name: levels[rng.integers(len(levels))] for name, levels in FACTORS.items()}
        if is_allowed(row):
            yield row


def networks(row):
    """Return the parameters of all networks that a row leads to, and what was told of them."""
    model, (X, y, weights) = estimator_of(row), data_of(row)
    given = {} if weights is None else {"sample_weight": weights}
    if row["call"] == "path":
        path = sparse_mlp_path(model, X, y, alphas=[0.003, 0.03, 0.3], max_iter=4, **given)
        return [path.estimator(index).expand() for index in range(len(path))], []
    if row["call"] == "partial_fit":
        for _ in range(row["epochs"]):
            model.partial_fit(X, y, **given)
    else:
        model.fit(X, y, **given)
    told = [model.objective_curve_, np.ravel(model.n_neurons_curve_), model.n_removed_]
    if row["call"] == "warm_start":
        model.set_params(max_iter=5).fit(X, y, **given)
        told += [model.objective_curve_, np.ravel(model.n_neurons_curve_)]
    return [model.expand()], told


def outcome(row):
    """Return what :func:`networks` does, or the words of a refusal."""
    try:
        return networks(row)
    except ValueError as error:
        return str(error)


def check(row, patch):
    if row["chunks"] == "several":
        patch.setattr(compiled, "_LEAST_CHUNK", 1)
        patch.setattr(compiled, "_SMALL_PRODUCT", 7 * 48)
    if row["dtype"] == "float32":
        with in_lockstep(patch, rtol=1e-5) as counts:
            found = outcome(row)
        assert isinstance(found, str) or sum(counts) > 0
        return found
    found = outcome(row)
    with kernels.switched_off():
        expected = outcome(row)
    if isinstance(expected, str) or isinstance(found, str):
        assert found == expected
        return found
    for one, other in zip(found[0], expected[0], strict=True):
        assert_same_network(one, other, row)
    for one, other in zip(found[1], expected[1], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-12)
    return found


def assert_same_network(found, expected, row):
    (coefs, intercepts), (of_torch, intercepts_of_torch) = found, expected
    if not LOSS_OF[row["loss"]].separable:
        # Cox's loss does not depend on the bias of the output: its gradient is rounding.
        intercepts, intercepts_of_torch = intercepts[:-1], intercepts_of_torch[:-1]
    scale = max(np.abs(coef).max() for coef in of_torch)
    for one, other in zip([*coefs, *intercepts], [*of_torch, *intercepts_of_torch], strict=True):
        np.testing.assert_array_equal(one == 0, other == 0)
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-12 * max(scale, 1e-3))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['penalty']}-{row['loss']}")
def test_kernels_and_torch_agree(row, monkeypatch):
    check(row, monkeypatch)


def test_rows_hold_all_levels_and_pairs():
    """Pairs are missing where no fit has both, such as blocks of inputs under incoming groups."""
    found = set().union(*map(pairs_of, ROWS))
    assert {entry for pair in found for entry in pair if entry[0] in FACTORS} == {
        (name, level) for name, levels in FACTORS.items() for level in levels
    }
    for _, row in zip(range(3000), random_rows(), strict=False):
        assert not [pair for pair in pairs_of(row) if pair not in found]
