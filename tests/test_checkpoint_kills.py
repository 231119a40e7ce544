"""Processes that are killed at random moments, and made again until one comes through."""

import multiprocessing
import os
import pickle
import random
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
from sklearn.base import clone

from sgnn import Checkpoint
from sgnn.training import journal
from tests.interrupted import leaves
from tests.test_checkpoint import CALLS, REG, REGRESSION, ROWS, case

pytestmark = [
    pytest.mark.filterwarnings("ignore::sgnn.SgnnWarning"),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot fork"),
]
KILLS_OF_A_CALL = 3
FITS = {f"fit {number}": row for number, row in enumerate(ROWS) if number % 4 == 0}
LONG = clone(REG).set_params(max_iter=2000)
SCRIPT = """
import sys
from sgnn import Checkpoint
from sgnn.training import journal
from tests.test_checkpoint_kills import LONG, REGRESSION
journal._PATIENCE = 0
LONG.set_params(checkpoint=Checkpoint(sys.argv[1], seconds=0)).fit(*REGRESSION)
"""


def test_a_process_that_is_killed_goes_on_in_another(tmp_path):
    root = Path(__file__).resolve().parents[1]
    folder, environment = tmp_path / "folder", {**os.environ, "PYTHONPATH": str(root)}
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(folder)], env=environment)
    while not list(folder.glob("*.run.npz")):
        assert process.poll() is None
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    model = clone(LONG).set_params(checkpoint=folder, verbose=True)
    whole = clone(LONG).fit(*REGRESSION)
    assert leaves(coefs_of(model.fit(*REGRESSION))) == leaves(coefs_of(whole))
    assert model.objective_curve_ == whole.objective_curve_
    assert not list(folder.iterdir())


def coefs_of(model):
    return model.coefs_, model.intercepts_


def fit_of(row, checkpoint=None):
    model, data, context = case(row)
    with context:
        return vars(model.set_params(checkpoint=checkpoint).fit(*data))


def write(call, path):
    """Write what a call returns."""
    path.write_bytes(pickle.dumps(leaves(call())))


@pytest.mark.slow
@pytest.mark.parametrize("name", [*CALLS, *FITS])
def test_whenever_a_process_is_killed_the_same_comes_out(name, monkeypatch, tmp_path):
    monkeypatch.setattr(journal, "_PATIENCE", 0)
    call = CALLS[name] if name in CALLS else partial(fit_of, FITS[name])
    folder, path, whole = tmp_path / "folder", tmp_path / "result", leaves(call())
    call = partial(call, checkpoint=Checkpoint(folder, seconds=0))
    began = time.monotonic()
    write(call, path)
    seconds = time.monotonic() - began
    start, draw, n_kills, process = (
        multiprocessing.get_context("fork"),
        random.Random(name),
        0,
        None,
    )
    while n_kills < KILLS_OF_A_CALL or process.exitcode != 0:
        process = start.Process(target=write, args=(call, path))
        process.start()
        process.join(draw.uniform(0, 0.7) * seconds if n_kills < KILLS_OF_A_CALL else None)
        if process.is_alive():
            os.kill(process.pid, signal.SIGKILL)
            process.join()
            n_kills += 1
    assert pickle.loads(path.read_bytes()) == whole
    assert not list(folder.iterdir())
