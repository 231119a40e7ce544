"""Losses of regressors, all that are registered, and numbers that they take for targets."""

from dataclasses import fields

import numpy as np

from sgnn.losses import LOSSES, available
from tests.fuzz.draw import INF, NAN

OPTIONS = {
    "delta": [1.35, 0.1, 1e-3, 1e3, np.float32(0.5), 2],
    "quantile": [0.5, 0.1, 0.9, 1e-3, 1 - 1e-6, np.float32(0.25)],
}
EXTREME = {"delta": [1e-300, 1e300], "quantile": [1e-300, 1 - 1e-16]}
BAD_OPTIONS = {
    "delta": [0, -1, NAN, INF, None, "x", True],
    "quantile": [0, 1, -1, NAN, None, "x", 10**400],
}
BAD = [None, 3, "", "nonsense", "log_loss", b"huber", ["huber"], LOSSES["huber"]]
# What one loss wants more than another of standard normal numbers.
TARGETS = {
    "poisson": ["positive", "counts", "rare counts"],
    "gamma": ["positive"],
    "cox": ["survival"],
}


def draw_loss(draw):
    """Return what is given as ``loss``, and the name of the loss."""
    if draw.is_bad(0.1):
        draw.wrong("loss|SparseMLPClassifier")
        return draw.pick(BAD), "squared_error"
    name = draw.pick([*available(), "squared_error"])
    known = [field.name for field in fields(LOSSES[name])]
    if draw.chance(0.5) and not (known and draw.chance(0.5)):
        return name, name
    options = {one: draw.pick(OPTIONS[one], bad=EXTREME[one]) for one in known}
    if known:
        draw.wrong("delta|quantile|extreme", surely=False)
    if known and draw.is_bad(0.3):
        options = {one: draw.pick(BAD_OPTIONS[one]) for one in known}
        draw.wrong("delta|quantile")
    return LOSSES[name](**options), name


def targets_for(draw, name, y):
    """Return targets that a loss takes, made of numbers of about unit size."""
    if draw.is_bad(0.1):
        draw.wrong("y|event|Cox", surely=False)
        name = draw.pick(available())
    kind = draw.pick(TARGETS.get(name, ["numbers"]))
    positive = np.exp(y.clip(-3, 3))
    if kind == "survival":
        event = draw.rng.random(len(y)) < draw.pick([0.3, 0.7, 1.0])
        time = positive if draw.chance(0.5) else np.ceil(positive)
        event[time.argsort()[:2]] = True
        return np.column_stack([event, time])
    counts = np.floor(positive)
    counts[:1] = 2
    made = {"numbers": y, "positive": positive, "counts": counts, "rare counts": counts // 2}
    return made[kind]
