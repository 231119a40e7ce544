"""Calls that are killed, at any epoch, and go on: same bits, same curves, same everything."""

import pickle
from contextlib import nullcontext
from functools import partial
from itertools import count

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone, is_classifier
from sklearn.datasets import load_diabetes, load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import scale

from sgnn import (
    Checkpoint,
    KnockoffSelector,
    SparseMLPClassifier,
    SparseMLPClassifierCV,
    SparseMLPRegressor,
    SparseMLPRegressorCV,
    SparseMLPSelector,
    StabilitySelector,
    kernels,
    sparse_mlp_path,
)
from sgnn.estimators.monitor import Monitor
from sgnn.penalties import GroupGraph, GroupLasso
from tests.covering import covering_design
from tests.interrupted import Killed, always_writing, counting, killed_and_repeated, leaves

REGRESSION = scale(load_diabetes().data)[:100], 7.0 * scale(load_diabetes().target)[:100]
CLASSES = scale(load_iris().data)[::2], load_iris().target[::2]
N_EPOCHS = 12
CHAIN = [(0, 1), (1, 2), (2, 3)]
PENALTIES = {
    "none": None,
    "group_lasso": "group_lasso",
    "l1": "l1",
    "log_sum": "log_sum",
    "hoyer_square": "hoyer_square",
    "both": GroupLasso(groups="both"),
    "adaptive": GroupLasso(adaptive=1),
    "partial, rising": GroupLasso(fraction=0.5, warm_up=5),
    "graph": GroupGraph(CHAIN),
    "overlap": [GroupGraph(CHAIN, difference="weights"), GroupLasso(groups="incoming")],
}
FACTORS = {
    "kind": [SparseMLPRegressor, SparseMLPClassifier],
    "solver": ["adam", "sgd", "lbfgs"],
    "penalty": list(PENALTIES),
    "alpha": ["auto", 0.05, 0.3],
    "learning_rate": ["cosine", "constant", "adaptive"],
    "hidden_layer_sizes": [(), (8,), (6, 5)],
    "early_stopping": [False, True],
    "refit": [False, True],
    "input_dropout": [0.0, 0.2],
    "batch_size": [40, "auto"],
    "dtype": ["float32", "float64"],
    "sparse": [False, True],
    "weights": [False, True],
    "kernels": [True, False],
    "kills": [(2,), (8,), (13,), (3, 3, 3)],
}
OVERLAPS = {"both", "overlap"}


def is_allowed(row):
    if row.get("solver") != "lbfgs":
        return True
    is_fixed = not row.get("input_dropout") and row.get("penalty") != "partial, rising"
    return is_fixed and row.get("penalty") not in OVERLAPS


ROWS = covering_design(FACTORS, is_allowed)


def case(row):
    """Return an estimator, its data, and the context of its fits."""
    row = {name: value for name, value in row.items() if name != "kills"}
    X, y = CLASSES if row["kind"] is SparseMLPClassifier else REGRESSION
    X = X[:, :4]
    weights = np.linspace(0, 2, len(X)) if row.pop("weights") else None
    X = sparse.csr_matrix(np.where(X > 0, X, 0)) if row.pop("sparse") else X
    context = nullcontext() if row.pop("kernels") else kernels.switched_off()
    penalty = PENALTIES[row.pop("penalty")]
    rest = {"max_iter": N_EPOCHS, "n_iter_no_change": 2, "tol": 1e-2, "random_state": 0}
    return row.pop("kind")(**row, penalty=penalty, **rest), (X, y, weights), context


@pytest.mark.filterwarnings("ignore::sgnn.SgnnWarning")
@pytest.mark.parametrize("row", ROWS, ids=map(str, range(len(ROWS))))
def test_a_fit_that_was_killed_ends_as_one_that_was_not(row, monkeypatch, tmp_path):
    model, data, context = case(row)
    with context:
        with counting(monkeypatch) as epochs:
            whole = clone(model).fit(*data)
        model.set_params(checkpoint=always_writing(monkeypatch, tmp_path))
        call = partial(clone(model).fit, *data)
        fitted, tries = killed_and_repeated(monkeypatch, call, row["kills"])
    assert leaves(vars(fitted)) == leaves(vars(whole))
    if is_classifier(model) or model.alpha != "auto":  # Pilot fits begin anew.
        assert sum(tries) <= len(epochs) + len(tries) - 1, "it began anew"
    assert len(tries) > 1 or len(epochs) < row["kills"][0]
    assert not list(tmp_path.iterdir())


