"""Cases of `fit` and `partial_fit`, alone and one after the other."""

import numpy as np
from sklearn.base import clone

from sgnn import SparseMLPClassifier, SparseMLPRegressor
from tests.fuzz.judge import Judge
from tests.fuzz.parameters import draw_bad, draw_parameters
from tests.fuzz.sound import faults_of
from tests.fuzz.targets import draw_data, draw_recipe

KINDS = {"classifier": SparseMLPClassifier, "regressor": SparseMLPRegressor}
PLANS = "fit", "fit", "fit", "fit", "fit fit", "partial", "fit partial", "fit bad", "fit val"
OF_OTHER_DATA = "class|label|form|output|loss|Cox|features|names|sparse|sample|y |warm_start|layers"


def run(draw):
    """Run a case and return its Judge."""
    task = draw.pick(list(KINDS))
    recipe = draw_recipe(draw, task)
    plans = [plan for plan in PLANS if "partial" not in plan] if recipe.is_cox else PLANS
    plan = draw.pick(plans, bad=PLANS)
    data = draw_data(draw, recipe)
    parameters = draw_parameters(draw, recipe, data, goes_on="partial" in plan)
    model, judge = KINDS[task](**parameters), Judge(draw)
    draw.words.append(plan)
    if plan == "partial":
        _stream(draw, judge, recipe, model, data)
    elif plan == "fit val":
        draw.may.append("X_val|y_val|held|R²|D²|Cox")
        held_out = other_data(draw, recipe, data)
        held_out = {"X_val": held_out.X, "y_val": held_out.y}
        _call(judge, model, "fit", data, **held_out)
    elif _call(judge, model, "fit", data, again=draw.chance(0.5)) and plan != "fit":
        draw.may.append("early_stopping|adaptive|class_weight|partial_fit")
        if plan == "fit fit":
            _call(judge, model, "fit", other_data(draw, recipe, data))
        elif plan == "fit bad":
            draw.is_sound = False
            model.set_params(**draw_bad(draw, task))
            _call(judge, model, "fit", data)
        else:
            for _ in range(2):
                _call(judge, model, "partial_fit", data)
    return judge


def _stream(draw, judge, recipe, model, data):
    draw.may.append("early_stopping|adaptive|class_weight|partial_fit")
    classes = {}
    if recipe.task == "classifier" and isinstance(data.y, np.ndarray) and data.y.ndim == 1:
        classes = {"classes": np.unique(data.y)} if data.y.dtype != object else {}
    for _ in range(draw.rng.integers(2, 5)):
        _call(judge, model, "partial_fit", data, **classes)
        classes = classes if draw.chance(0.5) else {}
        if draw.chance(0.6):
            draw.may += draw.must
            draw.must.clear()
            data = other_data(draw, recipe, data, draw.pick([1, 2, data.n_samples]))


def other_data(draw, recipe, data, n=None):
    """Return other data like these, or in a case that is not sound any other."""
    with draw.leniently():
        if draw.is_sound:
            n = n or data.n_samples
        else:
            draw.may.append(OF_OTHER_DATA)
            recipe = draw.pick([recipe, draw_recipe(draw, recipe.task)])
        return draw_data(draw, recipe, n, data.n_features)


def _call(judge, model, method, data, again=False, **arguments):
    """Call a method, judge what it leaves, and return whether it did not refuse."""
    is_seeded = isinstance(model.random_state, (int, np.integer))

    def fit(estimator):
        return getattr(estimator, method)(data.X, data.y, sample_weight=data.weights, **arguments)

    if judge.call(lambda: fit(model), model, data, seeded=model.random_state is not None) is None:
        return False
    if data.n_features is not None:
        judge.look(faults_of(model, data, fit(clone(model)) if again and is_seeded else None))
    return True
