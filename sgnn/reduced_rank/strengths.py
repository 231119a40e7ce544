"""Strengths that do not depend on units: by how hard features pull at zero."""

import numpy as np

from sgnn.reduced_rank.radial import RadialPenalty, boundary

_AUTO_CONVEX, _AUTO_CONCAVE = 0.1, 0.2
_LEAST_SHARE = 0.01


def strength_at(shape, solver, share):
    """Return the least strength under which no feature moves from zero.

    Parameters
    ----------
    shape : Shape
    solver : Solver
    share : float
        Part of its pull at zero, the norm of X'y, with which each feature is taken to pull; with 1
        the strength is the least under which all coefficients are zero.

    Returns
    -------
    float
        1 if nothing pulls.

    Raises
    ------
    ValueError
        If the shape makes no zeros.
    """
    pulls = share * np.sqrt(np.square(solver.data.products).sum(axis=1))
    there = pulls > 0
    if not there.any():
        return 1.0
    curvatures = solver.curvatures[there]
    sizes = pulls[there] / curvatures

    def moves(strength):
        return RadialPenalty(shape, strength).prox(sizes, 1 / curvatures).any()

    strength = boundary(moves)[1]
    if moves(strength):
        raise ValueError(
            f"penalty: {shape} makes no zeros, however strong it is; it needs a number for alpha, "
            "and not 'auto' or a grid."
        )
    return strength


def auto_strength(shape, solver):
    """Return the strength for ``alpha="auto"``."""
    return strength_at(shape, solver, _AUTO_CONVEX if shape.convex else _AUTO_CONCAVE)


def grid(shape, solver, n_strengths):
    """Return strengths in growing order, even in the logarithm of the pull that they hold."""
    shares = np.geomspace(_LEAST_SHARE, 1, n_strengths)
    return np.array([strength_at(shape, solver, share) for share in shares])
