"""Modules of all sizes from one dense one."""

import time
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from sgnn._common.warnings import warn
from sgnn.paths.choice import choose
from sgnn.paths.strengths import growing
from sgnn.torch.adam import ProxAdam
from sgnn.torch.removal.compact import compact
from sgnn.torch.rules import sparse_groups
from sgnn.torch.walk import ModuleWalk, batches_of


@dataclass(frozen=True)
class ModulePoint:
    """One module of a path.

    Attributes
    ----------
    alpha : float
        Strength of the penalty; 0 for the module without.
    sparsity : float
        Share of the penalised weights that are zero.
    units : dict of str to tuple of two int
        Inputs and outputs that are left of each penalised weight.
    train_loss : float
        Mean loss over the last epoch before a refit.
    validation_score : float or None
    state : dict
        ``state_dict`` of the module.
    seconds : float
        What it took to get here from the point before.
    """

    alpha: float
    sparsity: float
    units: dict
    train_loss: float
    validation_score: float | None
    state: dict
    seconds: float

    def __repr__(self):
        score = self.validation_score
        of = f"training loss {self.train_loss:.4g}" if score is None else f"validation {score:.4f}"
        return f"<ModulePoint at alpha={self.alpha:.3g}: sparsity {self.sparsity:.4f}, {of}>"


class ModulePath:
    """The modules that :func:`sparse_module_path` found, from the dense one to the empty one.

    ``path[i]`` is a :class:`ModulePoint`; :meth:`at` and :meth:`best` return one too, of which
    :meth:`module` and :meth:`compact` make modules.

    Attributes
    ----------
    points : list of ModulePoint
        The first has ``alpha=0``.
    alphas, sparsities, train_losses : ndarray of shape (n_points,)
    validation_scores : ndarray of shape (n_points,), or None
    """

    def __init__(self, make_module, points):
        self._make_module = make_module
        self.points = points

    def __len__(self):
        return len(self.points)

    def __repr__(self):
        lines = [repr(point) for point in self.points]
        return "\n".join([f"<ModulePath of {len(self)} points>", *lines])

    def __getitem__(self, index):
        return self.points[index]

    @property
    def alphas(self):
        return np.array([point.alpha for point in self.points])

    @property
    def sparsities(self):
        return np.array([point.sparsity for point in self.points])

    @property
    def train_losses(self):
        return np.array([point.train_loss for point in self.points])

    @property
    def validation_scores(self):
        scores = [point.validation_score for point in self.points]
        return None if scores[0] is None else np.array(scores)

    def at(self, *, sparsity):
        """Return the first point that is as sparse.

        Parameters
        ----------
        sparsity : float in [0, 1]
            Least share of the penalised weights that are zero.

        Returns
        -------
        ModulePoint

        Raises
        ------
        ValueError
            If no point is as sparse.
        """
        for point in self.points:
            if point.sparsity >= sparsity:
                return point
        raise ValueError(
            f"sparsity must be at most {self.sparsities.max():.4g}, that of the sparsest module of "
            f"the path; got {sparsity!r}."
        )

    def best(self, rule="best", tol=0.01):
        """Return the point that validation scores choose.

        Parameters
        ----------
        rule : {"best", "dense"}, default="best"
            "best": the best score, the last of equals. "dense": the last point whose score is at
            most `tol` below that of the dense module.
        tol : float, default=0.01
            For "dense".

        Returns
        -------
        ModulePoint

        Raises
        ------
        ValueError
            If `rule` is another, or there are no validation scores.
        """
        if rule not in ("best", "dense"):
            raise ValueError(f"rule must be 'best' or 'dense'; got {rule!r}.")
        scores = self.validation_scores
        if scores is None:
            raise ValueError("best needs validation scores: give sparse_module_path `validation`.")
        return self.points[choose(rule, scores, np.zeros(len(scores)), tol)]

    def module(self, point):
        """Return the module of a point, at full size and in evaluation mode.

        Parameters
        ----------
        point : ModulePoint

        Returns
        -------
        torch.nn.Module
        """
        module = self._make_module()
        module.load_state_dict(point.state)
        return module.eval()

    def compact(self, point, *example_inputs):
        """Return what :func:`compact` makes of the module of a point.

        Parameters
        ----------
        point : ModulePoint
        *example_inputs : torch.Tensor
            Two samples or more.

        Returns
        -------
        module : torch.nn.Module
        report : Report
        """
        return compact(self.module(point), *example_inputs)


