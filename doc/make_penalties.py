"""Write doc/penalties.md from an introduction and the docstrings of the penalties.

Usage::

    python doc/make_penalties.py
"""

import inspect
import re
from pathlib import Path

from sgnn._common.docstrings import entries
from sgnn.penalties import GroupPenalty, Penalty, available
from sgnn.penalties._registry import PENALTIES

FOLDER = Path(__file__).parent


def to_markdown(text):
    """Turn the little reStructuredText that the docstrings use into Markdown."""
    text = re.sub(r":math:`([^`]*)`", lambda m: "$" + " ".join(m[1].split()) + "$", text)
    text = re.sub(r":(?:class|meth|func|mod):`([^`]*)`", r"`\1`", text)
    text = re.sub(r"``([^`]*)``", r"`\1`", text)

    def block(match):
        return "$$" + " ".join(match[1].split()) + "$$\n"

    return re.sub(r"\.\. math::((?:.+\n|\n(?=    ))+)", block, text)


def sections(docstring):
    """Return the text before the first section, and the sections by name."""
    parts = re.split(r"^(\w+)\n-+\n", docstring + "\n", flags=re.MULTILINE)
    return parts[0].strip(), dict(zip(parts[1::2], parts[2::2], strict=True))


def parameters(text, shared):
    """Return a list of parameters as Markdown; those of `shared` are named only."""
    lines, taken = [], []
    for name, entry in entries(text.strip()).items():
        if entry == shared.get(name):
            taken.append(name)
            continue
        head, _, body = entry.partition("\n")
        _, _, kind = head.partition(" : ")
        kind = f" ({kind})" if kind else ""
        lines.append(f"- **{name}**{kind}: {to_markdown(' '.join(body.split()))}")
    if taken:
        of = "GroupPenalty" if "size_scaling" in taken else "Penalty"
        lines.append(f"- **{', '.join(taken)}**: As in `{of}`.")
    return "\n".join(lines)


def entry(title, cls, shared=None):
    text, parts = sections(inspect.getdoc(cls))
    summary, _, rest = text.partition("\n")
    chunks = [title, to_markdown(summary) + "\n" + to_markdown(rest + "\n").rstrip()]
    if "Parameters" in parts:
        chunks.append(parameters(parts["Parameters"], shared or {}))
    if "References" in parts:
        chunks.append("*" + to_markdown(" ".join(parts["References"].split())) + "*")
    return "\n\n".join(chunks)


def page():
    """Return the whole page."""
    text = [(FOLDER / "penalties_introduction.md").read_text().rstrip()]
    _, parts = sections(inspect.getdoc(GroupPenalty))
    shared = entries(parts["Parameters"].strip())
    for name in available():
        cls = PENALTIES[name]
        text.append(entry(f"## `{name}`: {cls.__name__}", cls, shared))
        text.append(f"![Value, prox and a path](images/penalty_{name}.png)")
    text.append("## Shared parameters")
    _, parts = sections(inspect.getdoc(Penalty))
    text.append(entry("### GroupPenalty", GroupPenalty, entries(parts["Parameters"].strip())))
    text.append(entry("### Penalty", Penalty))
    return "\n\n".join(text) + "\n"


if __name__ == "__main__":
    (FOLDER / "penalties.md").write_text(page())
