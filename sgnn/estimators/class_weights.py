"""Weights of classes."""

import numpy as np

from sgnn._common.words import brief


def weights_of_classes(class_weight, classes, counts):
    """Return the weight of each class of one column of y.

    Parameters
    ----------
    class_weight : dict or "balanced"
    classes : list
    counts : ndarray of shape (n_classes,)
        Sums of the weights of their samples, what "balanced" follows from.

    Raises
    ------
    ValueError
        If `class_weight` names others than the classes and not all of them, or a weight is not a
        finite number that is not negative.
    """
    if class_weight == "balanced":
        shares = np.count_nonzero(counts) * counts
        return np.divide(counts.sum(), shares, out=np.zeros(len(counts)), where=counts > 0)
    if not isinstance(class_weight, dict):
        raise ValueError(
            f"class_weight must be a dict of weights by class; got {brief(class_weight)}."
        )
    unknown = [key for key in class_weight if key not in classes]
    if unknown and not all(name in class_weight for name in classes):
        raise ValueError(
            f"class_weight: {brief(unknown)} are not among the classes {brief(classes)}."
        )
    try:
        weights = np.array([class_weight.get(name, 1) for name in classes], dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"class_weight={brief(class_weight)}: {error}") from error
    if not (np.isfinite(weights).all() and weights.min() >= 0 and weights.any()):
        raise ValueError(
            f"class_weight={brief(class_weight)}: weights must be finite and not negative, "
            "and not all zero."
        )
    return weights
