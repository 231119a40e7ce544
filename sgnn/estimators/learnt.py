"""What a fit leaves behind: the fitted attributes, all at once."""

from sklearn.base import clone

_CURVES = {
    "loss_curve_": "loss",
    "objective_curve_": "objective",
    "validation_loss_curve_": "validation_loss",
    "validation_scores_": "validation_score",
    "n_neurons_curve_": "n_neurons",
}


def learnt(form, alpha, network, histories, n_removed, state, *, baseline=None, before=None):
    """Return the fitted attributes of an estimator by name.

    Parameters
    ----------
    form : Form
    alpha : float
    network : Network
        What is left.
    histories : list of History
    n_removed : tuple of int
    state : State
        What training can go on from.
    baseline : object, default=None
        What predictions need to know besides the network; see :class:`sgnn.losses.Loss`.
    before : object, default=None
        Fitted estimator whose curves go on.

    Returns
    -------
    dict
    """
    attributes = {
        **form.input_attributes,
        **form.targets.attributes,
        "alpha_": alpha,
        "out_activation_": form.targets.loss.out_activation,
        "n_removed_": n_removed,
        "network_": network,
        "_form": form,
        "_baseline": baseline,
        "_state": state,
    }
    for attribute, name in _CURVES.items():
        curve = [value for history in histories for value in getattr(history, name)]
        attributes[attribute] = [*(getattr(before, attribute, None) or []), *curve] or None
    losses, scores = attributes["loss_curve_"], attributes["validation_scores_"]
    return {
        **attributes,
        "loss_": losses[-1],
        "best_loss_": min(losses),
        "best_validation_score_": max(scores) if scores else None,
        "n_iter_": len(losses),
    }


def set_learnt(estimator, attributes):
    """Put fitted attributes in the place of those of an earlier fit, all or none."""
    gone = "feature_names_in_", "classes_"
    stays = {name: value for name, value in vars(estimator).items() if name not in gone}
    estimator.__dict__ = stays | attributes


def fitted(estimator, attributes):
    """Return a clone of an estimator that has learnt something."""
    model = clone(estimator)
    set_learnt(model, attributes)
    return model