# Paths, searches, selectors

CLF = SparseMLPClassifier((6,), penalty="log_sum", max_iter=6, random_state=0)
REG = SparseMLPRegressor((6,), penalty="log_sum", max_iter=6, random_state=0)
SHORT = {"alphas": 5, "max_iter": 2}
SEARCH = {"cv": 3, "rule": "dense", "tol": 9.0, **SHORT}
OF_PATH = {
    "plain": {},
    "refit": {"refit": True, "early_stopping": True},
    "adaptive": {"penalty": GroupLasso(adaptive=1, warm_up=2), "solver": "sgd"},
    "both": {"penalty": GroupLasso(groups="both"), "dtype": "float32"},
    "lbfgs": {"solver": "lbfgs", "l2": 0.01},
    "lbfgs, few gradients": {"solver": "lbfgs", "l2": 0.01, "max_fun": 9},
    "dropout": {"input_dropout": 0.2, "hidden_layer_sizes": (5, 4)},
}


def path_of(changes, checkpoint=None):
    model = clone(REG).set_params(**changes)
    return sparse_mlp_path(model, *REGRESSION, alphas=6, max_iter=3, checkpoint=checkpoint)


def fit_of(search, data, checkpoint=None):
    return vars(clone(search).set_params(checkpoint=checkpoint).fit(*data))


CALLS = {f"path, {name}": partial(path_of, changes) for name, changes in OF_PATH.items()} | {
    "classifier CV": partial(fit_of, SparseMLPClassifierCV(CLF, **SEARCH), CLASSES),
    "regressor CV": partial(fit_of, SparseMLPRegressorCV(REG, **SEARCH), REGRESSION),
    "selector": partial(fit_of, SparseMLPSelector(CLF, n_features_to_select=4, **SHORT), CLASSES),
    "auto": partial(fit_of, SparseMLPSelector(REG, **SEARCH), REGRESSION),
    "stability": partial(
        fit_of,
        StabilitySelector(CLF, n_pairs=2, n_features_to_select=2, random_state=0, **SHORT),
        CLASSES,
    ),
    "knockoffs": partial(fit_of, KnockoffSelector(REG, n_draws=3, random_state=0), REGRESSION),
}


@pytest.mark.filterwarnings("ignore::sgnn.SgnnWarning")
@pytest.mark.parametrize("parts", [(0.5,), (0.2, 0.2, 0.2), (1.0,)])
@pytest.mark.parametrize("name", CALLS)
def test_a_call_that_was_killed_ends_as_one_that_was_not(name, parts, monkeypatch, tmp_path):
    call = CALLS[name]
    with counting(monkeypatch) as epochs:
        whole = call()
    call = partial(call, checkpoint=always_writing(monkeypatch, tmp_path))
    kills = [max(1, int(part * len(epochs))) for part in parts]
    found, tries = killed_and_repeated(monkeypatch, call, kills)
    assert leaves(found) == leaves(whole)
    assert sum(tries) == len(epochs), "what was over was done again"
    assert len(tries) == 1 + len(kills)
    assert not list(tmp_path.iterdir())


@pytest.mark.filterwarnings("ignore::sgnn.SgnnWarning")
def test_what_is_over_is_not_lost_when_a_later_part_is_killed(monkeypatch, tmp_path):
    """What a part has found, here three networks, is written before the part is cleared."""
    checkpoint = always_writing(monkeypatch, tmp_path)
    call = partial(CALLS["knockoffs"], checkpoint=checkpoint)
    with counting(monkeypatch, kill_before=3 * REG.max_iter + 2), pytest.raises(Killed):
        call()
    names = sorted(path.name.partition("-")[2][33:] for path in tmp_path.iterdir())
    assert names == ["00000.npz", "draw-2.run.npz"], "the first draw by its result alone"


