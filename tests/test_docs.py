"""What the documents say is so."""

import re
import runpy
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.datasets import load_iris

from sgnn import SparseMLPClassifier
from sgnn.penalties import _registry, available, register

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def penalty_of_the_guide(monkeypatch):
    """The classes that CONTRIBUTING.md prints in full, as if they were in a file."""
    monkeypatch.setattr(_registry, "_PENALTIES", dict(_registry._PENALTIES))
    code = re.search(r"```py\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(), re.DOTALL)[1]
    names = {"__name__": "l0_l1"}
    exec(code, names)
    return names


def test_the_penalty_of_the_guide_is_exact_and_trains(penalty_of_the_guide):
    shape = penalty_of_the_guide["CountAndMagnitude"](0.3)
    x = torch.linspace(-3, 3, 301, dtype=torch.float64)
    z = torch.linspace(-3, 3, 3001, dtype=torch.float64)
    for step in (0.1, 1.0):
        found = shape.prox(x, step, 0.7)
        reached = (found - x).square() / 2 + step * shape.value(found, 0.7)
        grid = (z - x[:, None]).square() / 2 + step * shape.value(z, 0.7)
        assert (reached <= grid.amin(1) + 1e-12).all()
    register("l0_l1", penalty_of_the_guide["L0L1"])
    X, y = load_iris(return_X_y=True)
    model = SparseMLPClassifier(penalty="l0_l1", alpha=0.01, random_state=0).fit(X, y)
    assert model.score(X, y) > 0.9
    assert 0.1 < model.sparsity_ < 1


def test_the_page_of_the_penalties_is_what_the_docstrings_say():
    page = runpy.run_path(str(ROOT / "doc/make_penalties.py"))["page"]()
    assert (ROOT / "doc/penalties.md").read_text() == page
    assert all(f"## `{name}`" in page for name in available())


def test_the_table_of_the_readme_names_every_penalty():
    readme = (ROOT / "README.md").read_text()
    named = set(re.findall(r'`"(\w+)"`', readme[readme.index("## Penalties") :]))
    assert set(available()) <= named


def test_the_output_of_the_readme_is_that_of_its_example(capsys):
    readme = (ROOT / "README.md").read_text()
    code, output = re.search(
        r"```python\n(.*?)```\n\n```text\n(.*?)```", readme, re.DOTALL
    ).groups()
    exec(code, {})
    found = capsys.readouterr().out
    assert found.splitlines()[0] == output.splitlines()[0]
    kept = [
        [int(n.replace(",", "")) for n in re.findall(r"([\d,]+) of", text)]
        for text in (found, output)
    ]
    np.testing.assert_allclose(kept[0], kept[1], rtol=0.1, atol=1)
