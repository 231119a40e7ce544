"""What the docstrings of the two estimators share."""

from sgnn._common.docstrings import fill

_NETWORK = """
hidden_layer_sizes : int or tuple of int, default=(100,)
    Units per hidden layer before anything is removed; ``()`` is a linear model.
activation : {"identity", "logistic", "tanh", "relu", "leaky_relu", "gelu"}, default="relu"
    Activation of the hidden units.
penalty : None, str, Penalty or list of these, default="group_lasso"
    :math:`\\Omega`: a name of :func:`sgnn.penalties.available`, a penalty object, or a list, which
    is their sum.
"""

_SPARSITY = """
l2 : float >= 0, default=0.0
    Strength of the ridge term on all weights.
refit : bool, default=False
    Whether to train on without the penalty, for up to `max_iter` further epochs, on the support
    that was found. This undoes the shrinkage of what stays. ``partial_fit`` does not do it.
feature_groups : list of lists of int or str, default=None
    Columns of X, by index or name, that are kept or dropped together, such as the columns of a
    one-hot encoding. Columns that are not named stand alone. It applies to "outgoing" groups.
"""

_SOLVER = """
solver : {"adam", "sgd"}, default="adam"
    Proximal optimiser.
batch_size : int or "auto", default="auto"
    Samples per step; "auto" is 200, and never more than there are.
learning_rate : {"constant", "cosine", "adaptive"}, default="cosine"
    "cosine" falls from `learning_rate_init` to zero within `max_iter` epochs, so that the support
    settles, and always takes them all (unless stopped early). "adaptive" divides the rate by 5
    whenever the objective stands still, until it is a thousandth of the initial one.
"""

_TRAINING = """
max_iter : int >= 1, default=160
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
"""

_FITTED = """
alpha_ : float
    Strength that was used.
network_ : Network
    What is left of the network, which the next eight attributes read.
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
validation_loss_curve_ : list of float or None
    Mean loss on held-out data.
"""

_COURSE = """
n_neurons_curve_ : list of tuple of int
    `n_neurons_` at the end of each epoch.
best_loss_ : float
    Least value of `loss_curve_`.
n_iter_ : int
    Epochs trained, with those of `refit`, without those that find adaptive weights. More than
    `max_iter` also if inputs were removed that the loss wants back in the end: then the last
    quarter is repeated, up to three times, without a word to callbacks.
"""

_SEEN = """
n_features_in_ : int
    Number of inputs.
feature_names_in_ : ndarray of str
    Names of the inputs, if X had any.
"""

_NOTES = """
Each step is a gradient step followed by the proximal operator of the penalty *in the metric of that
step*: momentum enlarges the prox, and Adam shares its second moment inside each group. So the zeros
are exact and the minimiser is that of the objective above.

Once a quarter of the multiplications is on units without a path from input to output, these are
removed and training goes on with a smaller network, on fewer columns of X. Removed inputs come back
if the gradient over all samples asks for it; it is looked at every eighth of `max_iter`, and in the
end, unless training is stopped from outside or by `early_stopping`. Removed hidden units come back
with the next ``fit`` under `warm_start`, at the earliest.
"""

_REFERENCES = """
.. [1] Scardapane, Comminiello, Hussain & Uncini (2017), "Group sparse regularization for deep
   neural networks", arXiv:1607.00485.
.. [2] Kingma & Ba (2015), "Adam: a method for stochastic optimization", arXiv:1412.6980.
"""

document = fill(
    network=_NETWORK,
    sparsity=_SPARSITY,
    solver=_SOLVER,
    training=_TRAINING,
    fitted=_FITTED,
    course=_COURSE,
    seen=_SEEN,
    notes=_NOTES,
    references=_REFERENCES,
)
