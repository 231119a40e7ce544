"""What must come of a call: a result that is sound, or a refusal that says why."""

import pickle
import random
import re
import warnings
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import polars as pl
import torch

from sgnn import SgnnWarning

# Warnings of scikit-learn and pandas that are about the data.
OF_OTHERS = (
    "No features were selected|number of unique classes is greater than|least populated class|"
    "not well-defined|does not have valid feature names|X has feature names|[Oo]nly one class|"
    "R\\^2 score is not|Scoring failed|non-finite|encountered in cast"
)
OF_A_LIBRARY = "[Tt]ensor|ufunc|broadcast|c10|not supported between"
LONGEST = 500


class Judge:
    """Makes calls, and collects what is wrong with what comes of them.

    Parameters
    ----------
    draw : Draw
        Knows what is wrong with what was drawn.

    Attributes
    ----------
    faults : list of str
    n_calls, n_refused : int
    """

    def __init__(self, draw):
        self.draw, self.faults, self.n_calls, self.n_refused = draw, [], 0, 0

    def call(self, function, estimator, *data, seeded=True):
        """Call a function and judge what it does.

        Parameters
        ----------
        function : callable () -> object
        estimator : BaseEstimator
            What a refusal must leave as it is, and anything its parameters.
        *data : Data
            What nothing may change.
        seeded : bool, default=True
            Whether numpy's global generator must not be drawn from.

        Returns
        -------
        object
            What the function returns, None if it refuses.
        """
        before, inputs, process = _attributes(estimator), _hashes(data), _process()
        self.n_calls += 1
        result, error = None, None
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            try:
                result = function()
            except Exception as caught:
                error = caught
        if not seeded:
            process["numpy random"] = _process()["numpy random"]
        changed = [name for name, value in _process().items() if value != process[name]]
        self._note(f"the process has changed: {changed}", bool(changed))
        self._note("the data have changed", _hashes(data) != inputs)
        if "infinity" not in str(error):  # There scikit-learn adds up what is not finite.
            self._judge_warnings(heard)
        now = _attributes(estimator)
        fixed = before if error else estimator.get_params(deep=False)
        changed = sorted(name for name in fixed if before.get(name) != now.get(name))
        changed += sorted({*now} - {*before}) if error else []
        self._note(f"{'a refusal' if error else 'fitting'} changed {changed}", bool(changed))
        if error is not None:
            self.n_refused += 1
            self._judge_error(error)
        elif self.draw.must:
            self.faults.append(f"accepted in spite of {self.draw.must}")
        return result

    def look(self, faults):
        """Add faults, and the warnings that come up while they are looked for."""
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            self.faults += faults
        self._judge_warnings(heard)

    def _note(self, fault, is_there):
        self.faults += [fault] if is_there else []

    def _judge_error(self, error):
        words = f"{type(error).__name__}: {error}"
        foreseen = "|".join([*self.draw.must, *self.draw.may]) or "$^"
        if not isinstance(error, (ValueError, TypeError)):
            self.faults.append(f"neither ValueError nor TypeError: {words}")
        elif len(str(error)) >= LONGEST:
            self.faults.append(f"{len(str(error))} characters: {words}")
        elif "device" not in words and re.search(OF_A_LIBRARY, words):
            self.faults.append(f"words of a library: {words}")
        elif "Training stopped" in words:
            self._note(f"tame data: {words}", not self.draw.is_wild)
        elif not re.search(foreseen, words):
            self.faults.append(f"not about {foreseen}: {words}")

    def _judge_warnings(self, heard):
        for warning in heard:
            place = f"{warning.filename}:{warning.lineno}"
            words = f"{warning.category.__name__} at {place}: {warning.message}"
            if issubclass(warning.category, SgnnWarning):
                is_at_user = Path(warning.filename).parent == Path(__file__).parent
                self._note(f"not at the user's line: {words}", not is_at_user)
            else:
                self._note(words, not re.search(OF_OTHERS, words))


def _process():
    """Return what a fit must leave as it is."""
    return {
        "torch threads": torch.get_num_threads(),
        "denormals": float(np.float32(1e-39) * np.float32(0.5)) != 0,
        "gradients": (torch.is_grad_enabled(), torch.is_inference_mode_enabled()),
        "torch dtype": torch.get_default_dtype(),
        "numpy errors": str(np.geterr()),
        "numpy random": joblib.hash(np.random.get_state()),  # noqa: NPY002
        "torch random": joblib.hash(torch.get_rng_state().numpy()),
        "python random": joblib.hash(random.getstate()),
    }


def _hash(thing):
    if isinstance(thing, torch.Tensor):
        thing = thing.numpy()
    if isinstance(thing, (pl.DataFrame, pl.Series)):
        thing = thing.to_numpy()
    if isinstance(thing, pd.DataFrame):
        thing = thing.to_dict("list")
    try:
        return joblib.hash(thing)
    except (TypeError, AttributeError, pickle.PicklingError):
        return repr(thing)


def _hashes(data):
    return [_hash(part) for one in data for part in (one.X, one.y, one.weights)]


def _attributes(estimator):
    """Return a hash of each attribute, but of generators, which are drawn from."""
    return {
        name: _hash(value)
        for name, value in vars(estimator).items()
        if not isinstance(value, np.random.RandomState)
    }
