"""The parameters of the two estimators: names, defaults, types and ranges, what they mean."""

import os
from dataclasses import KW_ONLY, dataclass
from numbers import Integral, Number, Real

import numpy as np
from sklearn.base import BaseEstimator

from sgnn._common.documented import Documented
from sgnn._common.private_sklearn import Interval, Options, StrOptions
from sgnn._common.versions import Versioned
from sgnn._common.words import brief, check_plain
from sgnn.training.checkpoint import Checkpoint


@dataclass(eq=False, repr=False)
class SparseMLPParameters(Documented, Versioned, BaseEstimator):
    r"""What :class:`sgnn.SparseMLPClassifier` and :class:`sgnn.SparseMLPRegressor` have in common.

    Parameters
    ----------
    hidden_layer_sizes : int or tuple of int, default=(100,)
        Units per hidden layer before anything is removed; ``()`` is a linear model.
    activation : {"identity", "logistic", "tanh", "relu", "leaky_relu", "gelu"}, default="relu"
        Activation of the hidden units.
    penalty : None, str, Penalty or list of these, default="group_lasso"
        :math:`\Omega`: a name of :func:`sgnn.penalties.available`, a penalty object, or a list,
        which is their sum.
    alpha : float >= 0 or "auto", default="auto"
        Strength of the penalty; the ridge, which is `alpha` in MLPClassifier, is `l2`.
    l2 : float >= 0, default=0.0
        Strength of the ridge term on all weights, for the objective above; the `alpha` of
        MLPClassifier divided by its batch size.
    refit : bool, default=False
        Whether to train on without the penalty, for up to `max_iter` further epochs, on the support
        that was found. This undoes the shrinkage of what stays. ``partial_fit`` does not do it.
    feature_groups : list of lists of int or str, default=None
        Columns of X, by index or name, that are kept or dropped together, such as the columns of a
        one-hot encoding. Columns that are not named stand alone. It applies to "outgoing" groups.
    solver : {"adam", "sgd", "lbfgs"}, default="adam"
        Proximal optimiser. "lbfgs" takes all samples in each step, and needs no learning rate: an
        epoch is a step, of two gradients or a few more [4]_. On small data, and wherever the
        objective is convex, it goes to the minimum to many digits. It makes no use of `batch_size`,
        `shuffle`, `momentum` and the learning rate, refuses losses without a gradient
        (``"quantile"``), penalties on groups that overlap, `warm_up` and `input_dropout`, and there
        is no ``partial_fit``.
    batch_size : int or "auto", default="auto"
        Samples per step, never more than there are. "auto" is a thirty-second of them, but 32 at
        least and 200 at most; along paths, and in ``partial_fit``, it is 200.
    learning_rate : {"constant", "cosine", "adaptive"}, default="cosine"
        "cosine" falls from `learning_rate_init` to zero within `max_iter` epochs, so that the
        support settles, and always takes them all (unless stopped early). "adaptive" divides the
        rate by 5 whenever the objective stands still, until it is a thousandth of the initial one.
    learning_rate_init : float > 0, default=0.01
        Initial step size, for parameters and losses in natural units: those in which the targets of
        a regression have standard deviation 1.
    max_iter : int >= 1, default=160
        Number of epochs at most.
    max_fun : int >= 1, default=15000
        Number of gradients at most of "lbfgs", in each run: training ends with the step in which
        they are used up.
    shuffle : bool, default=True
        Whether to shuffle the samples in each epoch.
    random_state : int, RandomState instance or None, default=None
        Initial weights, shuffling and the split for early stopping. None draws from numpy's global
        state, an int touches no global state.
    tol : float >= 0, default=1e-4
        Change of the objective, in natural units, that counts as progress. A fit warns if it was
        not at rest when `max_iter` epochs were over: if the last epoch of a "cosine" rate changed
        the objective by more, or another rate did not stop. For "lbfgs" it is a millionth of this.
    n_iter_no_change : int >= 1 or inf, default=10
        Epochs without progress after which a "constant" rate stops, provided that the units that
        are left did not change in them either, and an "adaptive" one is lowered.
    momentum : float in [0, 1), default=0.9
        Momentum of "sgd".
    nesterovs_momentum : bool, default=True
        Whether the momentum of "sgd" looks ahead.
    early_stopping : bool, default=False
        Whether to stop when the score on held-out data stands still, and to return to the best
        epoch.
    validation_fraction : float in (0, 1), default=0.1
        Share of the training data held out for `early_stopping` where `fit` gets no ``X_val``.
    input_dropout : float in [0, 1), default=0.0
        Probability with which an entry of X is replaced by 0 in training, drawn afresh in each
        epoch; the others are divided by ``1 - input_dropout`` [3]_. So X should be such that 0 is
        a typical value. Networks of few weights lose less accuracy where many inputs say the same,
        such as pixels; for selecting features it is no help. `loss_curve_` is that of the data with
        zeros.
    warm_start : bool, default=False
        Whether `fit` goes on from the last network, at its full size: zeros may come back. Where
        the unit of y has changed by more than a factor of 10, with a warning from that network in
        the new unit.
    verbose : bool or int, default=False
        Whether to print a line per epoch; on a path, per network.
    device : str, default="cpu"
        Where to train: "cpu", "cuda" or another device of torch. Predictions are made in numpy.
    dtype : {"float32", "float64"} or type of numpy, or None, default=None
        Data type to train in, which the weights and raw outputs keep. None is that of X, float64
        for all that is not floating. Single precision is up to twice as fast. The first call of
        `partial_fit` decides for all.
    n_threads : int or None, default=1
        Threads during `fit`; None leaves the settings of torch and BLAS. One is best for most
        networks, and leaves the other cores to `n_jobs` of a search. A process that was forked from
        one that has trained on several uses one, whatever is asked for: threads do not survive a
        fork.
    data_parallel : bool, default=False
        Whether the processes of the group of ``torch.distributed`` train one network together. Each
        gives :meth:`fit` its part of the samples, and of the held-out ones, and takes its part of
        every batch of `batch_size`; gradients are summed. All end with the same network, which is
        that of one process on batches of the same samples, up to rounding. An error in one of them
        is a ConnectionError in the others.
    checkpoint : str, path, Checkpoint or None, default=None
        Folder in which `fit` writes down how far it is, about once in 60 seconds, or a
        :class:`sgnn.Checkpoint` that says how often. If the process is killed, the same call goes
        on from there, and ends with the same bits. It needs a `random_state` other than None. Calls
        can share a folder; what a call has written is removed when it is over. ``partial_fit`` does
        not write: store the estimator between its calls.

    Attributes
    ----------
    alpha_ : float
        Strength that was used.
    network_ : Network
        What is left of the network; `coefs_`, `n_neurons_` and the like read it.
    n_neurons_ : tuple of int
        Units on a path from an input to an output, per layer, inputs first and outputs last.
    sparsity_ : float in [0, 1]
        Fraction of the weights of the full network that are zero.
    support_ : ndarray of bool, shape (n_features,)
        Inputs that the network uses.
    selected_features_ : ndarray of int
        Their indices.
    feature_importances_ : ndarray of shape (n_features,)
        Norms of the outgoing weights of each input; 0 for removed ones. Under a weak `l2` those of
        a dense network still hold its initial weights, and copies of an input share what is one's;
        :func:`sklearn.inspection.permutation_importance` asks the predictions instead.
    coefs_ : list of ndarray of shape (n_in, n_out)
        Weights of the compact network; ``expand`` gives the full-size ones.
    intercepts_ : list of ndarray of shape (n_out,)
        Biases of the compact network.
    kept_units_ : list of ndarray of bool
        Which units of the full network were kept, per layer, inputs first and outputs last.
    n_layers_ : int
        Layers of units, inputs and outputs included.
    n_outputs_ : int
        Outputs: one per class, label or target, and one for two classes.
    out_activation_ : {"identity", "logistic", "softmax", "exp"}
        What makes predictions of raw outputs, which :meth:`to_torch` leaves to the user.
    n_removed_ : tuple of int
        Units per layer that were not trained to the end, to save time.
    loss_curve_ : list of float
        Mean training loss of each epoch, without penalty and ridge.
    loss_ : float
        The last value of `loss_curve_`.
    objective_curve_ : list of float
        `loss_curve_` plus penalty and ridge, at the end of each epoch, of the units still trained.
    validation_loss_curve_ : list of float or None
        Mean loss on held-out data.
    n_neurons_curve_ : list of tuple of int
        `n_neurons_` at the end of each epoch.
    best_loss_ : float
        Least value of `loss_curve_`.
    best_validation_score_ : float or None
        Greatest value of `validation_scores_`.
    n_iter_ : int
        Epochs trained, with those of `refit`, without those that find adaptive weights. More than
        `max_iter` also if inputs were removed that the loss wants back in the end: then the last
        quarter is repeated, up to three times, without a word to callbacks.
    n_features_in_ : int
        Number of inputs.
    feature_names_in_ : ndarray of str
        Names of the inputs, if X had any.

    Notes
    -----
    Each step is a gradient step followed by the proximal operator of the penalty *in the metric of
    that step*: momentum enlarges the prox, and Adam shares its second moment inside each group. So
    the zeros are exact and the minimiser is that of the objective above.

    Once a quarter of the multiplications is on units without a path from input to output, these are
    removed and training goes on with a smaller network, on fewer columns of X. Removed inputs come
    back if the gradient over all samples asks for it; it is looked at every eighth of `max_iter`,
    and in the end, unless training is stopped from outside or by `early_stopping`. Removed hidden
    units come back with the next ``fit`` under `warm_start`, at the earliest.

    References
    ----------
    .. [1] Scardapane, Comminiello, Hussain & Uncini (2017), "Group sparse regularization for deep
       neural networks", arXiv:1607.00485.
    .. [2] Kingma & Ba (2015), "Adam: a method for stochastic optimization", arXiv:1412.6980.
    .. [3] Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov (2014), "Dropout: a simple way
       to prevent neural networks from overfitting", JMLR 15.
    .. [4] Stella, Themelis, Sopasakis & Patrinos (2017), "A simple and efficient algorithm for
       nonlinear model predictive control", arXiv:1709.06487.
    """

    hidden_layer_sizes: int | tuple = (100,)
    activation: str = "relu"
    _: KW_ONLY
    penalty: object = "group_lasso"
    alpha: float | str = "auto"
    l2: float = 0.0
    refit: bool = False
    feature_groups: list | None = None
    solver: str = "adam"
    batch_size: int | str = "auto"
    learning_rate: str = "cosine"
    learning_rate_init: float = 0.01
    max_iter: int = 160
    max_fun: int = 15000
    shuffle: bool = True
    random_state: int | np.random.RandomState | None = None
    tol: float = 1e-4
    n_iter_no_change: float = 10
    momentum: float = 0.9
    nesterovs_momentum: bool = True
    early_stopping: bool = False
    validation_fraction: float = 0.1
    input_dropout: float = 0.0
    warm_start: bool = False
    verbose: bool | int = False
    device: str = "cpu"
    dtype: str | type | None = None
    n_threads: int | None = 1
    data_parallel: bool = False
    checkpoint: str | os.PathLike | Checkpoint | None = None

    _parameter_constraints = {
        "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
        "activation": [str],
        "penalty": "no_validation",
        "alpha": [Interval(Real, 0, None, closed="left"), StrOptions({"auto"})],
        "l2": [Interval(Real, 0, None, closed="left")],
        "refit": ["boolean"],
        "feature_groups": [list, tuple, None],
        "solver": [str],
        "batch_size": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "learning_rate": [StrOptions({"constant", "cosine", "adaptive"})],
        "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "max_fun": [Interval(Integral, 1, None, closed="left")],
        "shuffle": ["boolean"],
        "random_state": ["random_state"],
        "tol": [Interval(Real, 0, None, closed="left")],
        "n_iter_no_change": [
            Interval(Integral, 1, None, closed="left"),
            Options(Real, {np.inf}),
        ],
        "momentum": [Interval(Real, 0, 1, closed="left")],
        "nesterovs_momentum": ["boolean"],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "input_dropout": [Interval(Real, 0, 1, closed="left")],
        "warm_start": ["boolean"],
        "verbose": ["verbose"],
        "device": [str],
        "dtype": [
            StrOptions({"float32", "float64"}),
            Options(type, {np.float32, np.float64}),
            None,
        ],
        "n_threads": [Interval(Integral, 1, 1024, closed="both"), None],
        "data_parallel": ["boolean"],
        "checkpoint": [str, os.PathLike, Checkpoint, None],
    }

    def set_params(self, **params):
        """Set parameters, also those of a penalty or loss that is an object, by ``penalty__gamma``.

        Parameters
        ----------
        **params : dict

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            If a parameter is unknown, or one of something that has none, such as a name.
        """
        for key in params:
            name, _, inner = key.partition("__")
            value = params.get(name, getattr(self, name, self))
            if inner and not hasattr(value, "set_params"):
                raise ValueError(
                    f"{key}: {name}={brief(value)} has no parameters to set; give {name}= an "
                    "object, such as sgnn.penalties.MCP() or sgnn.losses.Huber()."
                )
        return super().set_params(**params)

    def _validate_params(self):
        for name, value in self.get_params(deep=False).items():
            allowed = self._parameter_constraints.get(name, ())
            if isinstance(value, Number) and any(isinstance(one, Interval) for one in allowed):
                check_plain(name, value)
        super()._validate_params()