def sparse_module_path(
    make_module,
    data,
    loss,
    *,
    rules="group_lasso",
    channels=None,
    validation=None,
    score=None,
    optimizer=ProxAdam,
    lr=1e-3,
    batch_size=128,
    dense_epochs=20,
    epochs=3,
    refit_epochs=0,
    n_points=30,
    random_state=None,
    verbose=False,
):
    """Train modules of all sizes, from the dense one to the empty one.

    The module is trained without penalty first. Then the strength of the penalty grows from point
    to point, and each is trained on from the last. The strengths are found as in
    :func:`sgnn.sparse_mlp_path`: the first does no harm, and from one to the next about the same
    share of what is left goes. The rate falls to 0 along a cosine at every strength.

    Parameters
    ----------
    make_module : callable
        Returns a new module, the same each time but for its values.
    data : DataLoader, or tuple of two tensors
        Batches of inputs and targets, or all of them, of which batches are then drawn. They are
        moved to the device of the module.
    loss : callable
        ``loss(outputs, targets)`` is the mean loss of a batch.
    rules : str, Penalty, list of these, or dict, default="group_lasso"
        What is penalised and how, as in :func:`sparse_groups`.
    channels : dict of str to int, default=None
        As in :func:`sparse_groups`.
    validation : DataLoader, or tuple of two tensors, default=None
        Data for the validation scores.
    score : callable, default=None
        ``score(outputs, targets)`` of a batch, greater is better; None is the negative loss.
    optimizer : type, default=ProxAdam
        :class:`ProxAdam` or :class:`ProxSGD`.
    lr : float > 0, default=1e-3
        Rate at the beginning of each strength.
    batch_size : int, default=128
        Of batches of tensors.
    dense_epochs : int, default=20
        Epochs without penalty.
    epochs : int, default=3
        Epochs at each strength.
    refit_epochs : int, default=0
        Epochs without penalty, zeros being kept, after which a module is kept; the path goes on
        from the module before.
    n_points : int >= 2, default=30
        Strengths at most.
    random_state : int, default=None
        Of the first values, the batches and dropout; the generator of torch is left as it was. None
        takes it as it is.
    verbose : bool, default=False
        Whether to print a line for each point.

    Returns
    -------
    ModulePath
        The modules, by point, size or score.

    Raises
    ------
    ValueError
        If a parameter is out of its range, or the penalty is 0 on the dense module.
    TypeError
        If `make_module` returns no module, or data are no tensors.
    FloatingPointError
        If the loss is not finite.

    Examples
    --------
    >>> import torch
    >>> from torch import nn
    >>> from sgnn.torch import sparse_module_path
    >>> X = torch.randn(200, 5, generator=torch.Generator().manual_seed(0))
    >>> y = X[:, :1] - X[:, 1:2]
    >>> def make():
    ...     return nn.Sequential(nn.Linear(5, 8), nn.ReLU(), nn.Linear(8, 1))
    >>> path = sparse_module_path(make, (X, y), nn.MSELoss(), lr=0.01, random_state=0)
    >>> path.at(sparsity=0.5).sparsity >= 0.5
    True
    """
    least = {"dense_epochs": 1, "epochs": 1, "refit_epochs": 0, "n_points": 2, "batch_size": 1}
    values = (dense_epochs, epochs, refit_epochs, n_points, batch_size)
    for (name, low), value in zip(least.items(), values, strict=True):
        if not (isinstance(value, int) and value >= low):
            raise ValueError(f"{name} must be an integer of at least {low}; got {value!r}.")
    devices = range(torch.cuda.device_count())
    with torch.random.fork_rng(devices, enabled=random_state is not None):
        if random_state is not None:
            torch.manual_seed(random_state)
        module, loader = make_module(), batches_of("data", data, batch_size, shuffle=True)
        if not isinstance(module, nn.Module):
            raise TypeError(f"make_module must return a module; got {type(module).__name__}.")
        held_out = None
        if validation is not None:
            held_out = batches_of("validation", validation, batch_size, shuffle=False)
        made = optimizer(sparse_groups(module, rules, 0.0, channels=channels), lr=lr)
        walk = ModuleWalk(module, made, loader, loss, epochs)
        score = score or (lambda outputs, targets: -loss(outputs, targets))

        def point(alpha, place, history, began):
            if refit_epochs and alpha:
                place = walk.refit(place, refit_epochs)
            scored = None if held_out is None else walk.score(place, held_out, score)
            losses, seconds = history.loss[-1], time.perf_counter() - began
            sizes = place.sparsity, place.units
            points.append(ModulePoint(alpha, *sizes, losses, scored, place.module, seconds))
            if verbose:
                told = "" if scored is None else f", score {scored:.4g}"
                print(f"alpha {alpha:.3g}: sparsity {place.sparsity:.3f}{told}, {seconds:.1f} s")

        points, began = [], time.perf_counter()
        history = walk.begin(dense_epochs)
        if not walk.penalty_at_start > 0:
            raise ValueError(f"rules={rules!r} is a penalty of 0 on the dense module.")
        point(0.0, walk.start, history, began)
        began, place = time.perf_counter(), walk.start
        for alpha, place, history in growing(walk, n_points):
            point(alpha, place, history, began)
            began = time.perf_counter()
    if not place.is_empty:
        warn(
            f"The path ends at alpha={alpha:.3g} with {place.sparsity:.0%} of the weights zero; "
            "more points or more epochs go further."
        )
    return ModulePath(make_module, points)
