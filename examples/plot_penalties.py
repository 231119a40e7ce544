"""
===================================
The penalties and what they do to x
===================================

Every penalty that is made of one shape: its value, and its proximal operator, which says what one
step of training makes of a weight (or of the norm of a group of weights) x. All are flat zero
around zero: that is what makes weights exactly zero. They differ in what they do to large weights:
the lasso takes the same from all of them, the concave ones less and less.

The last shapes are functions of a whole group. They are shown for a group of two weights, x and 1.
``sparse_group_lasso``, ``cges`` and ``integrated_transformed_l1`` are sums of these.

The script writes its pictures to ``penalties.png`` and ``penalty_contours.png`` in the current
directory.
"""

import matplotlib

matplotlib.use("Agg")  # draw into files only, so that no display is needed

import matplotlib.pyplot as plt
import torch

from sgnn.penalties import MCP, LHalf, LogSum, available, get_penalty

# %%
# The shapes, with the names of the penalties that they belong to.

shapes = {}
for name in available():
    if "graph" not in name:  # which need one
        pieces = get_penalty(name)[0].pieces()
        if len(pieces) == 1:
            shapes.setdefault(pieces[0].shape, []).append(name)

# %%
# ``alpha`` is 1, and so is the step. A shape of a group sees one group in each row.


def value_and_prox(shape, x):
    """Return the penalty, and what its prox makes of x."""
    if not shape.by_rows:
        return shape.value(x, 1.0), shape.prox(x, 1.0, 1.0)
    group = torch.stack([x, torch.ones_like(x)], dim=1)
    return shape.value(group, 1.0), shape.prox(group, 1.0, 1.0)[:, 0]


x = torch.linspace(-4, 4, 1600, dtype=torch.float64)
fig, axes = plt.subplots(4, 4, figsize=(11, 9.5), sharex=True, layout="constrained")
ordered = sorted(shapes.items(), key=lambda item: item[0].by_rows)
for ax, (shape, names) in zip(axes.flat, ordered, strict=False):
    value, prox = value_and_prox(shape, x)
    ax.plot(x, x, color="#d5d9dc", linewidth=1)
    ax.plot(x, value, color="#98a1a9", label="penalty")
    ax.plot(x, prox, color="#2a6f97", linewidth=2, label="prox")
    ax.set(ylim=(-4, 4))
    ax.set_title("\n".join(names) + (", of (x, 1)" if shape.by_rows else ""), fontsize=9)
for ax in axes.flat[len(shapes) :]:
    ax.set_axis_off()
axes.flat[0].legend(frameon=False)
for ax in axes.flat[len(shapes) - 4 : len(shapes)]:
    ax.set_xlabel("x")
    ax.tick_params(labelbottom=True)

fig.savefig("penalties.png", dpi=110)
print(f"{len(shapes)} shapes are in penalties.png.")

# %%
# Contours
# --------
# Penalties of a unit with two weights that leave it. Corners on the axes make single weights zero;
# where the contours are round, the two weights stay together and go together. Lines that bend
# inwards spare what is large. Sums are those of a first layer.


def value_of_pair(penalty, pair):
    """Return the penalty of each row of two weights."""
    total = 0
    for piece in penalty.pieces():
        shape, factor = piece.shape, piece.weight
        if piece.layers is not None:
            factor = factor * piece.layers((1, 2, 1))[0]
        if shape.by_rows:
            value = shape.value(pair, 1.0)
        elif piece.groups == "weights":
            value = shape.value(pair, 1.0).sum(1)
        else:
            value = shape.value(torch.linalg.vector_norm(pair, dim=1), 1.0)
        total = total + factor * value
    return total


single = {"groups": "weights"}
contours = {
    "l1": "l1",
    "group_lasso": "group_lasso",
    "sparse_group_lasso": "sparse_group_lasso",
    "exclusive_lasso": "exclusive_lasso",
    "cges": "cges",
    "transformed_l1": "transformed_l1",
    "integrated_transformed_l1": "integrated_transformed_l1",
    "log_sum, single weights": LogSum(**single),
    "mcp, single weights": MCP(gamma=1.5, **single),
    "l_half, single weights": LHalf(**single),
    "l1_minus_l2": "l1_minus_l2",
    "hoyer_square": "hoyer_square",
}
line = torch.linspace(-1.5, 1.5, 302, dtype=torch.float64)  # without 0, where Hoyer's jumps
pairs = torch.cartesian_prod(line, line)
fig, axes = plt.subplots(3, 4, figsize=(11, 8.6), sharex=True, sharey=True, layout="constrained")
for ax, (name, penalty) in zip(axes.flat, contours.items(), strict=True):
    values = value_of_pair(get_penalty(penalty)[0], pairs).reshape(len(line), -1)
    ax.contour(line, line, values.T, levels=7, colors="#2a6f97", linewidths=1)
    ax.set(aspect="equal")
    ax.set_title(name, fontsize=9)
fig.savefig("penalty_contours.png", dpi=110)
