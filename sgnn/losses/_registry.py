"""Losses by name."""

from sklearn.base import clone

from sgnn._common.registry import Registry
from sgnn.losses.base import Loss


def _check(loss):
    if not (isinstance(loss, type) and issubclass(loss, Loss)):
        raise TypeError(f"loss must be a subclass of sgnn.losses.Loss; got {loss!r}.")


LOSSES = Registry(
    "loss",
    {
        "squared_error": "sgnn.losses.squared_error:SquaredError",
        "huber": "sgnn.losses.huber:Huber",
        "quantile": "sgnn.losses.quantile:Quantile",
        "poisson": "sgnn.losses.poisson:Poisson",
        "gamma": "sgnn.losses.gamma:Gamma",
        "cox": "sgnn.losses.cox:Cox",
        "log_loss": "sgnn.losses.log_loss:LogLoss",
    },
    _check,
)


def available():
    """Return the names that ``loss=`` of a regressor understands.

    Returns
    -------
    list of str
        In the order of the alphabet.

    Examples
    --------
    >>> from sgnn.losses import available
    >>> available()
    ['cox', 'gamma', 'huber', 'poisson', 'quantile', 'squared_error']
    """
    return [name for name in LOSSES.names() if not LOSSES[name].of_classes]


def register(name, loss):
    """Make a loss of your own selectable by name.

    Parameters
    ----------
    name : str
        The name, in this process; an existing one is refused. Workers of a search with ``n_jobs``
        do not know it: give them the loss object.
    loss : subclass of Loss
        Must be constructible without arguments.

    Raises
    ------
    ValueError
        If the name is taken.
    TypeError
        If `name` is not a str, or `loss` not a subclass of :class:`Loss`.
    """
    _check(loss)
    LOSSES.register(name, loss)


def get_loss(loss):
    """Turn what a user gave as ``loss`` of a regressor into a loss of its own.

    Parameters
    ----------
    loss : str or Loss
        A name of :func:`available`, or an object.

    Returns
    -------
    Loss
        A copy.

    Raises
    ------
    ValueError
        If a name is unknown, with the nearest known one, a parameter of the loss is out of range,
        or the loss is one of classes.
    TypeError
        If it is neither a name nor a loss, or a parameter of it has the wrong type.
    """
    if not isinstance(loss, (str, Loss)):
        raise TypeError(
            "loss must be one of the names of sgnn.losses.available() or a Loss object; "
            f"got {loss!r}."
        )
    found = LOSSES[loss]() if isinstance(loss, str) else clone(loss)
    if found.of_classes:
        raise ValueError(f"loss={loss!r} is for classes, and that of SparseMLPClassifier.")
    found.check_parameters()
    return found
