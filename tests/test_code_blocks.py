"""The code of the documents runs: scripts as they are, fragments of guides on data of ours."""

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "doc").glob("*.md"))]


def blocks(language):
    """Yield the blocks of a language; those of the migration pages and README.md have own tests."""
    for page in PAGES:
        found = re.findall(
            rf"^( *)```{language}\n(.*?)^ *```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE
        )
        for number, (indent, code) in enumerate(found, start=1):
            lines = [line.removeprefix(indent) for line in code.splitlines()]
            yield pytest.param("\n".join(lines), id=f"{page.stem}-{number}")


# What the fragments of a page begin with; those of other pages are sketches, with dots in them.
DATA = """
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, TargetEncoder, scale
from sgnn import *
from sgnn.penalties import *
"""
CLASSES = """
X, y = load_breast_cancer(return_X_y=True)
X, X_val, y, y_val = train_test_split(scale(X), y, random_state=0)
"""
NUMBERS = """
X = np.random.default_rng(0).normal(size=(60, 20))
y = X[:, 0] + X[:, 1] ** 2
network = SparseMLPRegressor((5,), max_iter=5, random_state=0)
"""
ROWS = """
import pandas as pd
model = SparseMLPClassifier((10,), max_iter=10, random_state=0).fit(X, y)
X_test, X_rows = pd.DataFrame(X_val), X_val.astype("float32")
"""
LINKS = """
links = np.random.default_rng(0).integers(len(X), size=(2, 300))
y, train = (y > 1).astype(int), slice(0, 40)
"""
PRELUDES = {
    "checkpoints": NUMBERS,
    "guide_compressing": "",
    "guide_linked_samples": NUMBERS + LINKS,
    "guide_paths": CLASSES,
    "guide_reduced_rank": "",
    "guide_runtimes": CLASSES + ROWS,
    "guide_selection": NUMBERS,
}


def has_own_test(param):
    return param.id.startswith(("from_", "README"))


@pytest.mark.parametrize("code", [one for one in blocks("python") if not has_own_test(one)])
def test_a_script_runs(code, capsys):
    exec(code, {"__name__": "page"})
    assert capsys.readouterr().out


@pytest.mark.parametrize("code", list(blocks("py")))
def test_a_fragment_is_python_and_names_what_there_is(code):
    """Its rows may be those of a dict, as of the registries."""
    try:
        tree = ast.parse(code)
    except SyntaxError:
        tree = ast.parse(f"{{{code}}}")
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    for node in imports:
        if node.module.split(".")[0] == "sgnn":
            assert all(hasattr(import_module(node.module), one.name) for one in node.names)


@pytest.mark.slow
@pytest.mark.parametrize("page", PRELUDES)
@pytest.mark.filterwarnings("ignore::sgnn.SgnnWarning")
def test_the_fragments_of_a_guide_run(page, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib").use("Agg")
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "page"}
    exec(DATA + PRELUDES[page], names)
    for one in blocks("py"):
        if one.id.startswith(f"{page}-"):
            exec(one.values[0], names)
