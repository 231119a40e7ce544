"""skorch nets whose modules get sparse."""

from skorch import NeuralNetClassifier, NeuralNetRegressor
from skorch.callbacks import Callback, PrintLog
from skorch.utils import to_device, to_tensor

from sgnn._common.docstrings import takes_over
from sgnn._common.private_torch import tree_map
from sgnn.penalties import Penalty
from sgnn.torch.adam import ProxAdam
from sgnn.torch.removal.compact import compact
from sgnn.torch.rules import sparse_groups
from sgnn.torch.sgd import ProxSGD

_OPTIMIZERS = ProxAdam, ProxSGD


class Sparsity(Callback):
    """Record ``penalty``, ``objective``, ``sparsity`` and ``units`` of each epoch."""

    def on_epoch_end(self, net, **kwargs):
        """Record them."""
        penalty = net.optimizer_.penalty()
        net.history.record("penalty", penalty)
        net.history.record("objective", net.history[-1, "train_loss"] + penalty)
        net.history.record("sparsity", net.sparsity_)
        net.history.record("units", net.n_units_)


class _SparseNet:
    """What the classifier and the regressor have in common.

    Parameters
    ----------
    module : torch.nn.Module, class or object
        As in skorch.
    *args
        As in skorch.
    penalty : str, Penalty, list of these, or dict, default="group_lasso"
        The `rules` of :func:`sgnn.torch.sparse_groups`. The parameters of one penalty are set as
        ``penalty__l1_ratio``, in a search too.
    alpha : float >= 0, default=1e-3
        Strength.
    channels : dict of str to int, default=None
        Linear layers that read flattened channels, as in :func:`sgnn.torch.sparse_groups`.
    optimizer : type, default=ProxAdam
        :class:`ProxAdam` or :class:`ProxSGD`, with options such as ``optimizer__betas``.
    **kwargs
        As in skorch: ``criterion``, ``lr``, ``max_epochs``, ``batch_size``, ``callbacks``,
        ``train_split``, ``device`` and many others.

    Attributes
    ----------
    module_ : torch.nn.Module
        At its full size, so that ``save_params`` and ``load_params`` fit it; see :meth:`compact`.
    sparsity_ : float
        Share of the penalised weights that are zero.
    n_units_ : dict of str to tuple of two int
        For each penalised weight, how many inputs and outputs have a weight that is not zero.
    history : skorch.history.History
        With ``penalty``, ``objective`` (``train_loss`` and ``penalty``), ``sparsity`` and ``units``
        of each epoch; the curve of the units is ``history[:, "units"]``.
    """

    def __init__(
        self,
        module,
        *args,
        penalty="group_lasso",
        alpha=1e-3,
        channels=None,
        optimizer=ProxAdam,
        **kwargs,
    ):
        super().__init__(module, *args, optimizer=optimizer, **kwargs)
        self.penalty = penalty
        self.alpha = alpha
        self.channels = channels

    @property
    def _default_callbacks(self):
        others = [(name, of) for name, of in super()._default_callbacks if name != "print_log"]
        print_log = PrintLog(keys_ignored=["units"])
        return [*others, ("sparsity", Sparsity()), ("print_log", print_log)]

    def initialize_optimizer(self, triggered_directly=None):
        """Make the optimiser from the parameter groups that `penalty` asks for."""
        if not (isinstance(self.optimizer, type) and issubclass(self.optimizer, _OPTIMIZERS)):
            raise TypeError(f"optimizer must be ProxAdam or ProxSGD; got {self.optimizer!r}.")
        groups = sparse_groups(self.module_, self.penalty, self.alpha, channels=self.channels)
        known = {parameter for group in groups for parameter in group["params"]}
        others = [p for _, p in self.get_all_learnable_params() if p not in known]
        _, options = self.get_params_for_optimizer("optimizer", ())
        self.optimizer_ = self.optimizer(
            [*groups, {"params": others}] if others else groups, **options
        )
        return self

    def set_params(self, **params):
        """Set parameters; a new penalty of an initialised net makes a new optimiser.

        Parameters
        ----------
        **params
            As ``get_params`` names them.

        Returns
        -------
        self
        """
        prefix = "penalty__"
        of_penalty = {key for key in params if key.startswith(prefix)}
        super().set_params(**{key: params[key] for key in params if key not in of_penalty})
        if of_penalty:
            if not isinstance(self.penalty, Penalty):
                raise ValueError(
                    f"{min(of_penalty)} can be set of a Penalty object only; got "
                    f"penalty={self.penalty!r}."
                )
            self.penalty.set_params(**{key.removeprefix(prefix): params[key] for key in of_penalty})
        changed = sorted(of_penalty | params.keys() & {"penalty", "channels"})
        if self.initialized_ and changed:
            self._initialize_optimizer(f"Re-initializing optimizer because of {changed}.")
        elif self.initialized_ and "alpha" in params:
            self.optimizer_.set_alpha(self.alpha)
        return self

    def compact(self, X):
        """Return a small module with the outputs of ``module_``, and a report.

        Parameters
        ----------
        X : array-like, or whatever else the net takes
            Two samples or more.

        Returns
        -------
        module : torch.nn.Module
            A smaller one, with the same outputs.
        report : Report
            What was removed, and what stays and why, as :func:`sgnn.torch.compact` says.
        """
        self.check_is_fitted()
        batch, _ = next(iter(self.get_iterator(self.get_dataset(X), training=False)))
        inputs = to_device(tree_map(lambda one: to_tensor(one, device="cpu"), batch), self.device)
        return compact(self.module_, *(inputs if isinstance(inputs, (tuple, list)) else [inputs]))

    @property
    def sparsity_(self):
        """Share of the penalised weights that are zero."""
        self.check_is_fitted()
        return self.optimizer_.sparsity()

    @property
    def n_units_(self):
        """How many inputs and outputs of each penalised weight are left."""
        self.check_is_fitted()
        return self.optimizer_.n_units(self.module_)


