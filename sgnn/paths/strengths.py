"""The strengths of a path, found while it is walked."""

import math

from sgnn.training.walk import shrinkage

_FIRST_PENALTY = 1e-3
_HARM = 0.1
_RETREAT = 0.01
_SEARCH_GROWTH, _MOST_GROWTH, _LEAST_GROWTH = math.log(8), math.log(4), math.log(1.1)
_GROWTH_AMID_A_FALL = math.log(1.02)
_TOO_MUCH = 3.0
_IN_VAIN = 1e6


def growing(walk, n_steps):
    """Walk from a network of which nothing is removed to nothing, in steps of about one size.

    The first strength makes the penalty a thousandth of the unit of the loss, or less if that does
    harm; it may remove units that are idle. Then the strength grows by the factor that is expected
    to remove the same share of what is left each time. A step that removes far too much is taken
    back, and tried again with half of the growth. A penalty that leaves large weights alone may
    never remove the last of them: the walk ends when a million times the strength removed nothing.

    Under a concave penalty a network may fall to a much smaller one however little the strength
    grows, since none in between is a minimum. Then the walk stops on the way down: the strength
    hardly grows, and a step ends after the epoch in which its share has gone, until one does less.

    Parameters
    ----------
    walk : Walk
    n_steps : int
        Steps at most; half as many again may be taken back, and one for each fall.

    Yields
    ------
    alpha : float
    network : Network
        The last one is empty, if the steps suffice.
    history : History
    """
    state, last = walk.start, 0.0
    share, falls = _share(state.network, n_steps), False
    alpha, growth = _FIRST_PENALTY * walk.unit_of_loss / walk.penalty_at_start, _SEARCH_GROWTH
    last_removal = alpha
    n_taken, n_retries = 0, n_steps // 2
    while n_taken < n_steps and alpha <= _IN_VAIN * last_removal:
        may_retry = n_retries > 0 and (last == 0 or growth > _LEAST_GROWTH)
        limit = _limit(share, falls) if last > 0 else math.inf
        reached, history = walk.step(state, alpha, limit)
        before, after = state.network, reached.network
        fall = shrinkage(before, after)
        if last == 0 and may_retry and _is_harmful(history, walk.unit_of_loss):
            n_retries -= 1
            alpha *= _RETREAT
        elif fall > limit and may_retry and not falls:
            n_retries -= 1
            growth = max(growth / 2, _LEAST_GROWTH)
            alpha = last * math.exp(growth)
        elif fall > limit and walk.stops_at_limit and not falls:
            falls, growth = True, _GROWTH_AMID_A_FALL
            alpha = last * math.exp(growth)
        else:
            yield alpha, after, history
            if after.is_empty:
                return
            falls = falls and fall > limit
            if last > 0 and not falls:
                growth = _adapted(max(growth, _LEAST_GROWTH), fall / share)
            if after.n_neurons != before.n_neurons or fall:
                last_removal = alpha
            n_taken, state, last = n_taken + 1, reached, alpha
            alpha *= math.exp(growth)


def given(walk, alphas, n_steps=None):
    """Walk along strengths that are given, until nothing is left.

    Parameters
    ----------
    walk : Walk
    alphas : iterable of float
    n_steps : int or None
        That of :func:`growing` by which they were found, so that this walk too stops on the way
        down where it falls.

    Yields
    ------
    alpha : float
    network : Network
    history : History
    """
    state, limit, falls = walk.start, math.inf, False
    share = math.inf if n_steps is None else _share(state.network, n_steps)
    for alpha in alphas:
        before = state.network
        state, history = walk.step(state, alpha, limit)
        yield alpha, state.network, history
        if state.network.is_empty:
            return
        falls = shrinkage(before, state.network) > limit
        limit = _limit(share, falls)


def _limit(share, falls):
    """Return by how much one step may shrink the network."""
    return share if falls else _TOO_MUCH * share


def _share(network, n_steps):
    """Return by how much each step should shrink what is left of a network."""
    size = max(*network.n_neurons[:-1], math.sqrt(network.n_multiply_adds))
    return 1.5 * math.log(size + 1) / n_steps


def _is_harmful(history, unit_of_loss):
    """Whether the loss rose while the network was trained."""
    return history.loss[-1] - history.loss[0] > _HARM * unit_of_loss


def _adapted(growth, ratio):
    """Return the next growth when the last one removed `ratio` of what it should."""
    if not ratio:
        return min(2 * growth, _SEARCH_GROWTH)
    return min(max(growth * min(max(ratio**-0.5, 0.5), 2), _LEAST_GROWTH), _MOST_GROWTH)
