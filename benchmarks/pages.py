"""Pages and pictures from records."""

from contextlib import contextmanager
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from benchmarks import suite

plt.switch_backend("Agg")

ROOT = Path(__file__).resolve().parents[1]
_MARKS = "<!-- written by `python -m benchmarks report` -->\n", "<!-- end -->"
_folder = ROOT / "doc"


@contextmanager
def written_to(folder):
    """Within this context, pages and pictures go to another folder than ``doc``."""
    global _folder
    before, _folder = _folder, Path(folder)
    try:
        yield
    finally:
        _folder = before


def save(figure, name):
    """Save a picture for a page, and return the Markdown that shows it."""
    path = _folder / "images" / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)
    return f"![{name.replace('_', ' ')}](images/{name}.png)"


def write(name, records):
    """Write the page of a benchmark."""
    benchmark = suite.module(name)
    parts = [
        f"# {benchmark.TITLE}",
        f"Written by `python -m benchmarks {name}`; [protocol](../benchmarks/{name}/README.md).",
        *benchmark.report(records),
        _environments(records),
    ]
    _folder.mkdir(parents=True, exist_ok=True)
    (_folder / f"{name}.md").write_text("\n\n".join(parts) + "\n")


def write_summary(records):
    """Write the page of all papers, ``results.md``.

    Parameters
    ----------
    records : dict of Records
        Those of each benchmark, by its name.
    """
    introduction = (suite.HERE / "results.md").read_text().strip()
    parts = [introduction]
    for name in records:
        benchmark = suite.module(name)
        if hasattr(benchmark, "summary"):
            parts += [f"## {benchmark.TITLE}", *benchmark.summary(records[name])]
            parts.append(f"[All figures]({name}.md), [protocol](../benchmarks/{name}/README.md).")
    (_folder / "results.md").write_text("\n\n".join(parts) + "\n")


def with_headlines(text, records):
    """Return the text of a README with its table of results made anew.

    Parameters
    ----------
    text : str
    records : dict of Records
        Those of each benchmark, by its name.
    """
    rows = [
        [f"[{name.replace('_', ' ')}](doc/{name}.md)", *suite.module(name).headline(records[name])]
        for name in records
        if hasattr(suite.module(name), "headline")
    ]
    begin, end = (text.index(mark) for mark in _MARKS)
    lines = table(["question", "sgnn", "beside it"], rows)
    return f"{text[:begin]}{_MARKS[0]}\n{lines}\n\n{text[end:]}"


def table(header, rows):
    """Return a Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def spread(values, digits=2, scale=1):
    """Return mean and standard deviation, as "98.21 ± 0.03"; one value alone has no spread."""
    values = scale * np.asarray(values, dtype=float)
    mean = f"{values.mean():,.{digits}f}"
    return mean if len(values) < 2 else f"{mean} ± {values.std(ddof=1):,.{digits}f}"


def against(found, aim):
    """Return whether an accuracy reaches an aim, as "missed by 0.05 points"."""
    return "reached" if found >= aim else f"missed by {100 * (aim - found):.2f} points"


def seconds(runs, beside):
    """Return the median of CPU seconds as "3.1", of the runs that can be compared with others.

    These are the ones in the environment that most of the others were made in; empty if none.
    """
    environments = [record["environment"] for record in beside]
    comparable = runs.where(environment=max(environments, key=environments.count, default=None))
    return f"{comparable.median('cpu_seconds'):.1f}" if comparable else ""


def dashed(counts):
    """Return counts as "784-300-10", means of counts rounded."""
    return "-".join(f"{count:.0f}" for count in counts)


def _environments(records):
    seen = {tuple(record["environment"].items()) for record in records}
    return "\n\n".join(", ".join(f"{k} {v}" for k, v in one) + "." for one in sorted(seen))
