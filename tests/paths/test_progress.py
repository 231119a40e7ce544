"""What a user sees while paths are walked: printed lines and callbacks."""

import re

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.callback import ProgressBar, ScoringMonitor
from sklearn.datasets import load_wine
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale

from sgnn import (
    KnockoffSelector,
    SparseMLPClassifier,
    SparseMLPClassifierCV,
    SparseMLPRegressor,
    SparseMLPRegressorCV,
    SparseMLPSelector,
    StabilitySelector,
    sparse_mlp_path,
)
from tests.estimators.tasks import weights_equal

X, Y = load_wine(return_X_y=True)
X = scale(X)
SHORT = {"alphas": 4, "max_iter": 2}
CLF = SparseMLPClassifier((6,), penalty="log_sum", max_iter=5, random_state=0)
REG = SparseMLPRegressor((6,), penalty="log_sum", max_iter=5, random_state=0)
SEARCH = SparseMLPClassifierCV(CLF, cv=3, rule="dense", tol=1.0, **SHORT)
# What is fitted, and its parts in their order, by the names that callbacks hear.
CALLS = {
    "classifier": (SEARCH, ["path", *["fold"] * 3]),
    "regressor": (
        SparseMLPRegressorCV(REG, cv=2, rule="dense", tol=9.0, **SHORT),
        ["path", "fold", "fold"],
    ),
    "auto": (SparseMLPSelector(CLF, cv=2, rule="dense", tol=1.0, **SHORT), ["search"]),
    "count": (
        SparseMLPSelector(clone(CLF).set_params(max_iter=40), n_features_to_select=13, alphas=15),
        ["path", "held-out path", "committee"],
    ),
    "minimal": (
        SparseMLPSelector(CLF, n_features_to_select=13, relevance="minimal", **SHORT),
        ["path"],
    ),
    "stability": (
        StabilitySelector(CLF, n_pairs=2, n_features_to_select=9, random_state=0, **SHORT),
        ["half"] * 4,
    ),
    "knockoffs": (KnockoffSelector(CLF, n_draws=3, random_state=0), ["draw"] * 3),
}
pytestmark = pytest.mark.filterwarnings("ignore::sgnn.SgnnWarning")


class Recorder:
    """Writes down the tasks that begin and end, each as names and numbers from the root on."""

    def __init__(self, stop_at=None):
        self.began, self.ended, self.models = [], [], {}
        self.n_set_up = self.n_torn_down = 0
        self.stop_at = stop_at

    def setup(self, estimator, context):
        self.n_set_up += 1

    def teardown(self, estimator, context):
        self.n_torn_down += 1

    def on_fit_task_begin(self, estimator, context, *, X=None, y=None):
        assert len(X) == len(y)
        self.began.append(lineage(context))

    def on_fit_task_end(self, estimator, context, *, X=None, y=None, fitted_estimator=None):
        self.ended.append(lineage(context))
        self.models[self.ended[-1]] = fitted_estimator
        if self.stop_at == "error":
            raise RuntimeError("from the callback")
        return context.task_name == "point" and context.task_id == self.stop_at


class Everywhere(Recorder):
    """Is handed on to whatever is fitted on the way."""

    max_propagation_depth = None


def lineage(context):
    """Return the names and numbers of a task and what it is a part of, from the root on."""
    above = () if context.parent is None else lineage(context.parent)
    return (*above, (context.source_task_name or context.task_name, context.task_id))


def named(lineages, name):
    return [lineage for lineage in lineages if lineage[-1][0] == name]


def test_pipelines_are_told_where_their_steps_go():
    """The advice is tested with the selectors."""
    pipeline = make_pipeline(StandardScaler(), CLF)
    for model, _ in CALLS.values():
        with pytest.raises(TypeError, match="Put the steps in front of what takes it: make_pip"):
            clone(model).set_params(estimator=pipeline).fit(X, Y)


# What is printed


def lines_of(capsys, model, **parameters):
    found = clone(model).set_params(**parameters).fit(X, Y)
    return found, capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("name", CALLS)
def test_a_line_for_each_part(capsys, name):
    model, parts = CALLS[name]
    _, lines = lines_of(capsys, model, verbose=1)
    told = [re.fullmatch(r"\[([\w -]+?)(?: (\d+)/(\d+))?\] done in [\d.]+ s", x) for x in lines]
    if name == "auto":
        assert [one[1] for one in told] == ["path", "fold", "fold", "search"]
        return
    assert [one[1] for one in told] == parts
    numbers = [(int(one[2]), int(one[3])) for one in told if one[2]]
    assert numbers == [(number + 1, len(numbers)) for number in range(len(numbers))]


@pytest.mark.parametrize("name", CALLS)
def test_nothing_is_printed_unless_asked_for(capsys, name):
    assert lines_of(capsys, CALLS[name][0])[1] == []


def test_lines_of_points_say_which_path_and_what_it_found(capsys):
    search, lines = lines_of(capsys, SEARCH, verbose=2)
    pattern = (
        r"\[(path|fold \d/3)\] point +(\d+)  alpha (\S+)  neurons ([\d-]+)  "
        r"sparsity (\S+)  train score (\S+)"
    )
    told = [match.groups() for match in (re.fullmatch(pattern, line) for line in lines) if match]
    assert len(told) == len(lines) - 4
    points = [words for words in told if words[0] == "path"]
    assert len(points) == len(search.path_)
    for number, (words, point) in enumerate(zip(points, search.path_, strict=True)):
        assert int(words[1]) == number
        assert float(words[2]) == pytest.approx(point.alpha, rel=1e-2)
        assert words[3] == "-".join(map(str, point.n_neurons))
        assert float(words[4]) == pytest.approx(point.sparsity, abs=1e-4)
        assert float(words[5]) == pytest.approx(point.train_score, abs=1e-4)
    for fold, n_features in enumerate(search.n_features_path_, start=1):
        inputs = [int(w[3].split("-")[0]) for w in told if w[0] == f"fold {fold}/3"]
        assert inputs == n_features[: len(inputs)].tolist()


