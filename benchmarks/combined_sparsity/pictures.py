"""Pictures of networks of growing strength."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import LogLocator, NullFormatter

from benchmarks import pages

COUNTS = {"weights": "weights left (%)", "multiply_adds": "multiply-adds left (%)"}


def n_weights(run):
    """Return how many weights, and multiply-adds, the dense network has."""
    return np.dot(run["sizes"][:-1], run["sizes"][1:])


def curve(run, key):
    """Return the logarithms of what is left in percent, growing, and test accuracies in percent."""
    left, scores = np.array(run["networks"][key]), np.array(run["networks"]["test"])
    order = np.argsort(left, kind="stable")[np.count_nonzero(left == 0) :]
    return np.log(100 * left[order] / n_weights(run)), 100 * scores[order]


def boxes(runs):
    """Accuracy and size of the networks chosen: on paths filled, of separate fits hollow.

    One seed alone is a dot.
    """
    data, labels = list(runs.by("data")), runs.distinct("penalty")
    fig, axes = _grid(3, len(data), sharex=True, figsize=(14, 8))
    for column, (name, of_data) in zip(axes.T, data, strict=True):
        for place, label in enumerate(labels):
            for method, found in of_data.where(penalty=label).by("method"):
                shift, face = (-0.2, f"C{place}") if method == "path" else (0.2, "white")
                _three_boxes(column, place + shift, found, f"C{place}", face)
        dense = 100 * of_data.mean("networks", "test", 0)
        column[0].axhline(dense, color="0.5", linestyle="--", linewidth=1)
        column[0].set_title(name)
        for ax in column[1:]:
            ax.set_yscale("log")
            ax.set_ylim(top=120)
            _plain(ax.yaxis)
        column[-1].set_xticks(range(len(labels)), labels, rotation=45, ha="right")
    for ax, text in zip(axes[:, 0], ["test accuracy (%)", *COUNTS.values()], strict=True):
        ax.set_ylabel(text)
    return pages.save(fig, "combined_sparsity_boxes")


def _three_boxes(column, place, runs, colour, face):
    values = [100 * runs.values("chosen", "test")]
    values += [100 * runs.values("chosen", key) / n_weights(runs[0]) for key in COUNTS]
    for ax, of_ax in zip(column, values, strict=True):
        if len(runs) == 1:
            ax.plot(place, of_ax[0], "o", color=colour, markerfacecolor=face)
            continue
        ax.boxplot(
            of_ax,
            positions=[place],
            widths=0.34,
            patch_artist=True,
            manage_ticks=False,
            boxprops={"facecolor": face, "edgecolor": colour},
            medianprops={"color": "black", "linewidth": 1.5},
            flierprops={"markersize": 4},
        )


def curves(runs, name):
    """Test accuracy against what is left, means over seeds: paths solid, separate fits dotted."""
    data, labels = list(runs.by("data")), runs.distinct("penalty")
    fig, axes = _grid(len(data), 2, figsize=(12, 3.2 * len(data) + 0.6))
    for row, (title, of_data) in zip(axes, data, strict=True):
        for ax, (key, text) in zip(row, COUNTS.items(), strict=True):
            for number, label in enumerate(labels):
                for method, found in of_data.where(penalty=label).by("method"):
                    style = {"label": label} if method == "path" else {"linestyle": ":"}
                    ax.plot(*_mean_curve(found, key), color=f"C{number}", **style)
            top = 100 * max(max(run["networks"]["test"]) for run in of_data)
            ax.set(xscale="log", title=title, xlabel=text, ylim=(top - 12, top + 1))
            _plain(ax.xaxis)
            ax.grid(alpha=0.3)
        row[0].set_ylabel("test accuracy (%)")
    fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=6)
    return pages.save(fig, name)


def _mean_curve(runs, key):
    parts = [curve(run, key) for run in runs]
    places = np.linspace(max(logs[0] for logs, _ in parts), np.log(100), 25)
    return np.exp(places), np.mean([np.interp(places, *part) for part in parts], axis=0)


def epochs(runs, name):
    """Loss, accuracy and size by epochs, means over seeds, of the fits at the strength chosen."""
    data = list(runs.by("data"))
    colours = {label: f"C{number}" for number, label in enumerate(runs.distinct("penalty"))}
    fig, axes = _grid(len(data), 3, figsize=(14, 3.3 * len(data) + 0.5))
    for row, (title, of_data) in zip(axes, data, strict=True):
        for label, found in of_data.by("penalty"):
            scales = {"loss": 1, "score": 100, "multiply_adds": 100 / n_weights(found[0])}
            for ax, (key, scale) in zip(row, scales.items(), strict=True):
                values = scale * found.mean("chosen", "curves", key)
                places = np.linspace(1, found[0]["epochs"], len(values))
                ax.plot(places, values, color=colours[label], label=label)
        texts = ["training loss", "validation accuracy (%)", "multiply-adds left (%)"]
        for ax, text in zip(row, texts, strict=True):
            ax.set(title=title, xlabel="epoch", ylabel=text)
            ax.grid(alpha=0.3)
        row[0].set_yscale("log")
        row[1].set_ylim(bottom=row[1].get_ylim()[1] - 12)
        row[2].set_ylim(0, 103)
    fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=6)
    return pages.save(fig, name)


def layers(runs):
    """Sparsity of each layer by epochs, means over seeds, of the fits at the strength chosen."""
    data = list(runs.by("data"))
    n_layers = len(runs[0]["sizes"]) - 1
    fig, axes = _grid(len(data), n_layers, sharey=True, figsize=(14, 3.3 * len(data) + 0.5))
    for row, (name, of_data) in zip(axes, data, strict=True):
        for number, (label, found) in enumerate(of_data.by("penalty")):
            shares = 100 * found.mean("chosen", "curves", "sparsity")
            places = np.linspace(1, found[0]["epochs"], len(shares))
            for ax, values in zip(row, shares.T, strict=True):
                ax.plot(places, values, color=f"C{number}", label=label)
        for layer, ax in enumerate(row, start=1):
            ax.set(title=f"{name}, W{layer}", xlabel="epoch", ylim=(0, 103))
            ax.grid(alpha=0.3)
        row[0].set_ylabel("zeros (%)")
    fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=7)
    return pages.save(fig, "combined_sparsity_layers")


def _plain(axis):
    """Write 1, 2, 5, 10, ... on a logarithmic axis."""
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter(NullFormatter())


def _grid(n_rows, n_columns, **options):
    return plt.subplots(n_rows, n_columns, squeeze=False, layout="constrained", **options)
