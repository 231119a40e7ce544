"""Pictures of penalties on networks with one convolutional layer."""

import matplotlib.pyplot as plt
import numpy as np

from benchmarks import pages
from benchmarks.conv_digits import protocol

TEXTS = {
    "test": "test accuracy (%)",
    "parameters": "parameters left (%)",
    "multiply_adds": "multiply-adds left (%)",
}


def shares(runs, key):
    """Return accuracies, or what is left of a dense network, of the networks chosen, in percent."""
    full = 1 if key == "test" else runs.values("networks", key, 0)
    return 100 * runs.values("chosen", key) / full


def boxes(runs):
    """Accuracy and size of the networks chosen, over seeds."""
    labels = runs.distinct("penalty")
    fig, axes = plt.subplots(1, 3, figsize=(14, 4.2), layout="constrained")
    for ax, (key, text) in zip(axes, TEXTS.items(), strict=True):
        ax.boxplot([shares(runs.where(penalty=label), key) for label in labels], widths=0.5)
        ax.set_xticks(range(1, len(labels) + 1), labels, rotation=45, ha="right")
        ax.set_ylabel(text)
        ax.grid(axis="y", alpha=0.3)
    return pages.save(fig, "conv_digits_boxes")


def strengths(fits, paths):
    """Accuracy against what is left: fits with a dot for each strength, paths solid; means over
    seeds of fits, the first seed of paths.
    """
    data = list(fits.by("data"))
    fig, axes = plt.subplots(
        len(data), 2, squeeze=False, figsize=(13, 3.4 * len(data) + 0.5), layout="constrained"
    )
    colours = {label: f"C{number}" for number, label in enumerate(protocol.PENALTIES)}
    for row, (name, of_data) in zip(axes, data, strict=True):
        for ax, key in zip(row, ("parameters", "multiply_adds"), strict=True):
            for label, found in of_data.by("penalty"):
                _line(ax, found, key, ":o", colours[label], label)
            for label, found in paths.where(data=name, seed=0).by("penalty"):
                _line(ax, found, key, "-", colours[label], f"{label}, path")
            top = 100 * max(max(run["networks"]["test"]) for run in of_data)
            ax.set(xscale="log", title=name, xlabel=TEXTS[key], ylim=(top - 12, top + 1))
            ax.set_xlim(left=2 if key == "parameters" else 10)
            ax.grid(alpha=0.3)
        row[0].set_ylabel(TEXTS["test"])
    fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=6)
    return pages.save(fig, "conv_digits_strengths")


def _line(ax, runs, key, style, colour, label):
    left = 100 * runs.mean("networks", key) / runs.mean("networks", key)[0]
    accuracy = 100 * runs.mean("networks", "test")
    some = left > 0
    ax.plot(
        left[some], accuracy[some], style, color=colour, label=label, markersize=4, linewidth=1.2
    )


def epochs(runs):
    """Loss, accuracy and parameters by epochs, at the strength chosen, means over seeds."""
    texts = {"loss": "training loss", "validation": "validation accuracy (%)"}
    texts["parameters"] = TEXTS["parameters"]
    fig, axes = plt.subplots(1, 3, figsize=(14, 3.8), layout="constrained")
    for ax, (key, text) in zip(axes, texts.items(), strict=True):
        for label, found in runs.by("penalty"):
            values = found.mean("chosen", "curves", key)
            full = runs[0]["networks"]["parameters"][0]
            scale = {"loss": 1, "validation": 100, "parameters": 100 / full}[key]
            ax.plot(np.arange(1, len(values) + 1), scale * values, label=label)
        ax.set(xlabel="epoch", ylabel=text)
        ax.grid(alpha=0.3)
    axes[0].set_yscale("log")
    axes[1].set_ylim(85, 100)
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=8)
    return pages.save(fig, "conv_digits_epochs")


def filters(runs, sides):
    """The filters of the first layer, one row for each penalty; what is zero is grey."""
    count = len(runs[0]["chosen"]["filters"])
    fig, axes = plt.subplots(
        len(runs), count, squeeze=False, figsize=(0.62 * count + 2, 0.68 * len(runs))
    )
    for row, run in zip(axes, runs, strict=True):
        weights = np.array(run["chosen"]["filters"])
        largest = np.abs(weights).max()
        for ax, one in zip(row, weights, strict=True):
            image = np.ma.masked_equal(one.reshape(sides), 0)
            ax.imshow(image, cmap="RdBu", vmin=-largest, vmax=largest)
            ax.set(xticks=[], yticks=[], facecolor="0.75")
        row[0].set_ylabel(run["penalty"], rotation=0, ha="right", va="center")
    fig.subplots_adjust(left=0.2, right=0.99, top=0.98, bottom=0.02)
    return pages.save(fig, "conv_digits_filters")


def concavity(groups):
    """What is chosen for each `a`, means over seeds.

    Parameters
    ----------
    groups : list of (float, Records)
    """
    fig, axes = plt.subplots(1, 3, figsize=(14, 3.4), layout="constrained")
    for ax, (key, text) in zip(axes, TEXTS.items(), strict=True):
        ax.plot([a for a, _ in groups], [shares(runs, key).mean() for _, runs in groups], "o-")
        ax.set(xscale="log", xlabel="a", ylabel=text)
        ax.grid(alpha=0.3)
    return pages.save(fig, "conv_digits_a")