def test_the_estimator_prints_the_points_alone(capsys):
    held_out = {"X_val": X[::2], "y_val": Y[::2]}
    path = sparse_mlp_path(clone(CLF).set_params(verbose=True), X, Y, **SHORT, **held_out)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines] == [["point", str(n)] for n in range(len(path))]
    scores = [float(line.split()[-1]) for line in lines]
    np.testing.assert_allclose(scores, path.validation_scores, atol=1e-4)


# Callbacks


@pytest.mark.parametrize("name", CALLS)
def test_callbacks_hear_of_all_parts_and_leave_nothing_behind(name):
    model, parts = CALLS[name]
    here, everywhere = Recorder(), Everywhere()
    found = clone(model).set_callbacks(here, everywhere).fit(X, Y)
    root = ("fit", 0)
    expected = [(root, (part, number)) for number, part in enumerate(parts)]
    assert here.began == [(root,), *expected]
    assert here.ended == [*expected, (root,)]
    assert (here.n_set_up, here.n_torn_down) == (1, 1)
    assert (everywhere.n_set_up, everywhere.n_torn_down) == (1, 1)
    assert [one for one in everywhere.ended if len(one) < 3] == here.ended
    assert set(everywhere.ended) <= set(everywhere.began)
    assert len(everywhere.began) == len(set(everywhere.began))
    if name not in ("knockoffs", "auto"):
        n_points = len(named(everywhere.ended, "point"))
        assert n_points >= 2 * len([part for part in parts if part != "committee"])
    before = set(vars(clone(model).fit(X, Y)))
    assert set(vars(found)) == before | {"_skl_callbacks"}
    assert "_skl_callbacks" not in vars(model.estimator)
    for attribute in ("estimator_", "path_"):
        learnt = getattr(found, attribute, None)
        learnt = getattr(learnt, "_estimator", learnt)
        assert learnt is None or not [key for key in vars(learnt) if "callback" in key]


def test_callbacks_see_the_networks_of_the_path():
    recorder = Everywhere()
    search = clone(SEARCH).set_callbacks(recorder).fit(X, Y)
    alone = clone(SEARCH).fit(X, Y)
    assert weights_equal(search.estimator_, alone.estimator_)
    for number in range(len(search.path_)):
        seen = recorder.models[(("fit", 0), ("path", 0), ("point", number))]
        assert seen.alpha_ == search.path_[number].alpha
        np.testing.assert_array_equal(
            seen.predict_proba(X), search.path_.estimator(number).predict_proba(X)
        )
    whole = recorder.models[(("fit", 0),)]
    np.testing.assert_array_equal(whole.predict(X), search.predict(X))


def test_callbacks_of_a_pipeline_reach_the_paths():
    recorder = Everywhere()
    make_pipeline(StandardScaler(), clone(SEARCH)).set_callbacks(recorder).fit(X, Y)
    folds = {one[:3] for one in recorder.ended if len(one) > 2 and one[2][0] == "fold"}
    assert len(folds) == 3


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_scores_of_all_paths_come_back_from_other_processes(n_jobs):
    monitor = ScoringMonitor(scoring="accuracy")
    network = clone(CLF).set_callbacks(monitor)
    search = clone(SEARCH).set_params(estimator=network, n_jobs=n_jobs).fit(X, Y)
    rows = [row for row in monitor.get_logs().data if row["task_name"] == "point"]
    by_path = {row["parent_task_id_path"] for row in rows}
    assert by_path == {(0, number) for number in range(4)}
    scores = [row["accuracy"] for row in rows if row["parent_task_id_path"] == (0, 0)]
    np.testing.assert_allclose(scores, search.path_.train_scores)


def test_bars_are_nested(capsys):
    SparseMLPSelector(CLF, cv=2, **SHORT).set_callbacks(ProgressBar(None)).fit(X, Y)
    shown = capsys.readouterr().out
    assert {"search", "fold", "path"} <= set(re.findall(r"- (\w+)", shown))
    assert "100%" in shown


def test_a_callback_ends_a_path_that_is_no_part_of_a_fit(recwarn):
    """Of a fold the rest would count as empty networks."""
    network = clone(CLF).set_callbacks(Recorder(stop_at=1))
    assert len(sparse_mlp_path(network, X, Y, **SHORT)) == 2
    assert not recwarn
    search = clone(SEARCH).set_params(estimator=network).fit(X, Y)
    np.testing.assert_array_equal(search.scores_path_, clone(SEARCH).fit(X, Y).scores_path_)


@pytest.mark.parametrize("name", CALLS)
def test_an_error_of_a_callback_is_left_alone(name):
    recorder = Everywhere("error")
    model = clone(CALLS[name][0]).set_callbacks(recorder)
    with pytest.raises(RuntimeError, match="from the callback"):
        model.fit(X, Y)
    assert recorder.n_torn_down == 1
    assert not [key for key in vars(model) if key.endswith("_")]
    assert not [key for key in vars(model.estimator) if "callback" in key]


def test_callbacks_make_no_difference_to_what_is_kept(tmp_path):
    model = clone(CALLS["count"][0]).set_params(memory=str(tmp_path))
    first, recorder = clone(model).fit(X, Y), Everywhere()
    second = clone(model).set_callbacks(recorder).fit(X, Y)
    np.testing.assert_array_equal(first.ranking_, second.ranking_)
    assert not named(recorder.ended, "point")
    assert len(list(tmp_path.rglob("output.pkl"))) == 3
