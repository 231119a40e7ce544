"""Penalties, good and bad; all that are registered."""

from dataclasses import fields
from fractions import Fraction

import numpy as np
from scipy import sparse

from sgnn.penalties import available
from sgnn.penalties._registry import PENALTIES
from tests.fuzz.draw import INF, NAN

GROUPS = ["outgoing", "incoming", "both", "weights"]
OPTIONS = {
    "l1_ratio": [0, 0.0, 0.3, 0.5, 1, 1.0, 1e-12, np.float32(0.5)],
    "gamma": [2.5, 3.7, 10.0, 1e6, np.float32(3)],
    "eps": [0.1, 1e-3, 1e-12, 1e6],
    "theta": [1.0, 0.1, 1e-9, 1e9],
    "a": [1.0, 0.1, 1e-9, 1e9],
    "c": [1.0, 0.5, 1e-9],
    "min_share": [0, 0.2, 0.5, 1],
    "smoothing": [0, 0.5, 1, 10],
    "difference": ["norms", "weights"],
    "size_scaling": [True, False],
    "groups": GROUPS,
}
# What is legal, and may be more than can be computed with.
EXTREME = {
    "gamma": [1e30, 1e300],
    "eps": [1e-300, 1e300],
    "a": [1e-300],
    "c": [1e-300],
    "smoothing": [1e9],
}
BAD_OPTIONS = {
    "l1_ratio": [-0.1, 1.5, NAN, "half", None, True, Fraction(1, 3)],
    "gamma": [0, -1, NAN, None, "x", True],
    "eps": [0, -1, NAN, "x", None, 10**400],
    "theta": [0, -1, NAN, None],
    "a": [0, -1, NAN, None, [1]],
    "c": [0, 2, -1, NAN],
    "min_share": [-0.1, 2, NAN],
    "smoothing": [-1, NAN, None, INF],
    "difference": ["angles", None],
    "size_scaling": [1, None, "yes"],
    "groups": ["rows", None, 3, ["outgoing"]],
    "layers": ["none", 3, None, [-1.0], [NAN], [[1.0]], ["a"], [1.0] * 9],
    "fraction": [0, 1.5, -1, NAN, None, "half", [None], np.array([True]), Fraction(1, 2)],
    "warm_up": [-1, 1.5, None, "x", 10**9, True],
    "adaptive": [-1, NAN, INF, None, "x", Fraction(1, 2)],
}
# What a good value may be refused for: it does not go with the others, or computing overflows.
MAY_BE_REFUSED = "penalt|groups|gamma|fraction|adaptive|graph|GroupGraph|layers|warm_up|extreme"


def draw_penalty(draw, sizes, max_iter, goes_on=False):
    """Return what is given as ``penalty``.

    Parameters
    ----------
    draw : Draw
    sizes : list of int
        Units per layer, without outputs.
    max_iter : int
    goes_on : bool, default=False
        Whether there are calls of `partial_fit`, which know no pilot for adaptive weights.
    """
    if draw.chance(0.05):
        return draw.pick([None, [], (), "group_lasso", [[]]])
    draw.wrong(MAY_BE_REFUSED, surely=False)
    if draw.chance(0.25):
        return draw.pick([name for name in available() if "graph" not in _options_of(name)])
    parts = [_draw_one(draw, sizes, max_iter, goes_on) for _ in range(draw.pick([1, 1, 1, 2, 3]))]
    if draw.is_sound and not all(map(_is_convex, parts)):
        parts = parts[:1]
    if len(parts) > 1 and draw.chance(0.3):
        parts.append(draw.pick(["l1", "group_lasso", None, ["l1"]]))
    return parts[0] if len(parts) == 1 else draw.pick([parts, tuple(parts)])


def _is_convex(penalty):
    return all(piece.shape.convex for piece in penalty.pieces())


def _draw_one(draw, sizes, max_iter, goes_on):
    name = draw.pick(available())
    known, options = _options_of(name), {}
    for option, values in OPTIONS.items():
        if option in known and draw.chance(0.6 if option != "groups" else 0.3):
            options[option] = draw.pick(values, bad=EXTREME.get(option, ()))
    has_graph = "graph" in known
    if has_graph:
        options["graph"] = _draw_graph(draw, sizes[0])
    if draw.chance(0.25):
        options["layers"] = draw.pick(
            ["all", "input", "cges", list(draw.rng.uniform(0, 2, len(sizes)))],
            bad=[(0.0,) * len(sizes), (1e30,) * len(sizes), draw.rng.integers(0, 2, len(sizes))],
        )
    is_whole = has_graph and draw.is_sound
    if draw.chance(0.2) and not is_whole:
        shares = [1.0, 0.5, 1, np.float32(0.5), draw.rng.uniform(0.1, 1)]
        options["fraction"] = draw.pick(shares, bad=[1e-9])
    if draw.chance(0.2):
        options["warm_up"] = min(draw.pick([0, 1, 2, max_iter, np.int64(1)]), max_iter)
    if draw.chance(0.2) and not is_whole and not (goes_on and draw.is_sound):
        options["adaptive"] = draw.pick([0, 0.0, 0.5, 1, 2.0], bad=[12.0])
    if draw.is_sound and not _takes_groups(PENALTIES[name](**options)):
        del options["groups"]
    if draw.is_bad(0.2):
        bad = draw.pick([option for option in BAD_OPTIONS if option in known])
        options[bad] = draw.pick(BAD_OPTIONS[bad])
        is_legal = bad == "warm_up" and options[bad] == 10**9 and goes_on
        draw.wrong(bad, surely=not is_legal)
    return PENALTIES[name](**options)


def _takes_groups(penalty):
    try:
        return bool(penalty.pieces())
    except ValueError as error:
        return "groups" not in str(error)


def _options_of(name):
    return {field.name for field in fields(PENALTIES[name])}


def _draw_graph(draw, p):
    """Return a graph over p nodes in some form, sometimes a bad one."""
    ends = draw.rng.integers(0, p, (min(2 * p, 30), 2))
    edges = sorted({(int(min(pair)), int(max(pair))) for pair in ends if pair[0] != pair[1]})
    matrix = np.zeros((p, p))
    for a, b in edges:
        matrix[a, b] = matrix[b, a] = 1
    if draw.is_bad(0.15):
        draw.wrong("graph|Graph", surely=p > 1)
        return draw.pick(
            [
                *(None, 3, "graph", -matrix - 1, matrix[:1, :0], [(0, p)], [(0, 0)], [(0,)]),
                *([(0, 1, -1.0)], [(0, 1, NAN)], [0, 1], [("a", "b")], np.full((p, p), NAN)),
            ]
        )
    return draw.pick(
        [
            *(edges, [(*edge, 2.0) for edge in edges], [], matrix, np.triu(matrix)),
            *(sparse.csr_matrix(matrix), matrix.astype(bool), matrix.astype(int)),
        ]
    )