@takes_over(_SparseNet)
class SparseNeuralNetClassifier(_SparseNet, NeuralNetClassifier):
    """A skorch classifier whose module gets sparse.

    It is a :class:`skorch.NeuralNetClassifier`, with all that goes with it, that trains with
    :class:`ProxAdam` under a penalty. As there, the criterion is the log loss of probabilities
    unless ``criterion=torch.nn.CrossEntropyLoss`` says that the module puts out logits.

    Parameters
    ----------
    module, ..., **kwargs
        As in :class:`_SparseNet`.

    Attributes
    ----------
    As in :class:`_SparseNet`.

    Examples
    --------
    >>> import torch
    >>> from sklearn.datasets import load_iris
    >>> from sgnn.torch import SparseNeuralNetClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> module = torch.nn.Sequential(
    ...     torch.nn.Linear(4, 20), torch.nn.ReLU(), torch.nn.Linear(20, 3), torch.nn.Softmax(-1)
    ... )
    >>> net = SparseNeuralNetClassifier(module, alpha=1e-2, lr=0.01, verbose=0)
    >>> net.fit(X.astype("float32"), y).sparsity_ > 0
    True
    """


@takes_over(_SparseNet)
class SparseNeuralNetRegressor(_SparseNet, NeuralNetRegressor):
    """A skorch regressor whose module gets sparse.

    It is a :class:`skorch.NeuralNetRegressor`, with all that goes with it, that trains with
    :class:`ProxAdam` under a penalty. As there, the criterion is the mean squared error, without
    the factor 1/2 of :class:`sgnn.SparseMLPRegressor`.

    Parameters
    ----------
    module, ..., **kwargs
        As in :class:`_SparseNet`.

    Attributes
    ----------
    As in :class:`_SparseNet`.
    """
