"""Digests of fits of all kinds, to see whether a change of the code leaves results bit-equal.

Run it before and after the change, on one machine and with one thread::

    OMP_NUM_THREADS=1 python same_results.py > before.txt
    OMP_NUM_THREADS=1 python same_results.py --compare before.txt

The first prints a line per case: its name, a hash of all that the case has fitted and predicted, to
the last bit, and a few words on the outcome. The second prints the cases that differ, and how many
do not. Names of cases may be given as patterns, such as ``"path/*"``. Only public names are used.
"""

import argparse
import contextlib
import functools
import hashlib
import io
import pickle
import sys
import tempfile
import warnings
from fnmatch import fnmatch

import matplotlib
import numpy as np
import pandas as pd
from scipy import sparse
from sklearn import datasets
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale

import sgnn
from sgnn import (
    SparseMLPClassifier,
    SparseMLPClassifierCV,
    SparseMLPRegressor,
    SparseMLPRegressorCV,
    SparseMLPSelector,
    StabilitySelector,
    display,
    sparse_mlp_path,
)
from sgnn.penalties import (
    CGES,
    L0,
    L1,
    MCP,
    SCAD,
    CappedL1,
    ElasticNet,
    ExclusiveLasso,
    GroupGraph,
    GroupHoyerSquare,
    GroupLasso,
    Hoyer,
    HoyerSquare,
    IntegratedTransformedL1,
    L1MinusL2,
    LHalf,
    LogSum,
    LTwoThirds,
    NeuronLasso,
    SparseGroupLasso,
    TransformedL1,
)

REGRESSION = {"diabetes", "friedman", "many", "outputs", "suppressor"}
SETTINGS = {"hidden_layer_sizes": (12,), "max_iter": 40, "batch_size": 64, "random_state": 0}
FITTED = """alpha_ best_loss_ classes_ coefs_ feature_importances_ feature_names_in_ intercepts_
    kept_units_ loss_curve_ n_features_in_ n_iter_ n_neurons_ n_neurons_curve_ n_removed_
    objective_curve_ selected_features_ sparsity_ support_ validation_loss_curve_
    validation_scores_"""
OF_PATH = """alphas objectives train_scores validation_scores validation_errors sparsities
    n_features n_weights n_multiply_adds n_neurons supports n_iter feature_names importances
    ranking"""
OF_POINT = """alpha objective train_score validation_score validation_error coefs intercepts
    kept"""
OF_SEARCH = "alpha_ alphas_ scores_path_ n_features_path_ best_index_ best_score_ n_iter_"
OF_SELECTOR = """support_ ranking_ n_features_ n_features_to_select_ selection_probabilities_
    error_bound_ n_iter_"""

CASES = {}


# Digests


def digest(thing):
    """Return 16 hexadecimal digits that depend on every bit of something."""
    hasher = hashlib.sha256()
    _feed(hasher, thing)
    return hasher.hexdigest()[:16]


def _feed(hasher, thing):
    if isinstance(thing, dict):
        _feed(hasher, list(thing.items()))
    elif isinstance(thing, list | tuple):
        hasher.update(f"{len(thing)} of".encode())
        for part in thing:
            _feed(hasher, part)
    elif isinstance(thing, pd.DataFrame):
        _feed(hasher, [list(thing.columns), thing.to_numpy()])
    elif sparse.issparse(thing):
        _feed(hasher, [thing.shape, thing.data, thing.indices, thing.indptr])
    elif thing is None or np.asarray(thing).dtype.kind in "OUS":
        text = thing.tolist() if isinstance(thing, np.ndarray) else thing
        hasher.update(repr(text).encode())
    else:
        array = np.asarray(thing)
        hasher.update(f"{array.dtype} {array.shape}".encode() + array.tobytes())


def attributes(thing, names):
    """Return those of some attributes that something has, by name; names are in one string."""
    return {name: getattr(thing, name) for name in names.split() if hasattr(thing, name)}


def of_model(model, X):
    """Return everything that a fitted estimator shows, and its outputs on some data."""
    methods = "predict", "predict_proba", "predict_log_proba", "transform"
    units = "-".join(map(str, model.n_neurons_))
    figure = f"{units} units, loss {model.loss_curve_[-1]:.4f}, {model.n_iter_} epochs"
    return {
        "figure": figure,
        **attributes(model, FITTED),
        **{name: getattr(model, name)(X) for name in methods if hasattr(model, name)},
        "names": model.get_feature_names_out(),
        "summary": model.summary(),
    }


