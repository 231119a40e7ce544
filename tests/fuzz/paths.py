"""Cases of paths, of searches over them, of selectors, and of the pictures of all."""

import pickle
import re
from dataclasses import replace

import matplotlib
import matplotlib.pyplot as plt
import numpy as np

from sgnn import (
    SparseMLPClassifierCV,
    SparseMLPRegressorCV,
    SparseMLPSelector,
    StabilitySelector,
    sparse_mlp_path,
)
from sgnn.display import FeaturePathDisplay, NetworkDisplay, PathDisplay, StabilityDisplay
from tests.fuzz.draw import INF, NAN
from tests.fuzz.fits import KINDS, OF_OTHER_DATA, other_data
from tests.fuzz.judge import Judge
from tests.fuzz.parameters import draw_parameters
from tests.fuzz.sound import faults_of
from tests.fuzz.targets import draw_data, draw_recipe

SEARCHES = {"classifier": SparseMLPClassifierCV, "regressor": SparseMLPRegressorCV}
# name: good values, bad ones
WALK = {
    "alphas": (
        [*(2, 3, 6, [0.01, 0.1], [1e-30, 10.0], (0.5,), [0.1, 0.1]), np.logspace(-3, 1, 4)],
        [0, -1, [], [0.0], [-1.0], [NAN], [INF], "all", None, [[0.1]], ["a"], 2.5],
    ),
    "max_iter": ([1, 2, "auto", np.int64(1)], [0, -1, None, 1.5, "all"]),
}
ENDS = {
    "min_features": ([0, 1, 3, 100], [-1, 1.5, None]),
    "max_sparsity": ([0.5, 1.0, 1e-9], [0, 2, NAN, None]),
    "max_drop": ([0, 0.1, INF], [-1, NAN, None]),
}
OF_SEARCHES = {
    "cv": ([2, 2, 3], [None, 1, "x", 0.5]),
    "rule": (["best", "1se", "dense"], ["worst", None]),
    "tol": ([0, 0.1], [-1, NAN]),
    "scoring": ([None, None], ["nonsense", 3, "accuracy", "r2"]),
}
OF_SELECTORS = {
    "n_features_to_select": ([1, 1, 0.5, 1.0, 1e-9, "auto"], [0, -1, 1.5, "all", 1000]),
    "sparsity": ([None], [0.5, 0.9, 0, 1, NAN, "x"]),
    "cv": ([2], [1, "x"]),
}
OF_STABILITY = {
    "n_pairs": ([2], [1, 0, 1.5]),
    "threshold": ([0.75, 1.0, 0.9], [0.51, 0.5, 2, NAN]),
    "max_false": ([1.0, 3], [0, -1, NAN]),
    "n_features_to_select": ([1, 1, "auto"], [2, 0, 1.5, None]),
    "random_state": ([0], ["x", -1]),
}
MAY_NOT = {"scoring", "cv", "threshold", "sparsity", "n_features_to_select"}
MAY_BE_REFUSED = (
    "penalt|class|sample|fold|split|members|held|early|alpha|y |n_features|sparsity|scores are nan|"
    "R²|D²|concordance|Cox|infinite|layers|label|scor|metric|first block|quantities|max_false|"
    "max_drop|threshold|continuous|Classification|could not convert"
)
TARGETS = [{"n_features": 1}, {"sparsity": 0.5}, {"alpha": 0.1}, {"n_features": -1}, {}]


def run(draw):
    """Run a case and return its Judge."""
    matplotlib.use("Agg")
    task, judge = draw.pick(list(KINDS)), Judge(draw)
    recipe = draw_recipe(draw, task)
    what = draw.pick([_path, _path, _search, _selector, _stability])
    if draw.is_sound and what is not _path and recipe.has_classes_of_one:
        recipe = replace(recipe, kind="two")
    least = 30 if draw.is_sound and what is not _path else recipe.n_least
    n, p = int(draw.pick([2, 5, 12, 30, 30, 60])), int(draw.pick([1, 2, 4, 8, 20]))
    data = draw_data(draw, recipe, max(n, least), p)
    if draw.is_sound and what is not _path and not _is_spread(data.weights):
        data = replace(data, weights=None)
    fixed = {"max_iter": 3, "verbose": False, "batch_size": 32}
    if draw.is_sound and what is not _path:
        fixed["early_stopping"] = False
    parameters = draw_parameters(draw, recipe, data, **fixed)
    if draw.is_sound and draw.chance(0.6):
        parameters["penalty"] = draw.pick(["log_sum", "group_lasso", "l1", "mcp"])
    model = KINDS[task](**parameters)
    draw.may.append(MAY_BE_REFUSED)
    what(draw, judge, recipe, model, data, _options(draw, WALK))
    return judge


def _is_spread(weights):
    """Whether no part of the samples has nearly all of the weight."""
    return weights is None or 0 < np.max(weights) < 1e3 * np.min(weights)


def _draw(draw, name, good, bad):
    value = draw.pick(good)
    if draw.is_bad(0.1):
        value = draw.pick(bad)
        draw.wrong(f"{name}|n_splits|folds" if name == "cv" else name, surely=name not in MAY_NOT)
    draw.words.append(f"{name}={value!r}")
    return value


def _options(draw, table):
    return {name: _draw(draw, name, *values) for name, values in table.items()}


