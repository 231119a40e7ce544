"""Pictures of networks of growing strength."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import LogLocator, NullFormatter

from benchmarks import pages

COUNTS = {"weights": "weights left (%)", "multiply_adds": "multiply-adds left (%)"}


def of(records, **keys):
    """Return the records with these values."""
    return [run for run in records if all(run[key] == value for key, value in keys.items())]


def curve(run, key):
    """Return the logarithms of what is left in percent, growing, and test accuracies in percent."""
    full = np.dot(run["sizes"][:-1], run["sizes"][1:])
    left, scores = np.array(run["networks"][key]), np.array(run["networks"]["test"])
    order = np.argsort(left, kind="stable")[np.count_nonzero(left == 0) :]
    return np.log(100 * left[order] / full), 100 * scores[order]


def boxes(runs):
    """Accuracy and size of the networks chosen: on paths filled, of separate fits hollow.

    One seed alone is a dot.
    """
    names = list(dict.fromkeys(run["data"] for run in runs))
    labels = list(dict.fromkeys(run["penalty"] for run in runs))
    fig, axes = _grid(3, len(names), sharex=True, figsize=(14, 8))
    for column, name in zip(axes.T, names, strict=True):
        for place, label in enumerate(labels):
            for method, shift in (("path", -0.2), ("fits", 0.2)):
                found = of(runs, data=name, penalty=label, method=method)
                if found:
                    face = f"C{place}" if method == "path" else "white"
                    _three_boxes(column, place + shift, found, f"C{place}", face)
        dense = [run["networks"]["test"][0] for run in of(runs, data=name)]
        column[0].axhline(100 * np.mean(dense), color="0.5", linestyle="--", linewidth=1)
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
    chosen = [run["chosen"] for run in runs]
    full = np.dot(runs[0]["sizes"][:-1], runs[0]["sizes"][1:])
    values = [100 * np.array([one["test"] for one in chosen])]
    values += [100 * np.array([one[key] for one in chosen]) / full for key in COUNTS]
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
    data = list(dict.fromkeys(run["data"] for run in runs))
    labels = list(dict.fromkeys(run["penalty"] for run in runs))
    fig, axes = _grid(len(data), 2, figsize=(12, 3.2 * len(data) + 0.6))
    for row, one in zip(axes, data, strict=True):
        for ax, (key, text) in zip(row, COUNTS.items(), strict=True):
            for number, label in enumerate(labels):
                for method in dict.fromkeys(run["method"] for run in runs):
                    found = of(runs, data=one, penalty=label, method=method)
                    if found:
                        style = {"label": label} if method == "path" else {"linestyle": ":"}
                        ax.plot(*_mean_curve(found, key), color=f"C{number}", **style)
            top = 100 * max(max(run["networks"]["test"]) for run in runs if run["data"] == one)
            ax.set(xscale="log", title=one, xlabel=text, ylim=(top - 12, top + 1))
            _plain(ax.xaxis)
            ax.grid(alpha=0.3)
        row[0].set_ylabel("test accuracy (%)")
    fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=6)
    return pages.save(fig, name)


def _mean_curve(runs, key):
    parts = [curve(run, key) for run in runs]
    places = np.linspace(max(logs[0] for logs, _ in parts), np.log(100), 25)
    return np.exp(places), np.mean([np.interp(places, *part) for part in parts], axis=0)


def epochs(runs):
    """Loss, accuracy and size by epochs, means over seeds, of the fits at the strength chosen."""
    data = list(dict.fromkeys(run["data"] for run in runs))
    labels = list(dict.fromkeys(run["penalty"] for run in runs))
    fig, axes = _grid(len(data), 3, figsize=(14, 3.3 * len(data) + 0.5))
    for row, name in zip(axes, data, strict=True):
        for number, label in enumerate(labels):
            found = of(runs, data=name, penalty=label)
            if not found:
                continue
            full = np.dot(found[0]["sizes"][:-1], found[0]["sizes"][1:])
            scales = {"loss": 1, "score": 100, "multiply_adds": 100 / full}
            for ax, (key, scale) in zip(row, scales.items(), strict=True):
                values = scale * np.mean([r["chosen"]["curves"][key] for r in found], axis=0)
                places = np.linspace(1, found[0]["epochs"], len(values))
                ax.plot(places, values, color=f"C{number}", label=label)
        texts = ["training loss", "validation accuracy (%)", "multiply-adds left (%)"]
        for ax, text in zip(row, texts, strict=True):
            ax.set(title=name, xlabel="epoch", ylabel=text)
            ax.grid(alpha=0.3)
        row[0].set_yscale("log")
        row[1].set_ylim(bottom=row[1].get_ylim()[1] - 12)
        row[2].set_ylim(0, 103)
    fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=6)
    return pages.save(fig, "combined_sparsity_epochs")


def _plain(axis):
    """Write 1, 2, 5, 10, ... on a logarithmic axis."""
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter(NullFormatter())


def _grid(n_rows, n_columns, **options):
    return plt.subplots(n_rows, n_columns, squeeze=False, layout="constrained", **options)
