"""Bad parameters and bad data, with words of the sentence that refuses them."""

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.datasets import load_diabetes, load_iris
from sklearn.preprocessing import scale

from sgnn.penalties import GroupLasso

IRIS_X, IRIS_Y = scale(load_iris().data), load_iris().target
DIABETES_X, DIABETES_Y = scale(load_diabetes().data[:150]), scale(load_diabetes().target[:150])
NAMES = np.array(["setosa", "versicolor", "virginica"])
NAN, INF = float("nan"), float("inf")

# Parameters of the estimators: name, bad values
BAD_PARAMETERS = {
    "hidden_layer_sizes": [
        *(0, -1, 2.5, "10", None, (0,), (3, -1), (2.5,), [[3]], ("a",), (None,)),
        np.array(5),
    ],
    "activation": ["relu6", None, 3],
    "penalty": [3, [3], ["l1", 7], GroupLasso, "", {"l1": 1}],
    "alpha": [-1, -1e-9, NAN, INF, "big", None, [0.1]],
    "l2": [-0.1, NAN, INF, None, "1"],
    "refit": ["yes", None, 2],
    "feature_groups": [
        *("ab", 3, {0: 1}, [0, 1], ["ab"], [[0], [0]], [[1, 1]], [[99]], [[-1]], [["x"]]),
        *([[0.5]], [[None]], [None]),
    ],
    "solver": ["newton", None, 1],
    "batch_size": [0, -5, 1.5, "all", None],
    "learning_rate": ["linear", None, 0.1],
    "learning_rate_init": [0, -1, NAN, INF, "x", None],
    "max_iter": [0, -1, 1.5, INF, None],
    "max_fun": [0, -1, 1.5, INF, None],
    "checkpoint": [3, 1.5, True],
    "shuffle": ["no", None, 3],
    "random_state": ["a", -1, 1.5],
    "tol": [-1, NAN, INF, None, "x"],
    "n_iter_no_change": [0, -1, 2.5, NAN, None, "x"],
    "momentum": [1, 1.5, -0.1, NAN, None, "x"],
    "nesterovs_momentum": ["yes", None, 3],
    "early_stopping": ["yes", None, 3],
    "validation_fraction": [0, 1, 1.5, -0.1, NAN, None],
    "input_dropout": [1, 1.5, -0.1, NAN, None],
    "warm_start": ["yes", None, 3],
    "verbose": ["yes", None, -1],
    "device": ["nonsense", "", "cuda:99", "meta", None, 3],
    "dtype": ["float16", "int64", int, np.int64, 32],
    "n_threads": [0, -1, 1.5, "all"],
    "data_parallel": ["yes", None, 3],
}
BAD_CLASS_WEIGHTS = [
    *("heavy", 3, [0.5, 0.5], {0: -1.0}, {0: NAN}, {0: INF}, {0: "a"}, {0: 0, 1: 0, 2: 0}),
    {"setosa": 2.0},
]


def with_value(array, value):
    array = np.array(array, dtype=float)
    array[3, 1] = value
    return array


BAD_X = {
    "nan": (with_value(IRIS_X, NAN), "X contains NaN"),
    "inf": (with_value(IRIS_X, INF), "X contains infinity"),
    "sparse nan": (sparse.csr_array(with_value(IRIS_X, NAN)), "X contains NaN"),
    "frame nan": (pd.DataFrame(with_value(IRIS_X, NAN)), "X contains NaN"),
    "no samples": (IRIS_X[:0], "0 sample|inconsistent numbers of samples"),
    "no features": (IRIS_X[:, :0], "0 feature"),
    "1-D": (IRIS_X[:, 0], "Expected 2D array"),
    "3-D": (IRIS_X[:, :, None], "dim 3|3 dim"),
    "scalar": (3.0, "2D array|Singleton|scalar"),
    "strings": (np.full((150, 4), "a"), "could not convert string"),
    "too few": (IRIS_X[:100], "inconsistent numbers of samples"),
    "complex": (IRIS_X + 1j, "[Cc]omplex"),
    "none": (None, "NoneType|2D array|scalar"),
}
BAD_CLASSES = {
    "nan": (np.where(IRIS_Y == 0, NAN, IRIS_Y), "y contains NaN|NaN"),
    "none": (None, "y"),
    "one class": (np.zeros(150, dtype=int), "one class"),
    "continuous": (IRIS_X[:, 0], "Unknown label type|continuous"),
    "multiclass-multioutput": (np.c_[IRIS_Y, IRIS_Y], "multiclass-multioutput"),
    "too few": (IRIS_Y[:100], "inconsistent numbers of samples"),
    "3-D": (np.zeros((150, 2, 2)), "dim|shape|label type|Unknown"),
}
BAD_TARGETS = {
    "nan": (np.where(DIABETES_Y > 1, NAN, DIABETES_Y), "y contains NaN"),
    "inf": (np.where(DIABETES_Y > 1, INF, DIABETES_Y), "y contains infinity"),
    "none": (None, "y"),
    "strings": (np.full(150, "a"), "could not convert string"),
    "too few": (DIABETES_Y[:100], "inconsistent numbers of samples"),
    "3-D": (np.zeros((150, 2, 2)), "dim"),
}
BAD_WEIGHTS = {
    "negative": (np.r_[-1.0, np.ones(149)], "[Nn]egative.*sample_weight"),
    "all zero": (np.zeros(150), "[Ss]ample weights?.*zero|sample_weight.*zero"),
    "too few": (np.ones(100), "sample_weight"),
    "2-D": (np.ones((150, 2)), "[Ss]ample weights?|sample_weight"),
    "nan": (np.full(150, NAN), "sample_weight.*NaN"),
    "inf": (np.full(150, INF), "sample_weight.*infinity"),
    "strings": (["a"] * 150, "could not convert string"),
}
