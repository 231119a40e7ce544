"""Covering designs: few rows in which every pair of levels of two factors occurs."""

import random
from itertools import combinations, product

_N_TRIES = 10


def covering_design(factors, is_allowed=lambda row: True, seed=0):
    """Return rows in which each pair of levels occurs that can occur, fewer than all by far.

    Parameters
    ----------
    factors : dict of list
        The levels of each factor, by name.
    is_allowed : callable
        Takes a row, or a part of one, and says whether nothing in it contradicts the rest. Pairs
        for which no row is found are left out.
    seed : int

    Returns
    -------
    list of dict
        A level of each factor, by name.
    """
    draw = random.Random(seed)
    pairs = [
        frozenset([(one, a), (other, b)])
        for one, other in combinations(factors, 2)
        for a, b in product(factors[one], factors[other])
    ]
    draw.shuffle(pairs)
    missing, rows = dict.fromkeys(pairs), []
    while missing:
        pair = next(iter(missing))
        row = _row_with(pair, factors, is_allowed, missing, draw)
        if row is None:
            del missing[pair]
            continue
        rows.append(row)
        for found in pairs_of(row):
            missing.pop(found, None)
    return rows


def pairs_of(row):
    """Return the pairs of levels of a row."""
    return [frozenset(pair) for pair in combinations(row.items(), 2)]


def _row_with(pair, factors, is_allowed, missing, draw):
    for _ in range(_N_TRIES):
        row = dict(pair)
        others = [name for name in factors if name not in row]
        draw.shuffle(others)
        for name in others:
            levels = [a for a in factors[name] if is_allowed({**row, name: a})]
            if not levels or not is_allowed(row):
                break
            row[name] = max(levels, key=lambda a: (_n_new(row, (name, a), missing), draw.random()))
        else:
            return {name: row[name] for name in factors}
    return None


def _n_new(row, entry, missing):
    return sum(frozenset([entry, other]) in missing for other in row.items())
