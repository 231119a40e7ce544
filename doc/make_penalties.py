"""Write doc/penalties.md from the docstrings of the penalties.

Usage::

    python doc/make_penalties.py
"""

import inspect
import re
from pathlib import Path

import sgnn.penalties
from sgnn.penalties._registry import _PENALTIES

INTRODUCTION = """# Penalties

Written by `python doc/make_penalties.py` from the docstrings.

Every penalty is selected by its name, or as an object whose parameters can be tuned,
`GridSearchCV(model, {"penalty__gamma": [2, 3, 5]})`; a list is a sum. Parameters that all share are
described [at the end](#shared-parameters).

## Which one?

| you want | take | remarks |
|---|---|---|
| a smaller network, with little tuning | `group_lasso` | the default; convex; removes inputs and units |
| few weights, whatever their place | `l1`; `log_sum` or `mcp` with `groups="weights"` | the concave ones keep large weights large |
| few units, and few weights in those that stay | `sparse_group_lasso`, `cges`, `integrated_transformed_l1` | |
| few inputs | a concave penalty on groups: `log_sum`, `mcp`, `scad`; `layers="input"` | with `l2 > 0` where layers are left out |
| little shrinkage of what stays | `mcp`, `scad`, `capped_l1`, `l0`, or `refit=True` | not proportional to `alpha`, or jumps: start with a small network or `warm_up` |
| a strength that is free of the scale of the weights | `hoyer`, `hoyer_square`, `group_hoyer_square` | one step per layer |
| inputs that are neighbours to be kept together | `group_graph` | needs the graph |
| weights of a unit that do not overlap | `exclusive_lasso` | |

"""


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


def parameters(text):
    """Return a list of parameters as Markdown."""
    entries = re.split(r"^(?=\S)", text.strip(), flags=re.MULTILINE)
    lines = []
    for entry in filter(None, entries):
        head, _, body = entry.partition("\n")
        name, _, kind = head.partition(" : ")
        kind = f" ({kind})" if kind else ""
        lines.append(f"- **{name}**{kind}: {to_markdown(' '.join(body.split()))}")
    return "\n".join(lines)


def entry(title, cls):
    text, parts = sections(inspect.getdoc(cls))
    summary, _, rest = text.partition("\n")
    chunks = [title, to_markdown(summary) + "\n" + to_markdown(rest + "\n").rstrip()]
    if "Parameters" in parts:
        chunks.append(parameters(parts["Parameters"]))
    if "References" in parts:
        chunks.append("*" + to_markdown(" ".join(parts["References"].split())) + "*")
    return "\n\n".join(chunks)


def main():
    text = [INTRODUCTION.rstrip()]
    for name, cls in sorted(_PENALTIES.items()):
        text.append(entry(f"## `{name}`: {cls.__name__}", cls))
    text.append("## Shared parameters")
    for cls in (sgnn.penalties.GroupPenalty, sgnn.penalties.Penalty):
        text.append(entry(f"### {cls.__name__}", cls))
    (Path(__file__).parent / "penalties.md").write_text("\n\n".join(text) + "\n")


if __name__ == "__main__":
    main()
