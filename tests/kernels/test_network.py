"""The compiled forward and backward pass against autograd, finite differences and numpy."""

from itertools import pairwise, product

import numpy as np
import pytest
import torch
from scipy import sparse

from sgnn import kernels
from sgnn.losses import LogLoss, SquaredError
from sgnn.networks.activations import ACTIVATIONS
from sgnn.networks.network import Network
from sgnn.networks.parameters import Parameters
from sgnn.training.compiled import CompiledPerceptron
from sgnn.training.data import Batches
from tests.losses.cases import cases, written
from tests.training.test_backprop import HIDDEN, N_FEATURES, N_OUTPUTS, autograd, make_parameters

pytestmark = pytest.mark.skipif(not kernels.are_built(), reason="the kernels were not compiled")

N_SAMPLES, L2 = 11, 0.3
CLOSE = {"rtol": 1e-12, "atol": 1e-13}

activations = pytest.mark.parametrize("activation", [*kernels.ACTIVATIONS])
every_case = pytest.mark.parametrize("case", cases())


def make_data(case, is_sparse=False, weighted=True, dtype=np.float64, n_outputs=N_OUTPUTS):
    """Return X, targets, and weights of mean 1, one of them 0, as arrays."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N_SAMPLES, N_FEATURES)).astype(dtype)
    if is_sparse:
        X *= rng.random(X.shape) < 0.5
    targets = case.targets(N_SAMPLES, n_outputs)
    if targets.dtype.kind == "f":
        targets = targets.astype(dtype)
    order = case.loss.order(targets)
    targets = targets if order is None else targets[order]
    weights = rng.exponential(size=N_SAMPLES) * (np.arange(N_SAMPLES) != 4)
    return X, targets, weights * (N_SAMPLES / weights.sum()) if weighted else None


def batches_of(X, targets, weights, batch_size=None, shuffle=False):
    return Batches(
        X,
        targets,
        weights,
        batch_size=batch_size or len(targets),
        shuffle=shuffle,
        rng=np.random.RandomState(0),
        device=torch.device("cpu"),
    )


def gradients(parameters, activation, loss, batches, l2=0.0, chunk=None):
    """Return the gradient of each batch."""
    model = CompiledPerceptron(parameters, activation, loss)
    model._chunk = chunk or model._chunk
    return [model.gradient.flat.clone() for _ in model.gradients(batches, l2)]


def predicted(parameters, activation, X):
    """Return the raw outputs that numpy computes."""
    coefs, intercepts = parameters.to_numpy()
    kept = [np.ones(size, dtype=bool) for size in parameters.sizes]
    with kernels.switched_off():
        return Network(coefs, intercepts, kept, activation).forward(X)


def of_autograd(parameters, activation, loss, X, targets, weights, l2=0.0):
    """Return losses and the gradient, flat."""
    X, targets = torch.tensor(X), torch.tensor(targets)
    weights = None if weights is None else torch.tensor(weights, dtype=X.dtype)
    _, losses, pairs = autograd(parameters, activation, loss, X, targets, weights)
    flat = torch.cat([w.ravel() for w, _ in pairs] + [b for _, b in pairs])
    flat[: len(parameters.weights)] += l2 * parameters.weights
    return losses, flat


@every_case
@activations
def test_gradient_equals_autograd(activation, case):
    for hidden, weighted in product(HIDDEN, [False, True]):
        parameters = make_parameters(hidden)
        before = parameters.flat.clone()
        data = make_data(case, weighted=weighted)
        losses, expected = of_autograd(parameters, activation, case.loss, *data, L2)
        batches = batches_of(*data)
        (found,) = gradients(parameters, activation, case.loss, batches, L2)
        torch.testing.assert_close(found, expected, **CLOSE)
        torch.testing.assert_close(batches.losses, losses, rtol=1e-12, atol=1e-12)
        assert torch.equal(parameters.flat, before)


@every_case
@activations
def test_gradient_is_the_slope_of_what_numpy_predicts(activation, case):
    n_outputs = case.n_outputs(1)
    parameters = Parameters((N_FEATURES, 3, n_outputs), torch.float64, torch.device("cpu"))
    parameters.flat.copy_(torch.linspace(-1, 1, len(parameters.flat)).sin())
    X, targets, weights = make_data(case, n_outputs=n_outputs)
    flat, step = parameters.flat, 1e-6

    def objective():
        outputs = predicted(parameters, activation, X)
        losses, _ = written(case.loss, outputs, targets, weights)
        return (weights * losses).mean() + 0.5 * L2 * float(parameters.weights.square().sum())

    (found,) = gradients(parameters, activation, case.loss, batches_of(X, targets, weights), L2)
    for index, value in enumerate(flat.tolist()):
        flat[index] = value + step
        rise = objective()
        flat[index] = value - step
        rise -= objective()
        flat[index] = value
        assert found[index].item() == pytest.approx(rise / (2 * step), rel=1e-5, abs=1e-6)


@every_case
@pytest.mark.parametrize("index_dtype", [np.int32, np.int64])
def test_sparse_inputs_are_as_dense_ones(case, index_dtype):
    for hidden in HIDDEN:
        parameters = make_parameters(hidden)
        X, targets, weights = make_data(case, is_sparse=True)
        rows = sparse.csr_array(X)
        rows.indices, rows.indptr = (
            rows.indices.astype(index_dtype),
            rows.indptr.astype(index_dtype),
        )
        size = None if not case.loss.separable else 4
        found, expected = (
            gradients(
                parameters,
                "tanh",
                case.loss,
                batches_of(given, targets, weights, size, shuffle=True),
            )
            for given in (rows, X)
        )
        torch.testing.assert_close(found, expected, **CLOSE)
        model = CompiledPerceptron(parameters, "tanh", case.loss)
        torch.testing.assert_close(model.forward(rows), model.forward(X), **CLOSE)


@every_case
@pytest.mark.parametrize("shuffle", [False, True])
def test_each_batch_is_that_of_its_samples(case, shuffle):
    """Of an epoch whose last batch is smaller; losses and weights in the order of visits."""
    if not case.loss.separable:
        pytest.skip("A batch holds all samples.")
    parameters = make_parameters((6, 5))
    X, targets, weights = make_data(case)
    order = np.arange(N_SAMPLES)
    if shuffle:
        order = np.random.RandomState(0).permutation(N_SAMPLES)
    batches = batches_of(X, targets, weights, 4, shuffle)
    found = gradients(parameters, "gelu", case.loss, batches)
    assert len(found) == 3
    total = 0.0
    for gradient, start in zip(found, (0, 4, 8), strict=True):
        rows = order[start : start + 4]
        losses, expected = of_autograd(
            parameters, "gelu", case.loss, X[rows], targets[rows], weights[rows]
        )
        torch.testing.assert_close(gradient, expected, **CLOSE)
        part = batches.losses[start : start + 4]
        torch.testing.assert_close(part, losses, rtol=1e-12, atol=1e-12)
        total += (losses.numpy() * weights[rows]).sum()
    assert batches.mean_loss() == pytest.approx(total / N_SAMPLES, rel=1e-12)


@every_case
@activations
@pytest.mark.parametrize("is_sparse", [False, True])
def test_chunks_add_up_to_the_batch(case, activation, is_sparse):
    if not case.loss.separable:
        pytest.skip("A loss without a kernel takes no chunks.")
    for hidden, shuffle in product(HIDDEN, [False, True]):
        parameters = make_parameters(hidden)
        X, *rest = make_data(case, is_sparse)
        X = sparse.csr_array(X) if is_sparse else X
        whole, parts = (batches_of(X, *rest, 10, shuffle) for _ in range(2))
        expected = gradients(parameters, activation, case.loss, whole, L2)
        found = gradients(parameters, activation, case.loss, parts, L2, chunk=4)
        torch.testing.assert_close(found, expected, **CLOSE)
        torch.testing.assert_close(parts.losses, whole.losses, **CLOSE)


def test_a_large_batch_is_taken_in_chunks():
    """Layers of more than a million / 64 weights: 512 rows at once."""
    parameters = Parameters((130, 121, 3), torch.float64, torch.device("cpu"))
    rng = np.random.default_rng(0)
    parameters.flat.copy_(torch.tensor(rng.normal(size=len(parameters.flat)) / 10))
    X, targets = rng.normal(size=(700, 130)), rng.normal(size=(700, 3))
    model = CompiledPerceptron(parameters, "tanh", SquaredError())
    batches = batches_of(X, targets, None)
    for _ in model.gradients(batches, 0.0):
        losses, expected = of_autograd(parameters, "tanh", SquaredError(), X, targets, None)
        torch.testing.assert_close(model.gradient.flat, expected, rtol=1e-11, atol=1e-13)
        torch.testing.assert_close(batches.losses, losses, **CLOSE)
    assert model._pass.n_rows < len(X)


@every_case
def test_the_gradient_over_all_samples_is_with_all_inputs(case):
    parameters = make_parameters((5,))
    X, targets, weights = make_data(case)
    _, expected = of_autograd(parameters, "relu", case.loss, X, targets, weights, L2)
    batches = batches_of(X, targets, weights, 4 if case.loss.separable else None, shuffle=True)
    batches.select_inputs(np.arange(N_FEATURES) % 2 == 0)
    model = CompiledPerceptron(parameters, "relu", case.loss)
    torch.testing.assert_close(model.mean_gradient(batches, L2).flat, expected, **CLOSE)


@every_case
def test_only_selected_inputs_are_read(case):
    kept = np.arange(N_FEATURES) % 2 == 0
    parameters = Parameters((2, 5, N_OUTPUTS), torch.float64, torch.device("cpu"))
    parameters.flat.copy_(torch.linspace(-1, 1, len(parameters.flat), dtype=torch.float64))
    X, targets, weights = make_data(case, is_sparse=True)
    _, expected = of_autograd(parameters, "relu", case.loss, X[:, kept], targets, weights)
    for given in (X, np.asfortranarray(X), sparse.csr_array(X)):
        batches = batches_of(given, targets, weights)
        batches.select_inputs(kept)
        (found,) = gradients(parameters, "relu", case.loss, batches)
        torch.testing.assert_close(found, expected, **CLOSE)


@activations
@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_outputs_are_those_of_numpy(activation, hidden, dtype):
    parameters = make_parameters(hidden, dtype=torch.from_numpy(np.empty(0, dtype)).dtype)
    X = np.random.default_rng(0).normal(size=(50, N_FEATURES)).astype(dtype)
    X *= np.random.default_rng(1).random(X.shape) < 0.6
    expected = predicted(parameters, activation, X)
    model = CompiledPerceptron(parameters, activation, SquaredError())
    for chunk, given in product([None, 7], [X, X[:, ::-1].copy()[:, ::-1], sparse.csr_array(X)]):
        model._chunk = chunk or model._chunk
        atol = 100 * np.finfo(dtype).eps
        np.testing.assert_allclose(model.forward(given).t().numpy(), expected, rtol=0, atol=atol)


@every_case
@activations
def test_single_precision_agrees_with_autograd_in_double(activation, case):
    single, double = make_parameters((6, 5), dtype=torch.float32), make_parameters((6, 5))
    double.flat.copy_(single.flat)
    X, targets, weights = make_data(case, dtype=np.float32)
    wide = targets.astype(np.float64) if targets.dtype.kind == "f" else targets
    losses, expected = of_autograd(
        double, activation, case.loss, X.astype(np.float64), wide, weights, L2
    )
    batches = batches_of(X, targets, weights)
    (found,) = gradients(single, activation, case.loss, batches, L2)
    atol = 1e-6 * float(expected.abs().max())
    torch.testing.assert_close(found.double(), expected, rtol=1e-4, atol=atol)
    scale = 1e-6 * float(losses.abs().max())
    torch.testing.assert_close(batches.losses.double(), losses, rtol=1e-5, atol=scale)


@activations
def test_what_is_not_a_number_reaches_the_outputs(activation):
    parameters = make_parameters((6, 5))
    model = CompiledPerceptron(parameters, activation, LogLoss())
    X = np.zeros((3, N_FEATURES))
    X[1, 2] = np.nan
    outputs = model.forward(X)
    assert outputs[:, 1].isnan().all()
    assert outputs[:, [0, 2]].isfinite().all()


def test_every_activation_of_the_package_has_a_kernel():
    assert {*kernels.ACTIVATIONS} == {*ACTIVATIONS.names()}


@activations
@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_predictions_are_those_of_numpy(activation, hidden, dtype):
    """Of a network that reads some columns of X, in chunks of 256 rows."""
    rng = np.random.default_rng(0)
    sizes = (N_FEATURES, *hidden, N_OUTPUTS)
    coefs = [rng.normal(size=shape).astype(dtype) for shape in pairwise(sizes)]
    intercepts = [rng.normal(size=n).astype(dtype) for n in sizes[1:]]
    of_inputs = np.isin(np.arange(7), [0, 2, 3, 6])
    all_inputs = np.ones(N_FEATURES, dtype=bool)
    for inputs, n_samples in product((of_inputs, all_inputs), (1, 255, 600)):
        kept = [inputs, *(np.ones(n, dtype=bool) for n in sizes[1:])]
        X = rng.normal(size=(n_samples, len(inputs))).astype(dtype)
        with kernels.switched_off():
            expected = Network(coefs, intercepts, kept, activation).forward(X)
        network = Network([np.asfortranarray(c) for c in coefs], intercepts, kept, activation)
        for given in (X, np.asfortranarray(X), X[::-1].copy()[::-1], sparse.csr_array(X)):
            atol = 100 * np.finfo(dtype).eps
            np.testing.assert_allclose(network.forward(given), expected, rtol=0, atol=atol)
