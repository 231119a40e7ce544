"""Moments of targets: those of scikit-learn's scaler, also in parts."""

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from sgnn.estimators.moments import Moments

RNG = np.random.default_rng(0)
WEIGHTS = RNG.integers(0, 3, 60).astype(float)


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["alike", "weighted"])
@pytest.mark.parametrize("n_outputs", [1, 3])
def test_moments_of_all_are_those_of_a_standard_scaler_and_merge(n_outputs, weights):
    targets = 1e3 + RNG.normal(size=(60, n_outputs)) * [1.0, 1e-3, 1e3][:n_outputs]
    scaler = StandardScaler().fit(targets, sample_weight=weights)
    parts = [slice(0, 1), slice(1, 7), slice(7, 60)]
    of_parts = [Moments.of(targets[p], None if weights is None else weights[p]) for p in parts]
    together = of_parts[0]
    for other in of_parts[1:]:
        together = together.merged(other)
    for moments in (Moments.of(targets, weights), together):
        np.testing.assert_allclose(moments.mean, scaler.mean_, rtol=1e-12)
        np.testing.assert_allclose(moments.variance, scaler.var_, rtol=1e-9)
        assert moments.weight == (60 if weights is None else weights.sum())
        assert moments.n_samples == (60 if weights is None else np.count_nonzero(weights))


def test_moments_of_single_precision_are_computed_in_double():
    targets = np.full(10**5, 1e3, dtype=np.float32)
    targets[::2] += 1
    moments = Moments.of(targets, None)
    assert moments.mean == pytest.approx(1000.5, rel=1e-12)
    assert moments.variance == pytest.approx(0.25, rel=1e-9)


@pytest.mark.parametrize("factor", [1e160, 1e-170])
def test_targets_whose_squares_are_no_numbers_are_refused(factor):
    with pytest.raises(ValueError, match=r"y (reaches|varies by).*too (much|little) to square"):
        Moments.of(factor * RNG.normal(size=20), None)
