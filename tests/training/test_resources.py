"""Thread count and flush-to-zero mode: changed for the duration of a fit, then as before."""

import gc
import os
import subprocess
import sys
import threading
from contextlib import contextmanager, nullcontext
from weakref import ref

import numpy as np
import pytest
import torch

from sgnn import SparseMLPRegressor, kernels, sparse_mlp_path
from sgnn.networks.parameters import Parameters
from sgnn.training.resources import denormals_are_flushed, flushed_denormals, limited_threads

N_BEFORE = 3


@pytest.fixture(autouse=True)
def process_settings():
    """Start each test with a count that no fit asks for and with denormal numbers on."""
    threads, flushed = torch.get_num_threads(), denormals_are_flushed()
    torch.set_num_threads(N_BEFORE)
    torch.set_flush_denormal(False)
    yield
    torch.set_num_threads(threads)
    torch.set_flush_denormal(flushed)


def torch_flushes_denormals():
    return (torch.tensor([1e-39]) * 0.5).item() == 0


class Stepper:
    """A thread that enters and leaves a context when told to, and reports its own settings."""

    def __init__(self, context):
        self._context = context
        self._go, self._done = threading.Semaphore(0), threading.Semaphore(0)
        self.counts, self.flushed = [], []
        threading.Thread(target=self._run, daemon=True).start()
        assert self._done.acquire(timeout=20)

    def _note(self):
        self.counts.append(torch.get_num_threads())
        self.flushed.append(denormals_are_flushed())

    def _run(self):
        self._note()
        self._done.release()
        self._go.acquire()
        with self._context():
            self._note()
            self._done.release()
            self._go.acquire()
        self._note()
        self._done.release()

    def step(self):
        self._go.release()
        assert self._done.acquire(timeout=20)


def test_the_thread_count_is_limited_and_restored():
    with limited_threads(1):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == N_BEFORE


def test_none_leaves_the_thread_count():
    with limited_threads(None):
        assert torch.get_num_threads() == N_BEFORE
    assert torch.get_num_threads() == N_BEFORE


def test_nested_limits_restore_the_outermost_count():
    with limited_threads(1):
        with limited_threads(1):
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == N_BEFORE


@pytest.mark.parametrize("before", [False, True])
def test_denormals_are_flushed_and_the_mode_is_restored(before):
    torch.set_flush_denormal(before)
    with flushed_denormals():
        assert denormals_are_flushed()
        assert torch_flushes_denormals()
    assert denormals_are_flushed() is before
    assert torch_flushes_denormals() is before


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_everything_is_restored_after_an_exception(error):
    with pytest.raises(error), limited_threads(1), flushed_denormals():
        raise error
    assert torch.get_num_threads() == N_BEFORE
    assert not denormals_are_flushed()


@pytest.mark.parametrize("first_to_leave", ["main", "worker"])
@pytest.mark.parametrize("first_to_enter", ["main", "worker"])
def test_two_threads_at_once_both_get_their_count_back(first_to_enter, first_to_leave):
    worker = Stepper(lambda: limited_threads(1))
    main = limited_threads(1)
    steps = {"main": main.__enter__, "worker": worker.step}
    steps[first_to_enter]()
    steps["worker" if first_to_enter == "main" else "main"]()
    assert torch.get_num_threads() == 1
    steps = {"main": lambda: main.__exit__(None, None, None), "worker": worker.step}
    steps[first_to_leave]()
    steps["worker" if first_to_leave == "main" else "main"]()
    assert torch.get_num_threads() == N_BEFORE
    assert worker.counts == [N_BEFORE, 1, N_BEFORE]


def test_a_thread_born_under_the_limit_of_another_gets_the_count_from_before():
    with limited_threads(1):
        worker = Stepper(lambda: limited_threads(1))
        worker.step()
    worker.step()
    assert worker.counts == [1, 1, N_BEFORE]
    assert torch.get_num_threads() == N_BEFORE


def test_threads_born_after_the_last_limit_was_left_have_the_old_count():
    worker = Stepper(lambda: limited_threads(1))
    worker.step()
    with limited_threads(1):
        pass
    worker.step()
    assert Stepper(lambda: limited_threads(1)).counts == [N_BEFORE]


def test_the_denormal_mode_belongs_to_each_thread():
    worker = Stepper(flushed_denormals)
    worker.step()
    assert not denormals_are_flushed()
    with flushed_denormals():
        worker.step()
        assert denormals_are_flushed()
    assert worker.flushed == [False, True, False]
    assert not denormals_are_flushed()


@contextmanager
def settings_kept():
    yield
    assert torch.get_num_threads() == N_BEFORE
    assert not denormals_are_flushed()


def test_fit_restores_everything():
    X = np.random.RandomState(0).randn(30, 3)
    model = SparseMLPRegressor((4,), max_iter=3, random_state=0)
    with settings_kept():
        model.fit(X, X[:, 0])
    with settings_kept(), pytest.raises(ValueError, match="no longer finite"):
        model.set_params(solver="sgd", learning_rate_init=1e300).fit(X, X[:, 0])
    with settings_kept():
        model.set_params(solver="adam", learning_rate_init=1e-3).partial_fit(X, X[:, 0])


FORKS = """
import os, signal
import numpy as np
from sgnn import SparseMLPRegressor, kernels, sparse_mlp_path
from sgnn.networks.parameters import Parameters

X = np.random.RandomState(0).randn(6000, 200)
model = SparseMLPRegressor((200,), max_iter=1, batch_size=2000, random_state=0)
curves = [model.set_params(n_threads=n).fit(X, X[:, 0]).loss_curve_ for n in {before}]
for n_threads in 2, None, 1:
    pid = os.fork()
    if not pid:
        signal.alarm(30)
        again = model.set_params(n_threads=n_threads).fit(X, X[:, 0]).loss_curve_
        os._exit(not np.allclose(again, curves[0], rtol=1e-10))
    assert os.waitpid(pid, 0)[1] == 0, n_threads
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("before", [(1, 2), (None,)])
def test_a_process_that_was_forked_does_not_wait_for_threads_that_are_gone(before):
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", FORKS.format(before=before)],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "OMP_NUM_THREADS": "2", "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.filterwarnings("ignore::sgnn.SgnnConvergenceWarning")
@pytest.mark.parametrize("penalty", ["group_lasso", "log_sum", "l1", ["l1", "group_lasso"]])
@pytest.mark.parametrize("with_kernels", [True, False])
def test_no_memory_waits_for_the_collector_of_garbage(with_kernels, penalty, monkeypatch):
    model = SparseMLPRegressor((4,), penalty=penalty, max_iter=8, random_state=0)
    X = np.random.RandomState(0).normal(size=(60, 3))
    made, initialise = [], Parameters.__init__

    def seen(self, *args):
        initialise(self, *args)
        made.append(ref(self.flat))

    monkeypatch.setattr(Parameters, "__init__", seen)
    with kernels.switched_off() if not with_kernels else nullcontext():
        gc.collect()
        gc.disable()
        try:
            sparse_mlp_path(model, X, X[:, 0], alphas=3, max_iter=2)
            model.fit(X, X[:, 0])
            assert len(made) > 10
            assert not [one for one in made if one() is not None]
        finally:
            gc.enable()
