"""
===================================
The penalties and what they do to x
===================================

Every penalty that is a function of one magnitude: its value, and its proximal operator, which says
what one step of training makes of a weight (or of the norm of a group of weights) x. All are flat
zero around zero: that is what makes weights exactly zero. They differ in what they do to large
weights: the lasso takes the same from all of them, the concave ones less and less.

The script writes its picture to ``penalties.png`` in the current directory.
"""

import matplotlib

matplotlib.use("Agg")  # draw into files only, so that no display is needed

import matplotlib.pyplot as plt
import torch

from sgnn.penalties import available, get_penalty

# %%
# Those that are made of one shape of one magnitude. ``alpha`` is 1, and so is the step.

shapes = {}
for name in available():
    if name != "group_graph":
        pieces = get_penalty(name)[0].pieces()
        if len(pieces) == 1 and not pieces[0].shape.by_rows:
            shapes.setdefault(pieces[0].shape, []).append(name)

x = torch.linspace(-4, 4, 1601, dtype=torch.float64)
fig, axes = plt.subplots(3, 4, figsize=(11, 7.5), sharex=True, layout="constrained")
for ax, (shape, names) in zip(axes.flat, shapes.items(), strict=False):
    ax.plot(x, x, color="#d5d9dc", linewidth=1)
    ax.plot(x, shape.value(x, 1.0), color="#98a1a9", label="penalty")
    ax.plot(x, shape.prox(x, 1.0, 1.0), color="#2a6f97", linewidth=2, label="prox")
    ax.set(title=", ".join(names), ylim=(-4, 4))
    ax.title.set_fontsize(9)
for ax in axes.flat[len(shapes) :]:
    ax.set_axis_off()
axes.flat[0].legend(frameon=False)
for ax in axes[-1]:
    ax.set_xlabel("x")

fig.savefig("penalties.png", dpi=120)
print(f"{len(shapes)} shapes are in penalties.png.")
