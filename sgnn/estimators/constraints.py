"""Types and ranges of the parameters of estimators and of paths."""

from numbers import Integral, Real

import numpy as np
from sklearn.utils._param_validation import Interval, Options, StrOptions

from sgnn.penalties import Penalty

PATH_CONSTRAINTS = {
    "alphas": [Interval(Integral, 2, None, closed="left"), "array-like"],
    "max_iter": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
}

CONSTRAINTS = {
    "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
    "activation": [str],
    "penalty": [str, Penalty, list, tuple, None],
    "alpha": [Interval(Real, 0, None, closed="left"), StrOptions({"auto"})],
    "l2": [Interval(Real, 0, None, closed="left")],
    "refit": ["boolean"],
    "feature_groups": [list, tuple, None],
    "solver": [str],
    "batch_size": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
    "learning_rate": [StrOptions({"constant", "cosine", "adaptive"})],
    "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
    "max_iter": [Interval(Integral, 1, None, closed="left")],
    "shuffle": ["boolean"],
    "random_state": ["random_state"],
    "tol": [Interval(Real, 0, None, closed="left")],
    "n_iter_no_change": [
        Interval(Integral, 1, None, closed="left"),
        Options(Real, {np.inf}),
    ],
    "momentum": [Interval(Real, 0, 1, closed="left")],
    "nesterovs_momentum": ["boolean"],
    "early_stopping": ["boolean"],
    "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
    "warm_start": ["boolean"],
    "verbose": ["verbose"],
    "device": [str],
    "n_threads": [Interval(Integral, 1, None, closed="left"), None],
}
