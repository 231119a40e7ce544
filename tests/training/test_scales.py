"""Natural scales, and the number of samples that counts."""

from dataclasses import replace

import numpy as np
import pytest

from sgnn.estimators.moments import n_effective
from sgnn.networks.network import Network
from sgnn.training.scales import Scales


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        (None, 6),
        ([1, 1, 1, 1, 1, 1], 6),
        ([2, 1, 3, 1, 1, 0.5], 8.5),
        ([2, 0, 3, 1, 0, 0], 6),
        ([1e-3, 1e-3, 0, 1e-3, 1e-3, 1e-9], 5),
        ([0.5, 0.1, 0, 0, 0, 0], 2),
    ],
)
def test_weights_count_as_samples_but_never_as_less_than_one_each(weights, expected):
    weights = None if weights is None else np.array(weights, dtype=float)
    assert n_effective(6, weights) == pytest.approx(expected, rel=1e-12)


def forward(weights, biases, activate):
    """Return the output of a chain of single units for the input 1."""
    value = 1.0
    for layer, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        value = value * weight + bias
        if layer < len(weights) - 1:
            value = activate(value)
    return value


@pytest.mark.parametrize("n_layers", [1, 2, 4])
@pytest.mark.parametrize(("activate", "homogeneous"), [(abs, True), (np.tanh, False)])
def test_parameters_in_their_units_give_outputs_in_theirs(activate, homogeneous, n_layers):
    rng = np.random.default_rng(0)
    weights, biases = rng.normal(size=(2, n_layers))
    scales = Scales.of_targets(50.0, n_layers, homogeneous, loss=2500.0)
    scaled = forward(weights * scales.weights, biases * scales.biases, activate)
    assert scaled == pytest.approx(50 * forward(weights, biases, activate), rel=1e-12)
    if homogeneous:
        assert len(set(scales.weights)) == 1


@pytest.mark.parametrize("n_outputs", [1, 3])
def test_the_inverse_undoes_what_a_network_is_multiplied_by_and_shifted(n_outputs):
    rng = np.random.default_rng(0)
    sizes = [(4, 5), (5, n_outputs)]
    coefs = [rng.normal(size=size) for size in sizes]
    network = Network.whole(coefs, [rng.normal(size=n) for _, n in sizes], "tanh")
    factors, shift = rng.lognormal(size=n_outputs), rng.normal(size=n_outputs)
    scales = Scales.of_targets(7.0, 2, homogeneous=False, loss=49.0).with_outputs(factors)
    scales = replace(scales, shift=shift)
    told = network.times(scales)
    X = rng.normal(size=(6, 4))
    np.testing.assert_allclose(told.forward(X), 7 * factors * network.forward(X) + shift)
    np.testing.assert_allclose(told.times(scales.inverse).forward(X), network.forward(X))
