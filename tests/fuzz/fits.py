"""Cases of `fit` and `partial_fit`, alone and one after the other."""

import numpy as np
from sklearn.base import clone

from sgnn import SparseMLPClassifier, SparseMLPRegressor
from tests.fuzz.judge import Judge
from tests.fuzz.parameters import draw_bad, draw_parameters
from tests.fuzz.sound import faults_of
from tests.fuzz.targets import draw_data

KINDS = {"classifier": SparseMLPClassifier, "regressor": SparseMLPRegressor}
PLANS = "fit", "fit", "fit", "fit", "fit fit", "partial", "fit partial", "fit bad", "fit val"
OF_OTHER_DATA = "class|label|form|output|features|names|sparse|sample|y |warm_start|layers"


def run(draw):
    """Run a case and return its Judge."""
    task = draw.pick(list(KINDS))
    data = draw_data(draw, task)
    model, judge = KINDS[task](**draw_parameters(draw, task, data)), Judge(draw)
    plan = draw.pick(PLANS)
    draw.words.append(plan)
    if plan == "partial":
        _stream(draw, judge, task, model, data)
    elif plan == "fit val":
        held_out = _other(draw, task, data)
        draw.may.append("X_val|y_val|held|R²")
        held_out = {"X_val": held_out.X, "y_val": held_out.y}
        _call(judge, model, "fit", data, **held_out)
    elif _call(judge, model, "fit", data, again=draw.chance(0.5)) and plan != "fit":
        draw.may.append("early_stopping|adaptive|class_weight")
        if plan == "fit fit":
            _call(judge, model, "fit", _other(draw, task))
        elif plan == "fit bad":
            model.set_params(**draw_bad(draw, task))
            _call(judge, model, "fit", data)
        else:
            for _ in range(2):
                _call(judge, model, "partial_fit", data)
    return judge


def _stream(draw, judge, task, model, data):
    draw.may.append("early_stopping|adaptive|class_weight")
    classes = {}
    if task == "classifier" and isinstance(data.y, np.ndarray) and data.y.ndim == 1:
        classes = {"classes": np.unique(data.y)} if data.y.dtype != object else {}
    for _ in range(draw.rng.integers(2, 5)):
        _call(judge, model, "partial_fit", data, **classes)
        classes = classes if draw.chance(0.5) else {}
        if draw.chance(0.4):
            draw.may += draw.must
            draw.must.clear()
            data = _other(draw, task, data)


def _other(draw, task, data=None):
    """Return other data, of which anything may be wrong."""
    draw.may.append(OF_OTHER_DATA)
    with draw.leniently():
        return draw_data(draw, task, p=None if data is None else data.n_features)


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
