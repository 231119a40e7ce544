"""One source for class docstrings that differ between classifier and regressor in a few words."""

_ESTIMATOR = r"""{summary}

Inputs, hidden units and single weights that the penalty makes redundant are exactly zero and
physically removed from the fitted network. Scale X first, for instance with
:class:`sklearn.preprocessing.StandardScaler`: penalty and rates are made for inputs of about unit
size. The objective is meant literally, whatever the solver:

.. math::
    \frac{{\sum_i s_i\, \ell(y_i, f(x_i))}}{{\sum_i s_i}} + \alpha\,\Omega(W)
    + \frac{{\texttt{{l2}}}}{{2}} \sum w^2

with sample weights :math:`s`, :math:`\ell` the {loss}, and biases free of any penalty (but for
"incoming" groups, which hold the bias of their unit). The estimator is also a selector:
:meth:`transform` keeps the inputs that the network uses.

Parameters
----------
hidden_layer_sizes : int or tuple of int, default=(100,)
    Units per hidden layer before anything is removed; ``()`` is a linear model.
activation : {{"identity", "logistic", "tanh", "relu", "leaky_relu", "gelu"}}, default="relu"
    Activation of the hidden units.
penalty : None, str, Penalty or list of these, default="group_lasso"
    :math:`\Omega`: a name of :func:`sgnn.penalties.available`, a penalty object, or a list, which
    is their sum.
alpha : float >= 0 or "auto", default="auto"
    Strength of the penalty. "auto" is {auto_alpha}; see ``alpha_``.
l2 : float >= 0, default=0.0
    Strength of the ridge term on all weights.
refit : bool, default=False
    Whether to train on without the penalty, for up to `max_iter` further epochs, on the support
    that was found. This undoes the shrinkage of what stays. ``partial_fit`` does not do it.
feature_groups : list of lists of int or str, default=None
    Columns of X, by index or name, that are kept or dropped together, such as the columns of a
    one-hot encoding. Columns that are not named stand alone. It applies to "outgoing" groups.
{class_weight}solver : {{"adam", "sgd"}}, default="adam"
    Proximal optimiser.
batch_size : int or "auto", default="auto"
    Samples per step; "auto" is 200, and never more than there are.
learning_rate : {{"constant", "cosine", "adaptive"}}, default="cosine"
    "cosine" falls from `learning_rate_init` to zero within `max_iter` epochs, so that the support
    settles, and always takes them all (unless stopped early). "adaptive" divides the rate by 5
    whenever the objective stands still, until it is a thousandth of the initial one.
learning_rate_init : float > 0, default={learning_rate_init}
    Initial step size, for parameters and losses in natural units ({units}).
max_iter : int >= 1, default={max_iter}
    Number of epochs at most.
shuffle : bool, default=True
    Whether to shuffle the samples in each epoch.
random_state : int, RandomState instance or None, default=None
    Initial weights, shuffling and the split for early stopping. None draws from numpy's global
    state, an int touches no global state.
tol : float >= 0, default=1e-4
    Change of the objective, in natural units, that counts as progress.
n_iter_no_change : int >= 1 or inf, default=10
    Epochs without progress after which a "constant" rate stops, provided that the units that are
    left did not change in them either, and an "adaptive" one is lowered.
momentum : float in [0, 1), default=0.9
    Momentum of "sgd".
nesterovs_momentum : bool, default=True
    Whether the momentum of "sgd" looks ahead.
early_stopping : bool, default=False
    Whether to stop when the score on held-out data stands still, and to return to the best epoch.
validation_fraction : float in (0, 1), default=0.1
    Share of the training data held out for `early_stopping` where `fit` gets no ``X_val``.
warm_start : bool, default=False
    Whether `fit` goes on from the last network, at its full size: zeros may come back.
verbose : bool or int, default=False
    Whether to print a line per epoch.
device : str, default="cpu"
    Where to train: "cpu", "cuda" or another device of torch. Predictions are made in numpy.
n_threads : int or None, default=1
    Threads during `fit`; None leaves torch's setting. One is best for most networks, and leaves
    the other cores to `n_jobs` of a search.

Attributes
----------
alpha_ : float
    Strength that was used.
n_neurons_ : tuple of int
    Units on a path from an input to an output, per layer, inputs first and outputs last.
sparsity_ : float in [0, 1]
    Fraction of the weights of the full network that are zero.
support_ : ndarray of bool, shape (n_features,)
    Inputs that the network uses.
selected_features_ : ndarray of int
    Their indices.
feature_importances_ : ndarray of shape (n_features,)
    Norms of the outgoing weights of each input; 0 for removed ones.
coefs_ : list of ndarray of shape (n_in, n_out)
    Weights of the compact network; :meth:`expand` gives the full-size ones.
intercepts_ : list of ndarray of shape (n_out,)
    Biases of the compact network.
kept_units_ : list of ndarray of bool
    Which units of the full network were kept, per layer, inputs first and outputs last.
n_removed_ : tuple of int
    Units per layer that were not trained to the end, to save time.
loss_curve_ : list of float
    Mean training loss of each epoch, without penalty and ridge.
objective_curve_ : list of float
    `loss_curve_` plus penalty and ridge, at the end of each epoch, of the units still trained.
validation_loss_curve_, validation_scores_ : list of float or None
    Mean loss and score ({score}) on held-out data.
n_neurons_curve_ : list of tuple of int
    `n_neurons_` at the end of each epoch.
best_loss_ : float
    Least value of `loss_curve_`.
n_iter_ : int
    Epochs trained, with those of `refit`, without those that find adaptive weights. More than
    `max_iter` also if inputs were removed that the loss wants back in the end: then the last
    quarter is repeated, up to three times, without a word to callbacks.
{classes}n_features_in_ : int
    Number of inputs.
feature_names_in_ : ndarray of str
    Names of the inputs, if X had any.

See Also
--------
sklearn.neural_network.{peer} : The dense counterpart.

Notes
-----
Each step is a gradient step followed by the proximal operator of the penalty *in the metric of that
step*: momentum enlarges the prox, and Adam shares its second moment inside each group. So the zeros
are exact and the minimiser is that of the objective above.

Once a quarter of the multiplications is on units without a path from input to output, these are
removed and training goes on with a smaller network, on fewer columns of X. Removed inputs come back
if the gradient over all samples asks for it; it is looked at every eighth of `max_iter`, and in the
end, unless training is stopped from outside or by `early_stopping`. Removed hidden units come back
with the next ``fit`` under `warm_start`, at the earliest.

References
----------
.. [1] Scardapane, Comminiello, Hussain & Uncini (2017), "Group sparse regularization for deep
   neural networks", arXiv:1607.00485.
.. [2] Kingma & Ba (2015), "Adam: a method for stochastic optimization", arXiv:1412.6980.

Examples
--------{example}"""