def _path(draw, judge, recipe, model, data, walk):
    has_held_out = draw.chance(0.4) and (data.n_samples > 2 or not draw.is_sound)
    knows_scores = has_held_out or model.early_stopping is True or not draw.is_sound
    ends = [name for name in ENDS if name != "max_drop" or knows_scores]
    walk |= {name: _draw(draw, name, *ENDS[name]) for name in ends if draw.chance(0.2)}
    if has_held_out:
        draw.may.append(f"X_val|{OF_OTHER_DATA}")
        held_out = other_data(draw, recipe, data)
        walk |= {"X_val": held_out.X, "y_val": held_out.y}

    def follow():
        return sparse_mlp_path(model, data.X, data.y, sample_weight=data.weights, **walk)

    path = judge.call(follow, model, data, seeded=model.random_state is not None)
    if path is not None:
        judge.look(_faults_of_path(path, data))


def _faults_of_path(path, data):
    """Yield what is wrong with a path."""
    for name in ("alphas", "objectives", "train_scores", "sparsities", "n_features", "n_weights"):
        values = np.asarray(getattr(path, name), dtype=float)
        if len(values) != len(path) or not np.isfinite(values).all():
            yield f"{name} of the path: {values}"
    if (np.diff(path.alphas) <= 0).any() or path.alphas[0] != 0:
        yield "strengths do not grow from 0"
    if (np.diff(path.supports.astype(int), axis=0) > 0).any():
        yield "an input came back"
    if not (path.importances >= 0).all() or min(path.ranking) != 1:
        yield f"importances {path.importances}, ranking {path.ranking}"
    if data.n_features is not None:
        for index in {0, len(path) // 2, len(path) - 1}:
            yield from (f"point {index}: {one}" for one in faults_of(path.estimator(index), data))
    if pickle.loads(pickle.dumps(path)).summary() != path.summary():
        yield "another path after pickling"
    for target in TARGETS:
        yield from _unlike(lambda target=target: path.at(**target), "^at:")
    for rule in ("best", "1se", "dense"):
        yield from _unlike(lambda rule=rule: path.best(rule), "validation scores")
    _show(PathDisplay.from_path(path, x="alpha"))
    if len(path) > 1:
        _show(FeaturePathDisplay.from_path(path))
    model = path.estimator(0)
    if sum(map(len, model.kept_units_)) < 60:
        _show(NetworkDisplay.from_estimator(model))


def _unlike(function, words):
    """Yield the refusal of a function if it is in other words."""
    try:
        function()
    except ValueError as error:
        if not re.search(words, str(error)):
            yield f"not about {words}: {error}"


def _show(display):
    display.figure_.canvas.draw()
    plt.close("all")


def _search(draw, judge, recipe, model, data, walk):
    search = SEARCHES[recipe.task](model, **_options(draw, OF_SEARCHES), **walk)
    if _fit(judge, search, data, model):
        judge.look(_faults_of_search(search, data))


def _faults_of_search(search, data):
    """Yield what is wrong with a search by cross-validation."""
    n_points = len(search.alphas_)
    if search.scores_path_.shape[1] != n_points or not 0 <= search.best_index_ < n_points:
        yield f"point {search.best_index_} of scores of shape {search.scores_path_.shape}"
    if search.alpha_ != search.alphas_[search.best_index_] or not np.isfinite(search.best_score_):
        yield f"strength {search.alpha_}, score {search.best_score_}"
    if not np.array_equal(search.predict(data.X), search.estimator_.predict(data.X)):
        yield "predictions are not those of estimator_"
    yield from faults_of(search.estimator_, data)
    yield from _faults_of_path(search.path_, data)
    _show(PathDisplay.from_estimator(search))


def _selector(draw, judge, recipe, model, data, walk):
    options = _options(draw, OF_SELECTORS)
    selector = SparseMLPSelector(model, **options, **walk)
    draw.may.append("n_features_to_select|sparsity")
    if _fit(judge, selector, data, model):
        judge.look(_faults_of_selector(selector, data))
        wanted = options["n_features_to_select"]
        if isinstance(wanted, int) and selector.support_.sum() > wanted:
            judge.faults.append(f"{selector.support_.sum()} features, not {wanted}")


def _faults_of_selector(selector, data):
    """Yield what is wrong with a selector."""
    n_left = int(selector.support_.sum())
    if selector.transform(data.X).shape[1] != n_left:
        yield "transform() has another shape than the support"
    if len(selector.get_feature_names_out()) != n_left:
        yield "get_feature_names_out() is not as long as the support"
    again = pickle.loads(pickle.dumps(selector))
    if not np.array_equal(again.support_, selector.support_):
        yield "another support after pickling"


def _stability(draw, judge, recipe, model, data, walk):
    selector = StabilitySelector(model, **_options(draw, OF_STABILITY), **walk)
    draw.may.append("n_features_to_select|one sample|weight")
    if _fit(judge, selector, data, model):
        judge.look(_faults_of_selector(selector, data))
        judge.look(_faults_of_stability(selector))


def _faults_of_stability(selector):
    probabilities = selector.selection_probabilities_
    if not ((probabilities >= 0) & (probabilities <= 1)).all() or not selector.error_bound_ >= 0:
        yield f"probabilities {probabilities}, bound {selector.error_bound_}"
    _show(StabilityDisplay.from_estimator(selector))


def _fit(judge, search, data, model):
    """Fit, judge, and return whether it was not refused."""

    def fit():
        return search.fit(data.X, data.y, sample_weight=data.weights)

    fitted = judge.call(fit, search, data, seeded=model.random_state is not None)
    return fitted is not None and data.n_features is not None
