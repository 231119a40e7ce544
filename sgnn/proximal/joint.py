r"""Proximal operators of sums that have none in closed form.

:func:`nested_prox` is for a sum over the same groups, :math:`f(z) + \psi(\|z\|_2)`;
:class:`SplitProx` is for groups that overlap.
"""

_MAX_ITERATIONS = 60
_LEAST = 1e-9
_MAX_ROUNDS = 50


def nested_prox(x, fine_prox, fine_value, coarse_prox, coarse_value):
    r"""Return :math:`\mathrm{argmin}_z\, \tfrac12\|z - x\|^2 + f(z) + \psi(\|z\|_2)` for each row.

    At a minimiser, :math:`c\,x - z \in \partial (c f)(z)` with
    :math:`c = \mathrm{prox}_\psi(r)/r` for a number :math:`r` with
    :math:`\|\mathrm{prox}_{cf}(c\,x)\| = c\,r`. It is found by fixed-point steps
    :math:`r \leftarrow \|\mathrm{prox}_{cf}(c\,x)\| / c` from :math:`r = \|x\|` down. If `f` is
    concave they fall monotonically to the largest root, which is compared with :math:`z = 0`. If
    `f` and :math:`\psi` are convex there is one root and they may jump over it; secant steps and
    bisection then close in on it, and the result is exact.

    Parameters
    ----------
    x : torch.Tensor of shape (n_rows, n_members)
    fine_prox : callable
        ``fine_prox(x, c)`` is the prox of :math:`c f`; `c` has shape (n_rows, 1).
    fine_value : callable
        ``fine_value(z)`` is :math:`f(z)`, shape (n_rows,).
    coarse_prox, coarse_value : callable
        Prox and value of :math:`\psi`, entry by entry on a tensor of shape (n_rows, 1).

    Returns
    -------
    torch.Tensor of shape (n_rows, n_members)
    """
    r = _norms(x)
    low, high = r.new_zeros(r.shape), r.clone()
    last_r = last_change = None
    tolerance, tiny = (1e-13, 1e-300) if x.element_size() == 8 else (1e-6, 1e-36)
    for iteration in range(_MAX_ITERATIONS):
        shrunk = coarse_prox(r)
        c = (shrunk / r.clamp(min=tiny)).clamp(min=_LEAST)
        z = fine_prox(c * x, c)
        image = _norms(z) / c
        change = image - r
        going = (change.abs() > tolerance * r) & ((shrunk > 0) | (change > 0))
        if not going.any():
            break
        low, high = r.where(change > 0, low), r.where(change < 0, high)
        target = image
        if last_r is not None:
            secant = r - change * (r - last_r) / (change - last_change)
            target = secant.where(low > 0, image)
        inside = (target > low) & (target < high)
        if iteration % 3 == 2:
            inside &= low == 0
        last_r, last_change = r, change
        r = target.where(inside, 0.5 * (low + high)).where(going, r)
    z = z * (shrunk > 0)
    at_z = 0.5 * (z - x).square().sum(1) + fine_value(z) + coarse_value(_norms(z))[:, 0]
    at_zero = 0.5 * x.square().sum(1)
    return z * (at_z < at_zero)[:, None]


class SplitProx:
    r"""Prox of a sum of penalties on overlapping groups.

    With dual variables :math:`p_k` for all but the last penalty, :math:`z = \mathrm{prox}_g(x -
    \sum_k p_k)` is the gradient of a smooth dual function. Accelerated proximal gradient steps with
    restarts are taken on it, from the duals of the last call, until `z` stands still, for at most
    50 rounds. For convex penalties they converge to the prox of the sum. A weight is zero if one of
    the proxes makes it zero.

    Parameters
    ----------
    parameters : Parameters
        The full-size network.
    proxes : list of callable
        Each takes (parameters, step) and works in place.

    Attributes
    ----------
    duals : torch.Tensor of shape (n_proxes - 1, n_parameters)
        Of the last call.

    References
    ----------
    Combettes, Dung & Vu (2010), "Dualization of signal recovery problems", arXiv:0907.0436;
    O'Donoghue & Candès (2015), "Adaptive restart for accelerated gradient schemes",
    arXiv:1204.3982.
    """

    def __init__(self, parameters, proxes):
        *self._others, self._last = proxes
        self._share = 1 / len(self._others)
        parameters = parameters.flattened()
        self._scratch = parameters.zeros_like()
        self.duals = parameters.flat.new_zeros(len(self._others), len(parameters.flat))

    def __call__(self, parameters, step):
        """Apply the prox in place; `step` is a number, or one per group of the metric."""
        target, parameters = parameters, parameters.flattened()
        x, z = parameters.flat.clone(), parameters.flat
        tolerance = (1e-10 if x.element_size() == 8 else 1e-7) * x.abs().amax()
        duals, ahead, momentum = self.duals, self.duals, 1.0
        for _ in range(_MAX_ROUNDS):
            before = z.clone()
            z.copy_(x).sub_(ahead.sum(0))
            self._last(parameters, step=step)
            new = ahead + self._share * z
            support = z != 0
            for dual, prox_ in zip(new, self._others, strict=True):
                self._scratch.flat.copy_(dual).div_(self._share)
                prox_(self._scratch, step=step / self._share)
                dual.sub_(self._scratch.flat, alpha=self._share)
                support &= self._scratch.flat != 0
            change = new - duals
            restart = ((ahead - new) * change).sum() > 0
            next_momentum = 1.0 if restart else 0.5 + (0.25 + momentum**2) ** 0.5
            ahead = new if restart else new + (momentum - 1) / next_momentum * change
            duals, momentum = new, next_momentum
            if not (z - before).abs().amax() > tolerance:
                break
        self.duals = duals
        z.mul_(support)
        if parameters is not target:
            target.copy_(parameters)


def _norms(rows):
    return rows.square().sum(1, keepdim=True).sqrt()
