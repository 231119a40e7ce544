"""What goes on from `fit` and `score` to folds and scores, with and without metadata routing."""

from inspect import signature

import numpy as np
from sklearn.metrics import check_scoring
from sklearn.utils import Bunch
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing

from sgnn._common.private_sklearn import _num_samples, _routing_enabled


def router(search, estimator):
    """Return what scikit-learn asks for by ``get_metadata_routing``.

    Parameters
    ----------
    search : object
        With parameters `cv` and `scoring`.
    estimator : object
        Of the kind that is scored.
    """
    of_folds = MethodMapping().add(caller="fit", callee="split")
    of_scores = MethodMapping().add(caller="fit", callee="score")
    of_scores.add(caller="score", callee="score")
    asked = MetadataRouter(owner=search).add_self_request(search)
    asked.add(splitter=search.cv, method_mapping=of_folds)
    return asked.add(scorer=check_scoring(estimator, search.scoring), method_mapping=of_scores)


def routed_by_fit(search, scorer, **metadata):
    """Return what the folds and the scores get.

    Parameters
    ----------
    search : object
        With a method ``get_metadata_routing``.
    scorer : callable
    **metadata : object
        `sample_weight` and `groups`; None is as if it were not given.

    Returns
    -------
    Bunch
        ``splitter.split`` and ``scorer.score`` are dict.
    """
    given = _given(metadata)
    if _routing_enabled():
        return process_routing(search, "fit", **given)
    of_scores = {"sample_weight"} if takes_weights(scorer) else set()
    return Bunch(
        splitter=Bunch(split={name: given[name] for name in given.keys() & {"groups"}}),
        scorer=Bunch(score={name: given[name] for name in given.keys() & of_scores}),
    )


def routed_by_score(search, **metadata):
    """Return what the scorer gets of `sample_weight`; see :func:`routed_by_fit`."""
    given = _given(metadata)
    return process_routing(search, "score", **given).scorer.score if _routing_enabled() else given


def _given(metadata):
    return {name: value for name, value in metadata.items() if value is not None}


def check_groups(groups, X):
    """Return the groups of the samples as an array, None for None.

    Raises
    ------
    ValueError
        If there is not one for each row of X.
    """
    if groups is None:
        return None
    groups, n_samples = np.asarray(groups), _num_samples(X)
    if groups.shape != (n_samples,):
        raise ValueError(
            f"groups must have shape ({n_samples},), one for each row of X; got {groups.shape}."
        )
    return groups


def takes_weights(scorer):
    """Whether a scorer, of scikit-learn or a function, takes sample_weight."""
    if hasattr(scorer, "_accept_sample_weight"):
        return scorer._accept_sample_weight()
    return "sample_weight" in signature(scorer).parameters
