"""Strengths that rise."""

from numbers import Integral, Real

from sgnn.torch.optimizer import ProximalOptimizer


class AlphaRamp:
    r"""Let the strength of every penalty rise from 0 to its value, as a scheduler does with rates.

    After :math:`t` calls of :meth:`step` it is :math:`\min(1, t/T)^p \alpha`. Zeros made late, when
    the network has learned what it needs, cost less accuracy.

    Parameters
    ----------
    optimizer : ProxAdam or ProxSGD
        Whose strengths rise.
    total_iters : int > 0
        Calls :math:`T` until the full strength, batches or epochs.
    power : float > 0, default=2.0
        :math:`p`.
    last_epoch : int >= -1, default=-1
        Where training goes on, the number of calls so far less one, as in
        :mod:`torch.optim.lr_scheduler`.

    Raises
    ------
    ValueError
        If a parameter is out of its range.
    TypeError
        If the optimiser knows no penalties.

    Examples
    --------
    >>> import torch
    >>> from sgnn.torch import AlphaRamp, ProxSGD, sparse_groups
    >>> optimizer = ProxSGD(sparse_groups(torch.nn.Linear(3, 1), "l1", alpha=4.0))
    >>> ramp = AlphaRamp(optimizer, total_iters=2)
    >>> strengths = []
    >>> for _ in range(3):
    ...     strengths.append(optimizer.param_groups[0]["alpha"])
    ...     ramp.step()
    >>> strengths
    [0.0, 1.0, 4.0]
    """

    def __init__(self, optimizer, total_iters, power=2.0, last_epoch=-1):
        if not isinstance(optimizer, ProximalOptimizer):
            raise TypeError(
                f"optimizer must be ProxAdam or ProxSGD; got {type(optimizer).__name__}."
            )
        for name, value, kind in (("total_iters", total_iters, Integral), ("power", power, Real)):
            if not (isinstance(value, kind) and value > 0):
                raise ValueError(f"{name} must be a number above 0; got {value!r}.")
        self.optimizer, self.total_iters, self.power = optimizer, total_iters, power
        self.n_steps = last_epoch + 1
        for group in optimizer.param_groups:
            group.setdefault("initial_alpha", group["alpha"])
        self._set()

    def step(self):
        """Go on by one batch, or one epoch."""
        self.n_steps += 1
        self._set()

    def state_dict(self):
        """Return how far the ramp has come; the strengths are in that of the optimiser.

        Returns
        -------
        dict
            Plain numbers by name.
        """
        return {"n_steps": self.n_steps}

    def load_state_dict(self, state_dict):
        """Go on from where another ramp was.

        Parameters
        ----------
        state_dict : dict
            What :meth:`state_dict` returned.
        """
        self.n_steps = state_dict["n_steps"]
        self._set()

    def _set(self):
        factor = min(1.0, self.n_steps / self.total_iters) ** self.power
        for group in self.optimizer.param_groups:
            group["alpha"] = factor * group["initial_alpha"]
