"""Parameters of the estimators, good and bad."""

from itertools import pairwise

import numpy as np

from tests.fuzz.draw import INF, NAN
from tests.fuzz.penalties import draw_penalty
from tests.fuzz.targets import POSITIVE

BAD = {
    "hidden_layer_sizes": [0, -1, 2.5, "10", None, (0,), (3, -1), [[3]], ("a",), 1e3, True],
    "activation": ["relu6", None, 3, b"relu", ["relu"]],
    "penalty": [3, ["l1", 7], "", "{}", "%s", {"l1": 1}, [[[None, 3]]], object()],
    "alpha": [-1, -1e-9, NAN, INF, "big", None, [0.1], 1j, b"auto", np.array([0.1, 0.2])],
    "l2": [-0.1, NAN, INF, None, "1", 1j, 10**400],
    "refit": ["yes", None, 2, [True]],
    "solver": ["newton", None, 1],
    "batch_size": [0, -5, 1.5, "all", None, NAN],
    "learning_rate": ["linear", None, 0.1],
    "learning_rate_init": [0, -1, NAN, INF, "x", None],
    "max_iter": [0, -1, 1.5, INF, None, "auto", True],
    "max_fun": [0, -1, 1.5, INF, None, "auto", True],
    "shuffle": ["no", None, 3],
    "random_state": ["a", -1, 1.5, 2**40],
    "tol": [-1, NAN, INF, None, "x"],
    "n_iter_no_change": [0, -1, 2.5, NAN, None, "x"],
    "momentum": [1, 1.5, -0.1, NAN, None, "x"],
    "nesterovs_momentum": ["yes", None, 3],
    "early_stopping": ["yes", None, 3],
    "validation_fraction": [0, 1, 1.5, -0.1, NAN, None],
    "input_dropout": [1, 1.5, -0.1, NAN, None, "x"],
    "warm_start": ["yes", None, 3],
    "verbose": ["yes", None, -1],
    "device": ["nonsense", "", "cuda:99", "meta", None, 3, "cpu:-1", "cuda\n"],
    "n_threads": [0, -1, 1.5, "all", True],
    "feature_groups": ["ab", 3, [0, 1], ["ab"], [[0], [0]], [[999]], [[-1]], [["x"]], [[0.5]]],
    "class_weight": ["heavy", 3, {0: -1.0}, {0: NAN}, {0: INF}, {0: "a"}, {"nobody": 2.0}],
}
SOMETIMES_GOOD = {"class_weight", "feature_groups"}
# name: how often it is not the default, values, and others of cases that are not sound
NOW_AND_THEN = {
    "refit": (0.2, [True, False, np.bool_(True)], []),
    "shuffle": (0.2, [True, False], []),
    "nesterovs_momentum": (0.2, [False], []),
    "warm_start": (0.2, [True], []),
    "momentum": (0.15, [0, 0.5, np.float32(0.9)], [0.99, 1 - 1e-9]),
    "tol": (0.1, [0, 1e-4, 1e3, 1e300, 1e-320], []),
    "n_iter_no_change": (0.1, [1, 2, INF, 10**9, np.int64(2), np.float64(INF)], []),
    "max_fun": (0.1, [1, 5, np.int64(20), 10**9], []),
    "input_dropout": (0.1, [0, 0.1, np.float32(0.5), 0.99, 1 - 1e-12, 1e-300], []),
    "n_threads": (0.2, [1, 2, None, np.int64(1)], []),
    "verbose": (0.05, [True, 1, 2], []),
}
ANY_CLASS_WEIGHTS = [
    *({0: 2.0}, {0: 1.0, 1: 0.0}, {0: 1e-30, 1: 1e30}, {"ant": 2.0}, [{0: 1.0, 1: 2.0}]),
]
ENOUGH_TO_HOLD_OUT = 30


