"""Those who hear of epochs."""

import numpy as np
import pytest

from sgnn import SparseMLPClassifier
from sgnn.training.fit import minimise
from sgnn.training.listeners import Silent, Until
from tests.training.prepared import prepared

X = np.random.default_rng(0).standard_normal((300, 4))
Y = (X[:, 0] > 0).astype(int)


@pytest.mark.parametrize("loss", [0.4, 0.2, 0.0])
def test_training_ends_after_the_first_epoch_that_is_good_enough(loss):
    model = SparseMLPClassifier((10,), penalty=None, max_iter=60)
    whole, until = (
        minimise(*prepared(model, X, Y), listener).histories[0].loss
        for listener in (Silent(), Until(loss))
    )
    n_worse = np.argmax(np.array([*whole, -1]) <= loss)
    assert until == whole[: n_worse + 1]
    assert (len(until) < len(whole)) == (loss > 0)