@pytest.mark.filterwarnings("ignore::sgnn.SgnnWarning")
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_parts_in_other_processes_go_on(n_jobs, monkeypatch, tmp_path):
    checkpoint = always_writing(monkeypatch, tmp_path)
    search = SparseMLPRegressorCV(REG, n_jobs=n_jobs, **SEARCH)
    whole, found = fit_of(search, REGRESSION), CALLS["regressor CV"]
    with counting(monkeypatch) as epochs:
        found()
    with counting(monkeypatch, kill_before=len(epochs) - 1), pytest.raises(Killed):
        found(checkpoint=checkpoint)
    assert len(list(tmp_path.iterdir())) > 2
    assert leaves(fit_of(search, REGRESSION, checkpoint)) == leaves(whole)
    assert not list(tmp_path.iterdir())


def test_the_checkpoint_of_the_estimator_is_that_of_what_is_given_none(monkeypatch, tmp_path):
    checkpoint = always_writing(monkeypatch, tmp_path)
    model = clone(REG).set_params(checkpoint=checkpoint)
    calls = {
        "sparse_mlp_path": partial(sparse_mlp_path, model, *REGRESSION, **SHORT),
        "SparseMLPRegressorCV": partial(SparseMLPRegressorCV(model, **SEARCH).fit, *REGRESSION),
    }
    for name, call in calls.items():
        with counting(monkeypatch, kill_before=9), pytest.raises(Killed):
            call()
        assert {path.name.partition("-")[0] for path in tmp_path.iterdir()} == {name}
        for path in tmp_path.iterdir():
            path.unlink()


# Around estimators


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_candidates_of_a_search_share_a_folder(n_jobs, monkeypatch, tmp_path):
    grid = {"alpha": [0.01, 0.1], "l2": [0, 0.01]}
    whole = GridSearchCV(CLF, grid, cv=2).fit(*CLASSES)
    model = clone(CLF).set_params(checkpoint=Checkpoint(tmp_path, seconds=0))
    search = GridSearchCV(model, grid, cv=2, n_jobs=n_jobs).fit(*CLASSES)
    for name in ("mean_test_score", "std_test_score"):
        np.testing.assert_array_equal(search.cv_results_[name], whole.cv_results_[name])
    assert not list(tmp_path.iterdir())


def test_a_killed_candidate_goes_on_among_others(monkeypatch, tmp_path):
    model = clone(CLF).set_params(checkpoint=always_writing(monkeypatch, tmp_path))
    call = partial(GridSearchCV(model, {"alpha": [0.01, 0.1]}, cv=2).fit, *CLASSES)
    with counting(monkeypatch) as epochs:
        whole = call()
    found, tries = killed_and_repeated(monkeypatch, call, [len(epochs) - 2])
    assert leaves(vars(found.best_estimator_)) == leaves(vars(whole.best_estimator_))
    assert tries == [len(epochs) - 3, len(epochs) - CLF.max_iter + 3]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("given", [str, lambda folder: folder, lambda f: Checkpoint(f, seconds=5)])
def test_an_estimator_with_a_checkpoint_is_one_like_others(given, tmp_path):
    model = clone(REG).set_params(checkpoint=given(tmp_path))
    assert clone(model).get_params()["checkpoint"] == given(tmp_path)
    model.fit(*REGRESSION)
    loaded = pickle.loads(pickle.dumps(model))
    assert leaves(vars(loaded)) == leaves(vars(model)) == leaves(vars(clone(REG).fit(*REGRESSION)))
    assert loaded.checkpoint == given(tmp_path)


@pytest.mark.parametrize(
    "call",
    [
        SparseMLPRegressor(checkpoint="folder").fit,
        SparseMLPRegressorCV(checkpoint="folder").fit,
        SparseMLPSelector(n_features_to_select=2, checkpoint="folder").fit,
        StabilitySelector(REG, n_features_to_select=2, checkpoint="folder").fit,
        KnockoffSelector(REG, checkpoint="folder").fit,
        partial(sparse_mlp_path, SparseMLPRegressor(), checkpoint="folder"),
    ],
    ids=["estimator", "CV", "selector", "stability", "knockoffs", "path"],
)
def test_a_call_that_would_draw_other_numbers_is_refused(call, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        ValueError, match=r"checkpoint='folder': .*random_state=None.* an int"
    ) as no:
        call(*REGRESSION)
    assert len(str(no.value)) < 500
    assert not list(tmp_path.iterdir())