def draw_parameters(draw, recipe, data, goes_on=False, **fixed):
    """Return the parameters of an estimator.

    Parameters
    ----------
    draw : Draw
    recipe : Recipe
    data : Data
    goes_on : bool, default=False
        Whether there are calls of `partial_fit`.
    **fixed : object
        Parameters that are not drawn.
    """
    hidden = draw.pick(
        [(), (1,), (5,), 7, (8, 4), [6], (3, 2, 2), np.array([4, 3]), (40,), (4,) * 6, np.int64(5)]
    )
    max_iter = fixed.get("max_iter", draw.pick([1, *range(2, 11), np.int64(3)]))
    small = data.n_samples <= 30
    sizes = [data.n_features or 3, *np.atleast_1d(np.array(hidden, int)).tolist()]
    values = {
        "hidden_layer_sizes": hidden,
        "activation": draw.pick(["identity", "logistic", "tanh", "relu", "leaky_relu", "gelu"]),
        "max_iter": max_iter,
        "random_state": int(draw.rng.integers(1000)),
        "solver": draw.pick(["adam", "adam", "adam", "sgd", "sgd", "adam" if goes_on else "lbfgs"]),
        "batch_size": draw.pick(["auto", 7, 32, 10**9, np.int64(16), *(small * [1, 2])]),
        "learning_rate": draw.pick(["cosine", "constant", "adaptive"]),
        "penalty": draw_penalty(draw, sizes, int(max_iter), goes_on),
    }
    if values["solver"] == "lbfgs":
        draw.wrong("lbfgs", surely=False)
    _draw_strengths(draw, recipe, values)
    for name, (probability, good, others) in NOW_AND_THEN.items():
        if draw.chance(probability):
            values[name] = draw.pick(good, bad=others)
    draw.is_wild |= values.get("momentum", 0) > 0.95
    draw.is_wild |= values["solver"] == "sgd" and recipe.loss_name in POSITIVE
    is_delicate = values["batch_size"] in (1, 2) or len(sizes) > 6
    draw.is_wild |= values["solver"] == "sgd" and is_delicate
    _draw_held_out(draw, recipe, data, values, goes_on)
    if draw.chance(0.15) and data.n_features:
        values["feature_groups"] = _draw_groups(draw, data)
        draw.wrong("feature_groups", surely=False)
    if recipe.task == "classifier" and draw.chance(0.2):
        values["class_weight"] = draw.pick(_class_weights(draw, recipe, data), ANY_CLASS_WEIGHTS)
        draw.wrong("class_weight|weight", surely=False)
    if recipe.task == "regressor" and not (recipe.loss == "squared_error" and draw.chance(0.5)):
        values["loss"] = recipe.loss
    if draw.chance(0.08):
        values["random_state"] = draw.pick([None, np.random.RandomState(3), np.int64(3)])
    values.update(fixed)
    if recipe.is_cox:
        draw.wrong("batch_size|partial_fit|Cox|concordance|scale", surely=False)
        values["batch_size"] = draw.pick(["auto", 10**9], bad=[1, 7])
    if draw.is_bad(0.15):
        values.update(draw_bad(draw, recipe.task))
    draw.words.append(", ".join(f"{name}={value!r}" for name, value in values.items()))
    return values


def draw_bad(draw, task):
    """Return one bad parameter."""
    name = draw.pick([name for name in BAD if task == "classifier" or name != "class_weight"])
    words = "penalty|Penalty|penalties" if name == "penalty" else name
    draw.wrong(words, surely=name not in SOMETIMES_GOOD)
    return {name: draw.pick(BAD[name])}


def _draw_strengths(draw, recipe, values):
    """Draw strengths; a number does not suit targets in any unit."""
    is_far = recipe.factor and not 1e-5 < recipe.factor < 1e5
    if draw.chance(0.8):
        numbers = [0.0, draw.power(-4, 0), draw.power(-6, 3), 1e9, np.float32(0.01)]
        others = [1e30, *(numbers if is_far else ())]
        values["alpha"] = draw.pick(["auto", 0] if is_far else ["auto", 0, *numbers], bad=others)
        draw.is_wild |= not isinstance(values["alpha"], str) and values["alpha"] >= 1e9
    if draw.chance(0.3) and not (is_far and draw.is_sound):
        values["l2"] = draw.pick([0.0, 0, draw.power(-6, 0), 1e-300], bad=[1e3, 1e30, 1e300])
        draw.is_wild |= values["l2"] >= 10
    if draw.chance(0.3):
        values["learning_rate_init"] = draw.pick(
            [0.001, draw.power(-5, -1), 1e-300, np.float32(0.01)],
            bad=[draw.power(-1, 1), 1e3, 1e30, 1e300],
        )
        draw.is_wild |= values["learning_rate_init"] > (0.02 if values["solver"] == "sgd" else 0.05)


def _draw_held_out(draw, recipe, data, values, goes_on):
    """Draw early stopping, in sound cases where a part of the data can be held out."""
    weights = np.ones(1) if data.weights is None else data.weights
    can = data.n_samples >= ENOUGH_TO_HOLD_OUT and not (goes_on or recipe.has_classes_of_one)
    if draw.is_sound and not (can and 0 < np.max(weights) < 1e3 * np.min(weights)):
        return
    if draw.chance(0.2):
        values["early_stopping"] = draw.pick([True, True, False, np.bool_(True)])
        draw.wrong("early_stopping|validation_fraction|held|class", surely=False)
        values["validation_fraction"] = draw.pick(
            [0.3, 0.5, np.float32(0.3)], bad=[0.01, 0.9, 1e-9, 1 - 1e-9]
        )


def _class_weights(draw, recipe, data):
    """Return weights for the classes that there are."""
    if recipe.kind.startswith("multilabel"):
        some = [{0: 1.0, 1: float(draw.rng.uniform(0, 5))} for _ in range(recipe.n_classes)]
        return ["balanced", None, some]
    if data.y is None or isinstance(data.y, str):
        return ["balanced", None]
    classes = np.unique(np.asarray(data.y).astype(object)).tolist() if draw.is_sound else [0, 1]
    drawn = dict(zip(classes, draw.rng.uniform(0, 5, len(classes)).tolist(), strict=True))
    return ["balanced", None, drawn, {classes[0]: 2.0}, {classes[-1]: 0.0, classes[0]: 1}]


def _draw_groups(draw, data):
    columns = draw.rng.permutation(data.n_features)
    names = list(getattr(data.X, "columns", ()))
    if names and draw.chance(0.6) and all(isinstance(name, str) for name in names):
        columns = [names[index] for index in columns]
    elif draw.chance(0.5):
        columns = columns.tolist()
    cuts = np.sort(draw.rng.integers(0, len(columns) + 1, draw.rng.integers(1, 5)))
    return [columns[start:stop] for start, stop in pairwise(cuts)]
