"""What is installed says what it is, is complete, and works without the compiled modules."""

import json
import os
import re
import runpy
import shutil
import subprocess
import sys
import tarfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import scipy
import sklearn
import threadpoolctl
import torch

import sgnn
from sgnn import kernels

ROOT = Path(__file__).resolve().parents[2]
MODULES = [f"sgnn.kernels.{path.stem}" for path in sorted((ROOT / "sgnn/kernels").glob("*.pyx"))]

FIT = """
import numpy as np
from sgnn import SparseMLPRegressor

X = np.random.RandomState(0).randn(60, 5)
model = SparseMLPRegressor((4,), max_iter=4, batch_size=20, random_state=0).fit(X, X[:, 0])
"""


def lines_of(text):
    return dict(line.strip().split(": ", 1) for line in text.splitlines())


def test_the_versions_are_those_that_are_imported(capsys):
    sgnn.show_versions()
    shown = lines_of(capsys.readouterr().out)
    assert shown["python"].startswith(sys.version.split()[0])
    assert shown["sgnn"] == sgnn.__version__
    for name, module in {
        "numpy": np,
        "scipy": scipy,
        "scikit-learn": sklearn,
        "torch": torch,
        "threadpoolctl": threadpoolctl,
    }.items():
        assert shown[name] == module.__version__


def test_it_is_said_whether_the_kernels_are_used(capsys):
    sgnn.show_versions()
    with kernels.switched_off():
        sgnn.show_versions()
    words = [line for line in capsys.readouterr().out.splitlines() if "compiled kernels" in line]
    if find_spec("sgnn.kernels._network"):
        assert [line.split(": ")[1] for line in words] == ["in use", "switched off"]
    else:
        assert all("not in use (No module named 'sgnn.kernels._" in line for line in words)


@pytest.mark.parametrize("missing", sorted(set(MODULES) & set(sys.modules)))
def test_when_one_module_is_missing_none_is_used(monkeypatch, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    names = runpy.run_path(kernels.__file__)
    assert not names["are_built"]()
    assert not names["are_used"]()
    assert names["in_words"]().startswith("not in use (")
    assert missing in names["in_words"]() or not kernels.are_built()


def test_without_the_compiled_modules_a_fit_is_the_same():
    names = {}
    exec(FIT, names)
    block = f"import sys; sys.modules.update(dict.fromkeys({MODULES}))"
    show = "print('fitted:', [model.loss_curve_, model.predict(X).tolist()])"
    show += "; import sgnn; sgnn.show_versions()"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", f"{block}{FIT}{show}"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == 0, done.stderr
    shown = lines_of(done.stdout)
    assert shown["compiled kernels"].startswith("not in use (import of sgnn.kernels._")
    curve, predictions = json.loads(shown["fitted"])
    np.testing.assert_allclose(curve, names["model"].loss_curve_, rtol=1e-9)
    np.testing.assert_allclose(predictions, names["model"].predict(names["X"]), rtol=1e-9)


OTHER_BLAS = """
import ctypes
import sklearn.metrics
from scipy.linalg import cython_blas

new = ctypes.pythonapi.PyCapsule_New
new.restype, new.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
signature = ctypes.c_char_p(b"void (char *, char *, int64_t *, int64_t *, int64_t *)")
cython_blas.__pyx_capi__["sgemm"] = new(1, signature, None)
from sgnn import kernels
print(kernels.in_words())
"""


@pytest.mark.skipif(not kernels.are_built(), reason="no kernels")
def test_a_blas_of_64_bit_integers_is_not_called():
    done = subprocess.run(
        [sys.executable, "-c", OTHER_BLAS],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("not in use (sgemm of scipy.linalg.cython_blas does not take")


@pytest.fixture
def tree(tmp_path):
    """What a release is made of, in a folder of its own, with what was built and generated."""
    ignore = shutil.ignore_patterns("__pycache__", ".*_cache", "*.egg-info", "build", "dist")
    for path in ROOT.iterdir():
        if path.is_file():
            shutil.copy(path, tmp_path)
    for name in [".ci", "benchmarks", "doc", "examples", "tests"]:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignore)
    shutil.copytree(ROOT / "sgnn", tmp_path / "sgnn", ignore=ignore)
    for module in MODULES:
        (tmp_path / module.replace(".", "/")).with_suffix(".c").touch()
        (tmp_path / module.replace(".", "/")).with_suffix(".so").touch()
    return tmp_path


def run_setup(tree, *arguments, **env):
    pytest.importorskip("setuptools", minversion="77")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "setup.py", *arguments],
        cwd=tree,
        capture_output=True,
        text=True,
        env={**os.environ, **env},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.mark.slow
def test_a_release_has_all_sources_and_nothing_that_was_built(tree):
    run_setup(tree, "-q", "sdist")
    (archive,) = (tree / "dist").iterdir()
    with tarfile.open(archive) as packed:
        names = [Path(*Path(name).parts[1:]) for name in packed.getnames()]
        metadata = next(
            packed.extractfile(name).read().decode()
            for name in packed.getnames()
            if name.endswith("PKG-INFO")
        )
    built = {".c", ".so", ".pyd"}
    for folder in ["sgnn", "tests", "doc", "benchmarks", "examples"]:
        sources = {path.relative_to(tree) for path in (tree / folder).rglob("*") if path.is_file()}
        there = {
            path
            for path in names
            if path.parts[:1] == (folder,) and (path.suffix or path.name == "LICENSE")
        }
        assert {path for path in sources if path.suffix not in built} == there, folder
    for name in ["setup.py", "Makefile", "constraints.txt", "CHANGELOG.md", ".ci/run"]:
        assert Path(name) in names
    links = re.findall(r"\]\(([^)]+)\)", metadata)
    assert len(links) > 50
    assert not [link for link in links if not link.startswith(("https://", "#"))]
    assert "/raw/main/doc/images/quickstart.png)" in metadata


@pytest.mark.slow
@pytest.mark.parametrize("compiler", ["no-such-compiler", "false"])
def test_a_compiler_that_fails_does_not_keep_from_installing(tree, compiler):
    said = run_setup(tree, "build", CC=compiler)
    for name in ["_cpu", "_groups", "_network", "_predict"]:
        assert f'building extension "sgnn.kernels.{name}" failed' in said
    (built,) = (tree / "build").glob("lib*")
    assert (built / "sgnn/kernels/__init__.py").exists()
    assert not list(built.rglob("*.so"))