def test_a_generator_goes_on_too(monkeypatch, tmp_path):
    def call(checkpoint=None):
        rng = np.random.RandomState(5)
        model = clone(REG).set_params(random_state=rng, checkpoint=checkpoint)
        return model.fit(*REGRESSION).coefs_, model.random_state.get_state(legacy=False)

    whole = call()
    call = partial(call, always_writing(monkeypatch, tmp_path))
    found, _ = killed_and_repeated(monkeypatch, call, [3])
    assert leaves(found) == leaves(whole)


def test_a_warm_start_goes_on_from_the_same_network_only(monkeypatch, tmp_path):
    checkpoint = always_writing(monkeypatch, tmp_path)
    last = clone(REG).set_params(warm_start=True, checkpoint=checkpoint).fit(*REGRESSION)
    whole = pickle.loads(pickle.dumps(last)).fit(*REGRESSION)
    with counting(monkeypatch, kill_before=4), pytest.raises(Killed):
        pickle.loads(pickle.dumps(last)).fit(*REGRESSION)
    with counting(monkeypatch) as epochs:
        clone(last).fit(*REGRESSION)
    assert len(epochs) == REG.max_iter, "another start is another call"
    with counting(monkeypatch) as epochs:
        found = pickle.loads(pickle.dumps(last)).fit(*REGRESSION)
    assert len(epochs) == REG.max_iter - 3
    assert leaves(vars(found)) == leaves(vars(whole))


def test_what_is_read_from_disk_goes_on(monkeypatch, tmp_path):
    X, y = REGRESSION
    np.save(tmp_path / "X.npy", X)
    X = np.load(tmp_path / "X.npy", mmap_mode="r")
    model = clone(REG).set_params(alpha=0.3)
    whole = clone(model).fit(X, y)
    model.set_params(checkpoint=always_writing(monkeypatch, tmp_path / "folder"))
    found, tries = killed_and_repeated(monkeypatch, partial(model.fit, X, y), [2, 3])
    assert leaves(vars(found)) == leaves(vars(whole))
    assert tries == [1, 2, 3]


def test_partial_fit_writes_nothing(monkeypatch, tmp_path):
    model = clone(REG).set_params(checkpoint=always_writing(monkeypatch, tmp_path / "folder"))
    model.partial_fit(*REGRESSION).partial_fit(*REGRESSION)
    assert not (tmp_path / "folder").exists()


def test_after_an_interrupt_the_same_call_goes_on(monkeypatch, tmp_path):
    whole = clone(REG).fit(*REGRESSION)
    model = clone(REG).set_params(checkpoint=always_writing(monkeypatch, tmp_path))
    with monkeypatch.context() as patched:
        patched.setattr(Monitor, "begin_epoch", interrupt_before(4))
        with pytest.raises(KeyboardInterrupt):
            model.fit(*REGRESSION)
    assert model.n_iter_ == 3
    with counting(monkeypatch) as epochs:
        model.fit(*REGRESSION)
    assert len(epochs) == REG.max_iter - 3
    assert leaves(vars(model)) == leaves(vars(whole))


def interrupt_before(number):
    calls = count(1)

    def begin(self):
        if next(calls) == number:
            raise KeyboardInterrupt

    return begin


class Recorder:
    """Counts the epochs that a callback hears of, and looks at the estimators."""

    def __init__(self):
        self.seen = []

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        if context.task_name == "epoch":
            self.seen.append(fitted_estimator.n_iter_)


def test_callbacks_hear_of_the_epochs_that_are_left(monkeypatch, capsys, tmp_path):
    checkpoint = always_writing(monkeypatch, tmp_path)
    model = clone(REG).set_params(verbose=True, checkpoint=checkpoint)
    with counting(monkeypatch, kill_before=4), pytest.raises(Killed):
        model.fit(*REGRESSION)
    capsys.readouterr()
    recorder = Recorder()
    model.set_callbacks(recorder).fit(*REGRESSION)
    assert recorder.seen == [4, 5, 6]
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "training goes on after epoch 3, from its checkpoint"
    assert [line.split()[1] for line in lines[1:]] == ["4", "5", "6"]