def of_path(path, X, **targets):
    """Return everything that a path shows, and the estimators that meet some targets."""
    last = path[-1]
    return {
        "figure": f"{len(path)} networks, {last.n_features} inputs left at {last.alpha:.3g}",
        **attributes(path, OF_PATH),
        "points": [attributes(point, OF_POINT) for point in path],
        "top": [path.top(n) for n in (3, 5)],
        "summary": path.summary(),
        "repr": repr(path),
        "middle": of_model(path.estimator(len(path) // 2), X),
        **{name: of_model(path.at(**{name: value}), X) for name, value in targets.items()},
    }


def of_search(search, X, y):
    """Return everything that a cross-validated path shows."""
    return {
        **attributes(search, OF_SEARCH),
        "path": of_path(search.path_, X),
        "model": of_model(search.estimator_, X),
        "predict": search.predict(X),
        "score": search.score(X, y),
        "transform": search.transform(X),
        "figure": f"{search.support_.sum()} inputs, score {search.best_score_:.4f}",
    }


def of_selector(selector, X):
    """Return everything that a selector shows."""
    return {
        "figure": f"inputs {np.flatnonzero(selector.support_).tolist()}",
        **attributes(selector, OF_SELECTOR),
        "transform": selector.transform(X),
        "names": selector.get_feature_names_out(),
    }


# Data and models


@functools.cache
def data(task, form="float64"):
    """Return inputs and targets in random order."""
    makers = {
        "iris": lambda: datasets.load_iris(return_X_y=True),
        "wine": lambda: datasets.load_wine(return_X_y=True),
        "cancer": _cancer_and_noise,
        "digits": lambda: datasets.load_digits(return_X_y=True),
        "labels": lambda: datasets.make_multilabel_classification(200, 12, random_state=0),
        "diabetes": lambda: datasets.load_diabetes(return_X_y=True),
        "friedman": lambda: datasets.make_friedman1(240, 15, random_state=0),
        "outputs": _two_outputs,
        "suppressor": _suppressor,
        "many": lambda: datasets.make_friedman1(20_000, random_state=0),
        "wide": lambda: datasets.make_classification(90, 250, random_state=0),
    }
    X, y = makers[task]()
    rows = np.random.RandomState(0).permutation(len(X))[: None if task == "many" else 300]
    X, y = scale(X[rows]), y[rows]
    if form == "csr":
        return sparse.csr_array(np.where(np.abs(X) > 0.5, X, 0)), y
    if form == "frame":
        return pd.DataFrame(X, columns=[f"column {i}" for i in range(X.shape[1])]), y
    return X.astype(form), y


def _cancer_and_noise():
    X, y = datasets.load_breast_cancer(return_X_y=True)
    noise = np.random.RandomState(1).standard_normal((len(X), 20))
    return np.hstack([X, noise]), y


def _two_outputs():
    X, y = datasets.make_friedman1(240, 10, random_state=0)
    return X, np.column_stack([y, 100 * X[:, 5] - y])


def _suppressor():
    """Column 1 says nothing alone, and is wanted as soon as column 0 is fitted."""
    signal, nuisance, *noise = np.random.RandomState(0).standard_normal((8, 300))
    X = np.column_stack([signal + 3 * nuisance, nuisance, *noise])
    y = signal + 0.1 * noise[0]
    X[:, 1] -= X[:, 1] @ y / (y @ y) * y
    return X, scale(y)


def weights_of(y):
    """Return sample weights, a few of them zero."""
    return np.random.RandomState(2).randint(0, 9, len(y)) / 4


def model_for(task, **parameters):
    """Return an estimator for a task."""
    kind = SparseMLPRegressor if task in REGRESSION else SparseMLPClassifier
    return kind(**{**SETTINGS, **parameters})


def arguments(task, form="float64", held_out=False, weighted=False):
    """Return the arguments of `fit`, or those of `sparse_mlp_path` after the estimator."""
    X, y = data(task, form)
    n_train = len(y) * 3 // 4 if held_out else len(y)
    rows, rest = slice(None, n_train), slice(n_train, None)
    X_of = X.iloc if form == "frame" else X
    given = {"X": X_of[rows], "y": y[rows]}
    if held_out:
        given |= {"X_val": X_of[rest], "y_val": y[rest]}
    if weighted:
        given["sample_weight"] = weights_of(y)[rows]
    return given


def fitted(task, form="float64", held_out=False, weighted=False, **parameters):
    """Return a fitted estimator, and the inputs that it was fitted on."""
    given = arguments(task, form, held_out, weighted)
    return model_for(task, **parameters).fit(**given), given["X"]


# Cases: each returns a list of dicts, the last of which has a "figure"


def case(name):
    """Register a function that returns what is to be the same."""

    def register(function):
        assert name not in CASES
        CASES[name] = function
        return function

    return register


def fits(prefix, table):
    """Register a fit, or a list of fits, for each entry of a table."""
    for name, specifications in table.items():
        if isinstance(specifications, dict):
            specifications = [specifications]
        case(f"{prefix}/{name}")(functools.partial(_fit_all, specifications))


def _fit_all(specifications):
    return [of_model(*fitted(**specification)) for specification in specifications]


# Penalties

BY_NAME = {
    "capped_l1": (0.01, 0.1),
    "cges": (0.02, 0.5),
    "elastic_net": (0.02, 0.3),
    "exclusive_lasso": (0.01, 0.3),
    "group_graph": (0.01, 0.1),
    "group_hoyer_square": (0.01, 1.0),
    "group_lasso": (0.01, 0.1),
    "hoyer": (0.02, 0.5),
    "hoyer_square": (0.003, 0.05),
    "integrated_transformed_l1": (0.01, 0.2),
    "l0": (0.002, 0.1),
    "l1": (0.01, 0.2),
    "l1_minus_l2": (0.02, 0.3),
    "l_half": (0.005, 0.1),
    "l_two_thirds": (0.005, 0.1),
    "log_sum": (0.02, 0.3),
    "mcp": (0.15, 0.5),
    "neuron_lasso": (0.01, 0.1),
    "scad": (0.15, 0.5),
    "sparse_group_lasso": (0.01, 0.1),
    "transformed_l1": (0.01, 0.1),
}


def by_name(penalty, alphas):
    """Return specifications of two fits that have little in common but the penalty."""
    return [
        {"task": "cancer", "penalty": penalty, "alpha": alphas[0]},
        {
            **{"task": "friedman", "form": "float32", "penalty": penalty, "alpha": alphas[1]},
            **{"hidden_layer_sizes": (10, 6), "solver": "sgd", "learning_rate_init": 0.05},
        },
    ]


MASKS = [np.arange(50) % 3 > 0, np.arange(12) % 2 == 0]
WEIGHT_MASKS = [np.arange(13 * 12).reshape(13, 12) % 4 > 0, np.ones((12, 3), dtype=bool)]
CHAIN = [(i, i + 1, 0.5 + i / 10) for i in range(9)]
RING = np.roll(np.eye(50), 1, axis=1) + np.roll(np.eye(50), -1, axis=1)
BLOCKS = [[0, 3, 4], [9, 8], [5, 10]]

fits("penalty", {name: by_name(name, alphas) for name, alphas in BY_NAME.items()})
fits(
    "penalty_object",
    {
        "outgoing_unscaled": {
            **{"task": "diabetes", "penalty": GroupLasso(size_scaling=False), "alpha": 50.0},
            **{"weighted": True},
        },
        "incoming": by_name(GroupLasso(groups="incoming"), (0.005, 0.1)),
        "both": by_name(GroupLasso(groups="both"), (0.003, 0.1)),
        "both_concave_fraction_warm_up": {
            **{"task": "wine", "penalty": MCP(groups="both", fraction=0.5, warm_up=8)},
            **{"alpha": 0.6, "l2": 1e-3, "solver": "sgd", "hidden_layer_sizes": (10, 8)},
        },
        "weights": [
            {"task": "wine", "penalty": kind(groups="weights"), "alpha": alpha}
            for kind, alpha in [(SCAD, 0.1), (LHalf, 0.01), (L0, 0.002), (TransformedL1, 0.02)]
        ],
        "incoming_concave": [
            {"task": "digits", "penalty": kind(groups="incoming"), "alpha": alpha}
            for kind, alpha in [(LogSum, 0.03), (CappedL1, 0.2), (LTwoThirds, 0.01), (MCP, 0.4)]
        ],
        "fraction": by_name(GroupLasso(fraction=0.6), (0.01, 0.25)),
        "fraction_masks": {
            **{"task": "cancer", "penalty": GroupLasso(fraction=MASKS), "alpha": 0.01},
            **{"max_iter": 60, "l2": 1e-4},
        },
        "fraction_masks_of_weights": {
            **{"task": "wine", "penalty": L1(fraction=WEIGHT_MASKS), "alpha": 0.01, "refit": True},
            **{"weighted": True},
        },
        "fraction_warm_up_incoming": {
            **{"penalty": SparseGroupLasso(0.3, groups="incoming", fraction=0.7, warm_up=9)},
            **{"task": "outputs", "alpha": 0.5, "solver": "sgd", "nesterovs_momentum": False},
            **{"batch_size": 32},
        },
        "fraction_of_single_weights": {
            **{"task": "iris", "penalty": [L1(fraction=0.5), GroupLasso(warm_up=10)]},
            **{"alpha": 0.01, "learning_rate": "constant", "hidden_layer_sizes": 9},
        },
        "adaptive": by_name(GroupLasso(adaptive=1.0), (0.005, 0.1)),
        "adaptive_early_stopping_refit": {
            **{"task": "cancer", "penalty": LogSum(groups="weights", adaptive=0.5), "alpha": 0.003},
            **{"early_stopping": True, "refit": True, "weighted": True, "class_weight": "balanced"},
        },
        "adaptive_fraction_both": {
            **{"penalty": GroupLasso(groups="both", adaptive=0.5, fraction=0.8), "alpha": 50.0},
            **{"task": "diabetes", "batch_size": 500, "held_out": True},
        },
        "layers_input": by_name(LogSum(layers="input"), (0.01, 0.5)),
        "layers_cges": by_name(MCP(layers="cges"), (0.1, 1.5)),
        "layers_factors": {
            **{"task": "digits", "penalty": NeuronLasso(0.3, layers=[0.2, 1.0, 0.5])},
            **{"alpha": 0.01, "hidden_layer_sizes": [16, 8], "activation": "tanh"},
        },
        "neuron_lasso_ratio": by_name(NeuronLasso(l1_ratio=0.4), (0.005, 0.15)),
        "sparse_group_lasso_unscaled": by_name(
            SparseGroupLasso(0.8, groups="incoming", size_scaling=False), (0.01, 0.1)
        ),
        "elastic_net_groups": {
            **{"task": "diabetes", "penalty": ElasticNet(0.7, groups="outgoing"), "alpha": 30.0},
            **{"feature_groups": [[0, 1], [4, 5, 6]], "batch_size": "auto"},
        },
        "cges_incoming_fraction": by_name(CGES(0.1, groups="incoming", fraction=0.5), (0.02, 0.5)),
        "integrated_incoming": by_name(
            IntegratedTransformedL1(0.1, groups="incoming", warm_up=5), (0.005, 0.05)
        ),
        "exclusive_incoming": by_name(ExclusiveLasso(groups="incoming"), (0.01, 0.05)),
        "hoyer_fraction": by_name(Hoyer(fraction=0.5), (0.01, 0.25)),
        "hoyer_square_layers": {
            **{"task": "wine", "penalty": HoyerSquare(layers=[1, 0.5], warm_up=4)},
            **{"alpha": 0.001, "max_iter": 50},
        },
        "group_hoyer_square": [
            {"task": "wine", "penalty": GroupHoyerSquare(groups=groups), "alpha": 0.01}
            for groups in ("incoming", "both")
        ],
        "l1_minus_l2_incoming": by_name(L1MinusL2(groups="incoming"), (0.01, 0.25)),
        "graph_norms": [
            {"task": "diabetes", "penalty": GroupGraph(CHAIN), "alpha": 10.0},
            {"task": "cancer", "penalty": GroupGraph(RING, smoothing=3), "alpha": 0.01},
        ],
        "graph_weights": {
            **{"task": "cancer", "alpha": 0.01, "max_iter": 60, "form": "csr"},
            **{"penalty": GroupGraph(sparse.csr_array(RING), difference="weights")},
        },
        "graph_and_l1": {
            **{"task": "cancer", "penalty": [GroupGraph(RING, difference="weights"), "l1"]},
            **{"alpha": 0.003, "solver": "sgd"},
        },
        "sum_l1_group_lasso": by_name(["l1", "group_lasso"], (0.003, 0.1)),
        "sum_overlapping": by_name(
            ["l1", GroupLasso(), GroupLasso(groups="incoming")], (0.002, 0.01)
        ),
        "sum_exclusive_group_lasso": by_name(["exclusive_lasso", "group_lasso"], (0.005, 0.1)),
        "sum_nested": by_name((LogSum(groups="weights"), "group_lasso"), (0.003, 0.1)),
        "sum_of_layers": {
            **{"task": "wine", "penalty": [CappedL1(layers=[1, 0]), MCP(layers=[0, 1])]},
            **{"alpha": 0.05, "batch_size": 32},
        },
        "none": {"task": "wine", "penalty": None, "alpha": 0.1, "l2": 0.01, "refit": True},
    },
)


# Training

fits(
    "training",
    {
        "identity_no_hidden_layer": {
            **{"task": "diabetes", "hidden_layer_sizes": (), "activation": "identity"},
            **{"penalty": "l1", "alpha": 5.0, "max_iter": 100, "learning_rate": "adaptive"},
        },
        "no_hidden_layer_softmax_refit": {
            **{"task": "wine", "hidden_layer_sizes": (), "solver": "sgd", "refit": True},
            **{"alpha": 0.02, "learning_rate_init": 0.1},
        },
        "relu_three_layers": {
            **{"task": "digits", "hidden_layer_sizes": (16, 12, 8), "alpha": 0.003},
            **{"batch_size": 25, "l2": 1e-3, "form": "float32"},
        },
        "leaky_relu_constant_converges": {
            **{"task": "iris", "activation": "leaky_relu", "learning_rate": "constant"},
            **{"alpha": 0.01, "tol": 0.02, "n_iter_no_change": 3, "max_iter": 100},
        },
        "tanh_full_batch": {
            **{"task": "wine", "activation": "tanh", "batch_size": 10**6, "penalty": "log_sum"},
            **{"alpha": 0.01, "max_iter": 120, "hidden_layer_sizes": (8, 6)},
        },
        "logistic_auto_batch": {
            **{"task": "friedman", "activation": "logistic", "batch_size": "auto"},
            **{"alpha": "auto", "max_iter": 80, "hidden_layer_sizes": (10, 5)},
        },
        "gelu_plain_sgd": {
            **{"task": "outputs", "activation": "gelu", "solver": "sgd", "momentum": 0.0},
            **{"learning_rate_init": 0.1, "alpha": "auto", "form": "float32"},
        },
        "sgd_heavy_ball_adaptive": {
            **{"task": "labels", "solver": "sgd", "nesterovs_momentum": False, "momentum": 0.8},
            **{"learning_rate": "adaptive", "n_iter_no_change": 2, "tol": 0.01, "alpha": 0.005},
            **{"max_iter": 80},
        },
        "sgd_nesterov_constant": {
            **{"task": "cancer", "solver": "sgd", "learning_rate": "constant", "batch_size": 32},
            **{"alpha": 0.01, "penalty": "sparse_group_lasso", "l2": 0.01, "max_iter": 40},
        },
        "adam_adaptive_converges": {
            **{"task": "diabetes", "learning_rate": "adaptive", "n_iter_no_change": 3},
            **{"tol": 1e-3, "max_iter": 200, "alpha": 20.0, "refit": True},
        },
        "no_shuffle": {"task": "iris", "shuffle": False, "batch_size": 32, "alpha": 0.02},
        "alpha_auto": [
            {"task": task, "hidden_layer_sizes": (20,), "weighted": True}
            for task in ("iris", "cancer", "labels", "diabetes", "outputs")
        ],
        "alpha_zero": {"task": "wine", "alpha": 0, "l2": 1e-3, "batch_size": "auto"},
        "nothing_left": [
            {"task": task, "alpha": 1e6, "refit": True, "weighted": True}
            for task in ("iris", "cancer", "labels", "outputs")
        ],
        "no_change_inf": {
            **{"task": "wine", "learning_rate": "constant", "n_iter_no_change": np.inf, "tol": 1.0},
        },
    },
)

fits(
    "removal",
    {
        "wide": {"task": "digits", "alpha": 0.01, "max_iter": 80, "hidden_layer_sizes": (40, 20)},
        "inputs_return": {
            **{"task": "cancer", "penalty": "l1", "alpha": 0.02, "max_iter": 100, "solver": "sgd"},
            **{"hidden_layer_sizes": (), "batch_size": 16},
        },
        "full_batch_concave": {
            **{"task": "digits", "penalty": "mcp", "alpha": 0.2, "max_iter": 150},
            **{"batch_size": 300, "held_out": True, "hidden_layer_sizes": (20, 10)},
        },
        "prolonged": [
            {
                **{"task": "suppressor", "penalty": penalty, "alpha": 0.1, "max_iter": 8},
                **{"hidden_layer_sizes": (), "solver": solver, "batch_size": batch_size},
                **{"learning_rate": "constant", "held_out": True},
            }
            for penalty, solver, batch_size in [("l1", "sgd", 300), ("group_lasso", "adam", 64)]
        ],
        "many_rows": {
            **{"task": "many", "alpha": 0.05, "max_iter": 8, "batch_size": "auto"},
            **{"hidden_layer_sizes": (100,), "held_out": True, "penalty": GroupLasso()},
        },
        "concave_refit_blocks": {
            **{"task": "friedman", "alpha": 0.5, "max_iter": 80, "penalty": LogSum(warm_up=30)},
            **{"hidden_layer_sizes": (30, 10), "refit": True, "feature_groups": BLOCKS},
            **{"form": "csr"},
        },
        "early_stopping": {
            **{"task": "digits", "alpha": 0.02, "max_iter": 80, "early_stopping": True},
            **{"penalty": "neuron_lasso", "n_iter_no_change": 20, "hidden_layer_sizes": (30,)},
        },
        "adaptive_rate": {
            **{"task": "cancer", "alpha": 0.01, "max_iter": 200, "learning_rate": "adaptive"},
            **{"n_iter_no_change": 4, "tol": 1e-3, "penalty": ["l1", "group_lasso"]},
        },
        "fraction_masks_weighted": {
            **{"task": "cancer", "alpha": 0.03, "max_iter": 64, "weighted": True, "l2": 1e-3},
            **{"penalty": SparseGroupLasso(fraction=0.8), "form": "float32", "refit": True},
        },
    },
)


# Data, weights and held-out samples

fits(
    "data",
    {
        "float32_held_out": {"task": "digits", "form": "float32", "alpha": 0.003, "held_out": True},
        "csr_held_out_weighted": {
            **{"task": "digits", "form": "csr", "alpha": 0.02, "held_out": True, "weighted": True},
            **{"early_stopping": True, "refit": True},
        },
        "csr_early_stopping": {
            **{"task": "outputs", "form": "csr", "alpha": "auto", "early_stopping": True},
            **{"validation_fraction": 0.3, "batch_size": 40},
        },
        "frame_groups": {
            **{"task": "wine", "form": "frame", "alpha": 0.01, "held_out": True},
            **{"feature_groups": [["column 1", "column 4"], ["column 0", 7, 8]]},
        },
        "groups_refit_sgd": {
            **{"task": "friedman", "feature_groups": BLOCKS, "alpha": 0.5, "refit": True},
            **{"solver": "sgd", "weighted": True, "hidden_layer_sizes": (8, 8)},
        },
        "class_weight_dict": {
            **{"task": "iris", "class_weight": {0: 0.5, 1: 3.0}, "alpha": 0.01, "weighted": True},
        },
        "class_weight_balanced": [
            {"task": task, "class_weight": "balanced", "alpha": 0.005}
            for task in ("cancer", "labels")
        ],
        "multilabel_early_stopping": {
            **{"task": "labels", "early_stopping": True, "alpha": 0.005, "n_iter_no_change": 3},
            **{"max_iter": 60, "weighted": True, "form": "float32"},
        },
        "multilabel_held_out": {"task": "labels", "held_out": True, "alpha": 0.01, "form": "csr"},
        "early_stopping_adaptive_rate": {
            **{"task": "diabetes", "early_stopping": True, "learning_rate": "adaptive"},
            **{"n_iter_no_change": 2, "max_iter": 80, "validation_fraction": 0.2},
        },
        "early_stopping_warm_up_held_out": {
            **{"task": "friedman", "early_stopping": True, "held_out": True, "alpha": 0.1},
            **{"penalty": LogSum(warm_up=15), "max_iter": 60, "learning_rate": "constant"},
        },
    },
)


@case("data/string_classes")
def string_classes():
    X, y = data("iris")
    y = np.array(["one", "two", "three"])[y]
    weights = {"one": 1.0, "two": 2.0, "three": 0.5}
    models = [
        model_for("iris", alpha=0.01, class_weight=weights).fit(X, y),
        model_for("iris", alpha=0.01).fit(X, y == "two"),
    ]
    return [of_model(model, X) for model in models]


@case("data/random_state_instance")
def random_state_instance():
    X, y = data("wine")
    rng = np.random.RandomState(5)
    model = model_for("wine", random_state=rng, penalty=GroupLasso(fraction=0.7), alpha=0.02)
    reports = [of_model(model.fit(X, y), X) for _ in range(2)]
    model.set_params(early_stopping=True, penalty="l1")
    return [*reports, {"next": rng.randint(10**9), **of_model(model.fit(X, y), X)}]


@case("data/global_random_state")
def global_random_state():
    X, y = data("wine")
    np.random.seed(3)  # noqa: NPY002
    model = model_for("wine", random_state=None, alpha=0.01).fit(X, y)
    drawn = np.random.randint(10**9)  # noqa: NPY002
    return [{"next": drawn, **of_model(model.partial_fit(X, y), X)}]


@case("data/to_torch")
def to_torch():
    import torch

    reports = []
    for task in ("digits", "outputs"):
        model, X = fitted(task, form="float32", activation="gelu", alpha="auto", max_iter=10)
        outputs = model.to_torch()(torch.tensor(X[:, model.support_]))
        reports.append({"outputs": outputs.detach().numpy(), **of_model(model, X)})
    return reports


# Going on: warm starts, one epoch at a time, copies


def warm(task, form="float64", *changes, **parameters):
    """Fit again and again under ``warm_start``, after changes of parameters."""
    given = arguments(task, form)
    model = model_for(task, warm_start=True, **parameters)
    reports = [of_model(model.fit(**given), given["X"])]
    for change in changes:
        reports.append(of_model(model.set_params(**change).fit(**given), given["X"]))
    return reports


@case("warm_start/twice")
def warm_start_twice():
    return [
        *warm("wine", "float64", {}, {"alpha": 0.05}, {"alpha": 0.001}, alpha=0.01),
        *warm("friedman", "csr", {}, {"alpha": 0.0}, alpha=0.3, solver="sgd", refit=True),
    ]


@case("warm_start/other_solver_and_penalty")
def warm_start_other_solver():
    changes = {"solver": "sgd"}, {"penalty": LogSum(fraction=0.5)}, {"penalty": L1(adaptive=1)}
    options = {"alpha": 0.005, "max_iter": 40, "hidden_layer_sizes": (20, 10)}
    return warm("digits", "float32", *changes, **options)


@case("warm_start/after_nothing_left")
def warm_start_after_nothing_left():
    return warm("cancer", "float64", {"alpha": 0.001}, alpha=1e6)


@case("warm_start/switched_on_later")
def warm_start_switched_on_later():
    model, X = fitted("digits", alpha=0.01, max_iter=60)
    y = data("digits")[1]
    model.set_params(warm_start=True, early_stopping=True)
    return [of_model(model.fit(X, y), X) for _ in range(2)]


def epochs(task, form="float64", n_epochs=5, weighted=False, classes=None, **parameters):
    """Call `partial_fit` with the halves of the data in turn."""
    X, y = data(task, form)
    model, given = model_for(task, **parameters), {}
    if classes is not None:
        given["classes"] = classes
    for epoch in range(n_epochs):
        rows = np.arange(epoch % 2, len(y), 2)
        if weighted:
            given["sample_weight"] = weights_of(y)[rows]
        model.partial_fit(X[rows], y[rows], **given)
    return [of_model(model, X)]


@case("partial_fit/adam")
def partial_fit_adam():
    return [
        *epochs("wine", alpha=0.02, n_epochs=8),
        *epochs("friedman", alpha="auto", weighted=True, batch_size=16),
        *epochs("labels", "float32", alpha=0.01, penalty="l1", feature_groups=BLOCKS),
        *epochs("outputs", "csr", alpha=0.1, penalty="log_sum", batch_size=500),
    ]


@case("partial_fit/sgd")
def partial_fit_sgd():
    sgd = {"solver": "sgd", "hidden_layer_sizes": (8, 6)}
    return [
        *epochs("cancer", alpha=0.02, weighted=True, classes=[0, 1], **sgd),
        *epochs("diabetes", alpha="auto", momentum=0.0, n_epochs=8, **sgd),
        *epochs("iris", "csr", alpha=0.01, nesterovs_momentum=False, shuffle=False, **sgd),
    ]


@case("partial_fit/fraction_warm_up")
def partial_fit_fraction():
    penalty = [SparseGroupLasso(fraction=0.5, warm_up=4), L1(fraction=0.8)]
    return [
        *epochs("wine", penalty=penalty, alpha=0.02, n_epochs=7, classes=[0, 1, 2, 3]),
        *epochs("friedman", penalty=GroupLasso(groups="both", fraction=0.5), alpha=0.2),
    ]


@case("partial_fit/class_weight")
def partial_fit_class_weight():
    return epochs("iris", class_weight={0: 2.0, 2: 0.25}, alpha=0.01, weighted=True, l2=0.01)


@case("partial_fit/after_fit")
def partial_fit_after_fit():
    reports = []
    for task, options in {
        "digits": {"alpha": 0.01, "max_iter": 60},
        "friedman": {"alpha": 0.2, "refit": True, "penalty": LogSum(warm_up=10), "solver": "sgd"},
        "cancer": {"alpha": 0.01, "warm_start": True, "penalty": GroupLasso(fraction=0.5)},
    }.items():
        model, X = fitted(task, **options)
        for _ in range(3):
            model.partial_fit(X, data(task)[1])
        reports.append(of_model(model, X))
    return reports


@case("partial_fit/then_warm_fit")
def partial_fit_then_warm_fit():
    reports = []
    for task, penalty in {"wine": "group_lasso", "outputs": L1(fraction=0.5)}.items():
        X, y = data(task)
        model = model_for(task, warm_start=True, penalty=penalty)
        for method in ("partial_fit", "partial_fit", "fit", "partial_fit", "fit"):
            getattr(model, method)(X, y)
            reports.append(of_model(model, X))
    return reports


@case("partial_fit/change_of_solver")
def partial_fit_change_of_solver():
    X, y = data("wine")
    model = model_for("wine", alpha=0.01).partial_fit(X, y)
    for change in ({"solver": "sgd"}, {"penalty": "l1"}, {"solver": "adam", "alpha": 0.001}):
        model.set_params(**change).partial_fit(X, y).partial_fit(X, y)
    return [of_model(model, X)]


@case("pickle/goes_on")
def pickle_goes_on():
    reports = []
    for options in (
        {"alpha": 0.02},
        {"alpha": 0.02, "warm_start": True, "penalty": ["l1", GroupLasso(fraction=0.5)]},
        {"alpha": 1e6},
    ):
        model, X = fitted("wine", **options)
        y = data("wine")[1]
        copied = pickle.loads(pickle.dumps(model))
        reports.append(of_model(copied, X))
        copied = pickle.loads(pickle.dumps(copied.partial_fit(X, y)))
        reports += [of_model(copied.partial_fit(X, y), X), of_model(copied.fit(X, y), X)]
    return reports


# Callbacks and printed lines


class Recorder:
    """Keeps the predictions of each epoch, and stops or interrupts training if told to."""

    def __init__(self, X, stop_at=None, interrupt_at=None):
        self.X, self.stop_at, self.interrupt_at = X, stop_at, interrupt_at
        self.outputs = []

    def setup(self, estimator, context):
        self.outputs.append("setup")

    def teardown(self, estimator, context):
        self.outputs.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        self.outputs.append(context.task_name)

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        if context.task_name != "epoch":
            return False
        self.outputs.append(fitted_estimator.predict(self.X))
        if context.task_id == self.interrupt_at:
            raise KeyboardInterrupt
        return context.task_id == self.stop_at


def recorded(task, recorder_options, form="float64", **parameters):
    """Fit with a callback, and return its records too."""
    given = arguments(task, form, held_out=True)
    recorder = Recorder(given["X"], **recorder_options)
    model = model_for(task, **parameters).set_callbacks(recorder)
    with contextlib.suppress(KeyboardInterrupt):
        model.fit(**given)
    return {"records": recorder.outputs, **of_model(model, given["X"])}


@case("callback/stops_after_three_epochs")
def callback_stops():
    stop = {"stop_at": 2}
    return [
        recorded("wine", stop, alpha=0.01),
        recorded("wine", stop, alpha=0.01, refit=True),
        recorded("diabetes", stop, penalty=GroupLasso(adaptive=1.0), learning_rate="adaptive"),
        recorded("wine", stop, alpha=0.01, early_stopping=True),
    ]


@case("callback/sees_every_epoch")
def callback_sees_every_epoch():
    return [
        recorded("cancer", {}, alpha=0.03),
        recorded("friedman", {}, alpha=0.5, penalty=LogSum(adaptive=0.5), form="csr"),
        recorded("iris", {}, alpha=0.01, refit=True),
    ]


@case("callback/sees_the_refit_on_fewer_inputs")
def callback_sees_refit():
    return [recorded("cancer", {}, alpha=0.03, refit=True)]


@case("callback/interrupts")
def callback_interrupts():
    return [
        recorded("wine", {"interrupt_at": 4}, alpha=0.01, refit=True),
        recorded("diabetes", {"interrupt_at": 3}, penalty=L1(adaptive=1.0)),
    ]


@case("verbose/lines")
def verbose_lines():
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        model, X = fitted("cancer", alpha=0.03, verbose=True, max_iter=48, held_out=True)
        sparse_mlp_path(model_for("wine", verbose=1), **arguments("wine"), alphas=[0.01, 0.1])
    return [{"lines": printed.getvalue(), **of_model(model, X)}]


# Paths


def walked(task, form="float64", held_out=False, weighted=False, options=None, **parameters):
    """Return a path, and the data that it was walked on."""
    given = arguments(task, form, held_out, weighted)
    model = model_for(task, **{"penalty": "log_sum", "l2": 1e-3, **parameters})
    options = {"alphas": 16, "max_iter": 6, **(options or {})}
    return sparse_mlp_path(model, **given, **options), given


def paths(table):
    """Register a path for each entry of a table."""
    for name, specification in table.items():
        case(f"path/{name}")(functools.partial(_walk, **specification))


def _walk(targets=None, **specification):
    path, given = walked(**specification)
    return [of_path(path, given["X"], **(targets or {}))]


paths(
    {
        "found_held_out": {
            **{"task": "cancer", "held_out": True, "options": {"max_iter": "auto"}},
            **{"targets": {"n_features": 5, "sparsity": 0.9, "alpha": 0.001}},
        },
        "found_regression": {
            **{"task": "diabetes", "weighted": True, "penalty": "group_lasso"},
            **{"targets": {"n_features": 4, "sparsity": 0.8}},
        },
        "given_refit": {
            **{"task": "wine", "refit": True, "held_out": True, "targets": {"sparsity": 0.5}},
            **{"options": {"alphas": [0.3, 0.01, 0.03, 0.003, 0.1]}, "penalty": "l1"},
        },
        "given_adaptive": {
            **{"task": "friedman", "penalty": GroupLasso(adaptive=1.0), "weighted": True},
            **{"options": {"alphas": np.geomspace(0.01, 3, 6)}, "refit": True},
        },
        "early_stopping_groups": {
            **{"task": "friedman", "early_stopping": True, "feature_groups": BLOCKS},
            **{"hidden_layer_sizes": (10, 6), "targets": {"n_features": 6}},
        },
        "min_features": {"task": "digits", "form": "float32", "options": {"min_features": 20}},
        "max_sparsity": {
            **{"task": "outputs", "form": "csr", "solver": "sgd", "l2": 0.0},
            **{"options": {"max_sparsity": 0.7}, "penalty": SparseGroupLasso(fraction=0.8)},
        },
        "max_drop": {
            **{"task": "labels", "held_out": True, "weighted": True},
            **{"options": {"max_drop": 0.1}, "penalty": ["l1", GroupLasso(warm_up=3)]},
        },
        "no_hidden_layer": {
            **{"task": "wine", "hidden_layer_sizes": (), "penalty": "mcp", "batch_size": "auto"},
            **{"class_weight": "balanced", "form": "frame", "learning_rate": "constant"},
        },
        "both_groups_adaptive_rate": {
            **{"task": "cancer", "penalty": GroupLasso(groups="both"), "learning_rate": "adaptive"},
            **{"options": {"max_iter": 4}, "refit": True, "early_stopping": True},
        },
        "graph_at_every_size": {"task": "cancer", "penalty": GroupGraph(RING), "alpha": 0.1},
        "first_strength_does_harm": {
            **{"task": "wine", "penalty": MCP(0.01, groups="weights"), "learning_rate_init": 0.3},
            **{"options": {"alphas": 8, "max_iter": 2}},
        },
        "wide": {"task": "wide", "options": {"alphas": 25, "max_iter": 12}, "held_out": True},
        "never_empty": {"task": "iris", "penalty": "exclusive_lasso", "options": {"alphas": 30}},
        "weights_tanh": {
            **{"task": "friedman", "penalty": LHalf(groups="weights"), "activation": "tanh"},
            **{"hidden_layer_sizes": (8, 6), "held_out": True},
        },
    }
)


@case("path/goes_on")
def path_goes_on():
    path, given = walked("wine", held_out=True)
    reports = [of_model(path.best(rule, tol=0.02), given["X"]) for rule in ("best", "1se", "dense")]
    for index in (0, len(path) // 2, -2):
        model = path.estimator(index)
        for _ in range(2):
            model.partial_fit(given["X"], given["y"])
        reports.append(of_model(model, given["X"]))
        reports.append(of_model(model.set_params(warm_start=True).fit(**given), given["X"]))
    return reports


# Cross-validated paths and selectors

SEARCH = {"alphas": 10, "max_iter": 4, "cv": 3}


def network(task, **parameters):
    """Return a small network for searches."""
    return model_for(task, **{"penalty": "log_sum", "l2": 1e-3, **parameters})


@case("cv/classifier")
def cv_classifier():
    reports = []
    for task, options in {
        "wine": {},
        "cancer": {"rule": "dense", "tol": 0.02, "scoring": "roc_auc"},
        "labels": {"rule": "best", "alphas": [0.003, 0.01, 0.03]},
    }.items():
        X, y = data(task)
        search = SparseMLPClassifierCV(network(task), **{**SEARCH, **options}).fit(X, y)
        proba = {"predict_proba": search.predict_proba(X)}
        reports.append({**proba, **of_search(search, X, y)})
    return reports


@case("cv/regressor")
def cv_regressor():
    reports = []
    for task, form, options in (
        ("friedman", "csr", {"refit": True}),
        ("outputs", "float32", {"penalty": GroupLasso(adaptive=0.5), "early_stopping": True}),
    ):
        X, y = data(task, form)
        search = SparseMLPRegressorCV(network(task, **options), **SEARCH)
        reports.append(of_search(search.fit(X, y, weights_of(y)), X, y))
    return reports


@case("cv/default_estimator")
def cv_default_estimator():
    X, y = data("iris", "frame")
    np.random.seed(7)  # noqa: NPY002
    search = SparseMLPClassifierCV(alphas=6, cv=2, max_iter=10).fit(X, y)
    return [of_search(search, X, y)]


def selected(task, form="float64", weighted=False, options=None, **parameters):
    """Return what a selector with some options finds."""
    X, y = data(task, form)
    weights = weights_of(y) if weighted else None
    selector = SparseMLPSelector(network(task, **parameters), **{**SEARCH, **(options or {})})
    return of_selector(selector.fit(X, y, weights), X)


@case("selector/count")
def selector_count():
    return [
        selected("cancer", options={"n_features_to_select": 5, "alphas": 20}, weighted=True),
        selected("friedman", options={"n_features_to_select": 6}, feature_groups=BLOCKS),
        selected("digits", options={"n_features_to_select": 0.25}, form="csr", refit=True),
    ]


@case("selector/sparsity")
def selector_sparsity():
    return [
        selected("wine", options={"sparsity": 0.6}, form="frame", penalty="l1"),
        selected("diabetes", options={"sparsity": 0.5, "alphas": 20}, form="float32"),
    ]


@case("selector/auto")
def selector_auto():
    return [
        selected("friedman", options={"rule": "best"}),
        selected("wine", options={"scoring": "neg_log_loss", "cv": 2}, weighted=True),
    ]


@case("selector/default_estimator_and_memory")
def selector_default_estimator():
    X, y = data("friedman", "csr")
    np.random.seed(11)  # noqa: NPY002
    with tempfile.TemporaryDirectory() as folder:
        selector = SparseMLPSelector(alphas=8, max_iter=8, memory=folder)
        selectors = [clone(selector).set_params(n_features_to_select=n).fit(X, y) for n in (2, 4)]
    return [of_selector(selector, X) for selector in selectors]


@case("stability/classifier")
def stability_classifier():
    X, y = data("wine")
    selector = StabilitySelector(
        network("wine"), n_pairs=3, alphas=10, max_iter=5, max_false=5.0, random_state=0
    )
    return [of_selector(selector.fit(X, y), X)]


@case("stability/regressor")
def stability_regressor():
    X, y = data("friedman", "frame")
    selector = StabilitySelector(
        *(network("friedman", penalty=GroupLasso(fraction=0.9), refit=True),),
        **{"n_features_to_select": 4, "threshold": 0.8, "n_pairs": 3, "alphas": 10, "max_iter": 4},
        random_state=np.random.RandomState(1),
    )
    return [of_selector(selector.fit(X, y), X)]


# Inside scikit-learn


@case("sklearn/grid_search")
def grid_search():
    X, y = data("wine")
    grid = [
        {"penalty": ["l1", GroupLasso(groups="incoming"), ["l1", "mcp"]], "alpha": [0.01, 0.1]},
        {"penalty": [SparseGroupLasso()], "penalty__l1_ratio": [0.1, 0.9], "l2": [0.01]},
    ]
    search = GridSearchCV(model_for("wine", max_iter=10), grid, cv=3, n_jobs=1).fit(X, y)
    scores = {"scores": search.cv_results_["mean_test_score"], "best": repr(search.best_params_)}
    return [{**scores, **of_model(search.best_estimator_, X)}]


@case("sklearn/pipeline")
def pipeline():
    X, y = data("cancer")
    steps = StandardScaler(), model_for("cancer", alpha=0.02), LogisticRegression()
    pipe = make_pipeline(*steps)
    proba = cross_val_predict(pipe, X, y, cv=3, method="predict_proba")
    pipe.fit(X, y)
    outputs = {"proba": proba, "predict": pipe.predict(X), "coef": pipe[-1].coef_}
    return [{**outputs, **of_model(pipe[1], pipe[0].transform(X))}]


# Errors


@case("error/no_joint_prox")
def error_no_joint_prox():
    return fitted("wine", penalty=[MCP(), LogSum(groups="incoming")])


@case("error/diverges")
def error_diverges():
    return fitted("diabetes", solver="sgd", learning_rate_init=1e4)


@case("error/partial_fit_adaptive")
def error_partial_fit_adaptive():
    return epochs("wine", penalty=GroupLasso(adaptive=1.0))


@case("error/leaves_the_estimator")
def error_leaves_the_estimator():
    X, y = data("wine")
    model = model_for("wine", alpha=0.01, warm_start=True).fit(X, y).partial_fit(X, y)
    messages = []
    for method, given, change in (
        ("fit", (X[:, :5], y), {}),
        ("fit", (X, y), {"penalty": NeuronLasso(warm_up=100)}),
        ("partial_fit", (X, y + 1), {}),
        ("partial_fit", (X, y), {"class_weight": "balanced"}),
    ):
        before = model.get_params(deep=False)
        try:
            getattr(model.set_params(**change), method)(*given)
        except ValueError as error:
            messages.append(str(error))
        model.set_params(**{name: before[name] for name in change})
    left = of_model(model, X)
    return [{"messages": messages}, left, of_model(model.partial_fit(X, y).fit(X, y), X)]


# Pictures


def picture(display_of_something):
    """Return the pixels of a display, and close its figure."""
    import matplotlib.pyplot as plt

    figure = display_of_something.ax_.figure
    figure.canvas.draw()
    pixels = np.array(figure.canvas.buffer_rgba())
    plt.close(figure)
    return {"pixels": pixels, "figure": f"{pixels.shape[1]} x {pixels.shape[0]} pixels"}


@case("display/networks")
def display_networks():
    model, _ = fitted("digits", alpha=0.01, max_iter=60)
    named, _ = fitted("wine", form="frame", alpha=0.02)
    kinds = display.NeuronsDisplay, display.NetworkDisplay
    shown = [kind.from_estimator(one) for kind in kinds for one in (model, named)]
    shown += [
        display.FirstLayerDisplay.from_estimator(model, (8, 8), what=what)
        for what in ("weights", "importance")
    ]
    return [picture(one) for one in shown]


@case("display/paths")
def display_paths():
    path, given = walked("wine", "frame", held_out=True)
    shown = [display.PathDisplay.from_path(path, x=x) for x in ("n_features", "alpha", "sparsity")]
    shown.append(display.FeaturePathDisplay.from_path(path, max_features=5))
    search = SparseMLPClassifierCV(network("wine"), **SEARCH).fit(given["X"], given["y"])
    shown.append(display.PathDisplay.from_estimator(search, x="n_weights"))
    return [picture(one) for one in shown]


@case("display/stability")
def display_stability():
    X, y = data("wine", "frame")
    selector = StabilitySelector(
        network("wine"), n_pairs=2, alphas=8, max_iter=4, n_features_to_select=3, random_state=0
    )
    return [picture(display.StabilityDisplay.from_estimator(selector.fit(X, y)))]


# The command


def outcome(name):
    """Return the digest and the figure of a case, or its error, in one line."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            reports = CASES[name]()
        except Exception as error:
            return " ".join(f"{type(error).__name__}: {error}".split())
    return f"{digest(reports)} {reports[-1]['figure']}"


def main():
    """Print the outcomes of all cases, or those that differ from earlier ones."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("patterns", nargs="*", default=["*"], help="names of cases; * is any text")
    parser.add_argument("--compare", metavar="FILE", help="an earlier output to compare with")
    options = parser.parse_args()
    names = [name for name in CASES if any(fnmatch(name, p) for p in options.patterns)]
    matplotlib.use("Agg")
    print("sgnn is that of", *sgnn.__path__, file=sys.stderr)
    if options.compare is None:
        for name in names:
            print(name, outcome(name), flush=True)
        print(len(names), "cases")
        return 0
    with open(options.compare, encoding="utf-8") as lines:
        before = dict(line.rstrip("\n").split(" ", 1) for line in lines)
    n_equal = 0
    for name in names:
        earlier, now = before.get(name, "is missing"), outcome(name)
        n_equal += earlier == now
        if earlier != now:
            print(f"{name}\n  before: {earlier}\n  now:    {now}", flush=True)
    print(f"{n_equal} of {len(names)} equal")
    return int(n_equal < len(names))


if __name__ == "__main__":
    sys.exit(main())
