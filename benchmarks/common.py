"""What the benchmarks of paths and selection share: data, LassoNet, results."""

import importlib.metadata
import json
import platform
import time
import warnings
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from threadpoolctl import threadpool_limits

ROOT = Path(__file__).resolve().parents[1]


def load(folder, name):
    """Return X in float32 and y of a data set, the test part alone where there are images."""
    with np.load(Path(folder) / f"{name}.npz") as arrays:
        if "mnist" in name:
            return arrays["X_test"].astype(np.float32) / 255, arrays["y_test"].astype(int)
        X, y = arrays["X"], arrays["y"]
        if "X_test" in arrays:
            X, y = np.vstack([X, arrays["X_test"]]), np.append(y, arrays["y_test"])
    return X.astype(np.float32), y.astype(int if y.dtype.kind == "u" else np.float32)


@contextmanager
def one_thread():
    """One thread for everybody, and no warnings."""
    torch.set_num_threads(1)
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def timed(function, *arguments, **keywords):
    """Return what a function returns, and its CPU seconds."""
    start = time.process_time()
    result = function(*arguments, **keywords)
    return result, time.process_time() - start


def lassonet_path(kind, X, y, seed, *, state_dicts=False, **parameters):
    """Walk LassoNet's path; return the model and the points with features left."""
    from lassonet import LassoNetClassifier, LassoNetRegressor

    cls = LassoNetClassifier if kind == "classifier" else LassoNetRegressor
    model = cls(random_state=seed, torch_seed=seed, verbose=0, **parameters)
    points = model.path(X, y, return_state_dicts=state_dicts)
    return model, [point for point in points if point.selected.any()]


def first_places(scores, count):
    """Return the places of the largest scores."""
    return np.argsort(-np.asarray(scores), kind="stable")[:count]


def kept(name, keep):
    """Return the records of results/name.json that are to be kept, if there are any."""
    path = ROOT / f"benchmarks/results/{name}.json"
    if not path.exists():
        return []
    return [record for record in json.loads(path.read_text())["records"] if keep(record)]


def write(name, title, records, *parts):
    """Write records to results/name.json; print the parts, and write them to doc/name.md."""
    packages = ("numpy", "scikit-learn", "torch", "lassonet")
    versions = {package: importlib.metadata.version(package) for package in packages}
    result = {"versions": versions, "machine": platform.machine(), "records": records}
    path = ROOT / f"benchmarks/results/{name}.json"
    path.write_text(json.dumps(result, indent=0, default=float) + "\n")
    packages = ", ".join(f"{package} {version}" for package, version in versions.items())
    about = f"Written by `python benchmarks/{name}.py`; its docstring is the protocol."
    text = "\n\n".join([f"# {title}", about, *parts, f"{packages}, {platform.machine()}."])
    print(text)
    (ROOT / f"doc/{name}.md").write_text(text + "\n")


def table(header, rows):
    """Return a Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)