_CROSS_VALIDATED = """{summary}

The path of :func:`sgnn.sparse_mlp_path` is walked on all data, which finds the strengths, and
along the same strengths on the training part of each fold, which scores them. The network at
the strength chosen is that of the path on all data; nothing is trained again.

Parameters
----------
estimator : {estimator} or None, default=None
    Network, penalty and training, as for :func:`sgnn.sparse_mlp_path`. None is
    ``{estimator}(penalty="log_sum")``, with ``l2=1e-3`` and a ``max_iter`` that suits the
    data; for results that repeat, give one with a ``random_state``.
alphas : int or array-like of float > 0, default=60
    The number of steps at most, of a path that finds its strengths; or the strengths.
max_iter : int or "auto", default="auto"
    Epochs at each strength; "auto" is as many as make 120 steps, but five at least.
cv : int, cross-validation generator or iterable, default=None
    Folds, as everywhere in scikit-learn; None is 5 folds. Splits that need groups are given as a
    list, ``list(cv.split(X, y, groups))``.
scoring : str or callable, default=None
    What decides, and what :meth:`score` returns, as everywhere in scikit-learn; None is {score}.
rule : {{"best", "1se", "dense"}}, default="1se"
    "best": the highest mean score. "1se": the largest alpha whose mean score is within one
    standard error of the highest. "dense": the largest alpha whose mean score is at most `tol`
    below that of the dense network.
tol : float >= 0, default=0.0
    For ``rule="dense"``.
n_jobs : int or None, default=None
    Processes that the folds are shared out among; None is 1.

Attributes
----------
alpha_ : float
    The strength chosen; 0 for the dense network.
alphas_ : ndarray of shape (n_points,)
    The strengths of the path, in growing order, 0 first.
scores_path_ : ndarray of shape (n_folds, n_points)
    Scores on the test parts of the folds.
n_features_path_ : ndarray of int, shape (n_folds, n_points)
    Inputs left in each fold.
best_index_ : int
    Place of `alpha_` in `alphas_`.
best_score_ : float
    Mean score there.
path_ : SparseMLPPath
    The path on all data.
n_iter_ : int
    Epochs along it.
estimator_ : {estimator}
    The network chosen, never an empty one.
coefs_, intercepts_, n_neurons_, sparsity_, support_, selected_features_, feature_importances_
    Those of `estimator_`.
{classes}n_features_in_, feature_names_in_
    As everywhere in scikit-learn.

See Also
--------
sgnn.sparse_mlp_path : The path.
sgnn.SparseMLPSelector : A selector of features with the same choice.

References
----------
The rule of one standard error: Breiman, Friedman, Olshen & Stone (1984), "Classification and
regression trees", section 3.4.3.

Examples
--------{example}"""


def document(**parts):
    """Class decorator that writes the docstring of an estimator from the template."""
    return _writer(_ESTIMATOR, parts)


def document_cv(**parts):
    """Class decorator that writes the docstring of a cross-validated path from the template."""
    return _writer(_CROSS_VALIDATED, parts)


def _writer(template, parts):
    def decorate(cls):
        cls.__doc__ = template.format(**parts)
        return cls

    return decorate
