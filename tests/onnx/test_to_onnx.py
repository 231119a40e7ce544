"""What a graph computes in another runtime is what the model predicts, on real data."""

import subprocess
import sys
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.feature_selection import RFE, SelectFromModel
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sgnn import (
    KnockoffSelector,
    SparseMLPClassifierCV,
    SparseMLPRegressorCV,
    SparseMLPSelector,
    SparseReducedRankRegressor,
    SparseReducedRankRegressorCV,
    StabilitySelector,
    sparse_mlp_path,
    to_onnx,
)
from sgnn.losses import Huber, available
from sgnn.networks.activations import ACTIVATIONS
from tests.estimators.tasks import (
    DIABETES_X,
    DIABETES_Y,
    IRIS_X,
    IRIS_Y,
    LINNERUD_X,
    LINNERUD_Y,
    NAMES,
    TASKS,
    classifier,
    regressor,
    task,
)

ort = pytest.importorskip("onnxruntime")
pytest.importorskip("skl2onnx")

CLOSE = {"rtol": 1e-5, "atol": 1e-5}
DTYPES = ["float32", "float64"]


def run(model, X, **options):
    """Return the outputs of the graph of a model, made of two rows, for all rows."""
    graph = to_onnx(model, X[:2], **options)
    session = ort.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    is_table = isinstance(X, pd.DataFrame)
    feed = {name: X[[name]].to_numpy() for name in X} if is_table else {"X": X}
    return session.run(None, feed)


def assert_same(model, X, **options):
    """Labels are equal, probabilities and predictions close, in the form of a table."""
    first, *others = run(model, X, **options)
    predicted = model.predict(X)
    if others:
        np.testing.assert_array_equal(first, predicted)
        np.testing.assert_allclose(others[0], model.predict_proba(X), **CLOSE)
        assert others[0].dtype == model.predict_proba(X).dtype
    else:
        np.testing.assert_allclose(first, predicted.reshape(len(X), -1), **CLOSE)
        assert first.dtype == predicted.dtype
    assert len(others) <= 1


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", TASKS)
def test_every_task(name, dtype):
    model, X, y = task(name)
    X = X.astype(dtype)
    assert_same(model.fit(X, y), X)


@pytest.mark.parametrize("opset", [13, 15, 18, 22])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", ACTIVATIONS.names())
def test_every_activation_in_all_versions_of_the_operators(activation, dtype, opset):
    X = IRIS_X.astype(dtype)
    model = classifier(hidden_layer_sizes=(8, 5), activation=activation, max_iter=15)
    assert_same(model.fit(X, IRIS_Y), X, target_opset=opset)
    graph = to_onnx(model, X[:1], target_opset=opset)
    assert {domain.version for domain in graph.opset_import if not domain.domain} == {opset}


@pytest.mark.parametrize("loss", available())
def test_every_loss(loss):
    y = np.exp(DIABETES_Y / 2)
    if loss == "cox":
        y = np.column_stack([np.arange(len(y)) % 3 > 0, y])
    model = regressor(loss=loss, batch_size="auto", max_iter=20).fit(DIABETES_X, y)
    assert np.ptp(model.predict(DIABETES_X)) > 0.1
    assert_same(model, DIABETES_X)


@pytest.mark.parametrize("alpha", [0.0, 1e-3])
def test_only_what_is_left_is_in_the_graph(alpha):
    model = classifier(alpha=alpha, hidden_layer_sizes=(20,)).fit(IRIS_X, IRIS_Y)
    graph = to_onnx(model, IRIS_X[:1]).graph
    matrices = [tuple(array.dims) for array in graph.initializer if len(array.dims) == 2]
    assert matrices == [coef.shape for coef in model.coefs_]


def test_an_input_that_is_not_used_does_not_matter_and_all_others_do():
    X = np.hstack([np.random.default_rng(0).normal(size=(150, 6)), IRIS_X])
    model = classifier(alpha=0.03, max_iter=60).fit(X, IRIS_Y)
    assert 0 < model.n_neurons_[0] < 10
    assert_same(model, X)
    other = np.where(model.support_, X, 7.0)
    np.testing.assert_array_equal(run(model, other)[1], run(model, X)[1])


@pytest.mark.parametrize("hidden", [(), (5,)], ids=str)
@pytest.mark.filterwarnings("ignore:.*left no weight")
def test_a_network_without_inputs_is_a_constant(hidden):
    model = classifier(hidden_layer_sizes=hidden, alpha=1e3).fit(IRIS_X, IRIS_Y)
    assert model.n_neurons_[0] == 0
    assert_same(model, IRIS_X)


LABELS = {
    "strings": NAMES[IRIS_Y],
    "objects": NAMES[IRIS_Y].astype(object),
    "bools": IRIS_Y > 0,
    "negative": np.array([-5, 7])[IRIS_Y % 2],
    "int8": IRIS_Y.astype("int8") + 3,
    "floats": IRIS_Y + 1.0,
}


@pytest.mark.parametrize("kind", LABELS)
def test_labels_of_every_kind(kind):
    assert_same(classifier(max_iter=5).fit(IRIS_X, LABELS[kind]), IRIS_X)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.filterwarnings("ignore:.*left no weight")
def test_a_class_without_weight_has_probability_0(n_classes):
    y = IRIS_Y % n_classes
    model = classifier(max_iter=5).fit(IRIS_X, y, sample_weight=(y != 1).astype(float))
    assert_same(model, IRIS_X)
    assert (run(model, IRIS_X)[1][:, 1] == 0).all()


@pytest.mark.filterwarnings("ignore:.*edge of the path")
def test_cross_validation_is_the_network_that_it_chose():
    arguments = {"alphas": 5, "cv": 2, "rule": "best"}
    search = SparseMLPClassifierCV(classifier(max_iter=5), **arguments).fit(IRIS_X, IRIS_Y)
    assert_same(search, IRIS_X)
    search = SparseMLPRegressorCV(regressor(max_iter=5), **arguments).fit(DIABETES_X, DIABETES_Y)
    assert_same(search, DIABETES_X)


@pytest.mark.parametrize("dtype", DTYPES)
def test_reduced_rank(dtype):
    X = LINNERUD_X.astype(dtype)
    assert_same(SparseReducedRankRegressor(2, alpha=0.1).fit(X, LINNERUD_Y), X)
    assert_same(SparseReducedRankRegressor(1).fit(X, LINNERUD_Y[:, 0]), X)
    search = SparseReducedRankRegressorCV((1, 2), alphas=4, cv=2, rule="best")
    assert_same(search.fit(X, LINNERUD_Y), X)


SELECTORS = [
    SparseMLPSelector(classifier(max_iter=5), n_features_to_select=2, alphas=8),
    KnockoffSelector(classifier(max_iter=5), n_draws=2, max_false=6.0, random_state=0),
    StabilitySelector(classifier(max_iter=5), n_pairs=2, n_features_to_select=2, alphas=8),
]


@pytest.mark.parametrize("X", [IRIS_X, IRIS_X.astype("float32"), (9 * IRIS_X).astype("int64")])
@pytest.mark.parametrize("selector", SELECTORS, ids=lambda selector: type(selector).__name__)
def test_a_selector_gives_the_columns_that_it_selects(selector, X):
    selector = clone(selector).fit(IRIS_X, IRIS_Y)
    (columns,) = run(selector, X)
    np.testing.assert_array_equal(columns, selector.transform(X))
    assert columns.dtype == X.dtype


BEFORE = {
    "classifier": classifier(alpha=0.03, max_iter=10),
    "search": SparseMLPClassifierCV(classifier(max_iter=5), alphas=5, cv=2),
    "selector": SELECTORS[0],
    "scores": SparseReducedRankRegressor(1, alpha=0.1),
    "pipeline": make_pipeline(StandardScaler(), classifier(alpha=0.03, max_iter=10)),
    "union": make_union(classifier(alpha=0.03, max_iter=10), StandardScaler()),
    "columns": make_column_transformer(
        (classifier(max_iter=5), [0, 1]), (StandardScaler(), [2, 3])
    ),
}


@pytest.mark.parametrize("name", BEFORE)
@pytest.mark.filterwarnings("ignore:.*edge of the path")
def test_a_predictor_before_the_last_step_transforms(name):
    first = clone(BEFORE[name])
    X = IRIS_X + 0.5
    assert_same(make_pipeline(first, LogisticRegression()).fit(X, IRIS_Y), X)


def test_pipelines_and_searches_of_scikit_learn():
    pipe = make_pipeline(StandardScaler(), classifier(max_iter=5))
    X = IRIS_X * 10 + 5
    assert_same(pipe.fit(X, IRIS_Y), X)
    grid = {"sparsemlpclassifier__activation": ["relu", "tanh"]}
    assert_same(GridSearchCV(pipe, grid, cv=2).fit(X, IRIS_Y), X)
    chain = make_pipeline(regressor(max_iter=5), Ridge()).fit(DIABETES_X, DIABETES_Y)
    assert_same(chain, DIABETES_X)


def test_a_table_is_an_input_per_column():
    table = pd.DataFrame(IRIS_X, columns=["a", "b", "c", "d"])
    assert_same(classifier(max_iter=5).fit(table, IRIS_Y), table)
    table["e"] = np.array(["u", "v", "w"])[np.arange(len(table)) % 3]
    encoder = make_column_transformer(
        (StandardScaler(), ["a", "b"]), (OneHotEncoder(sparse_output=False), ["e"])
    )
    assert_same(make_pipeline(encoder, classifier(max_iter=9)).fit(table, IRIS_Y), table)


@dataclass(eq=False, repr=False)
class LinkOfSquares(Huber):
    def predicted(self, outputs):
        return outputs**2


def test_what_cannot_be_converted_is_refused():
    model = classifier(max_iter=2).fit(IRIS_X, IRIS_Y)
    with pytest.raises(NotFittedError):
        to_onnx(classifier(), IRIS_X)
    path = sparse_mlp_path(classifier(max_iter=2), IRIS_X, IRIS_Y, alphas=[0.1])
    with pytest.raises(TypeError, match=r"path\.at"):
        to_onnx(path, IRIS_X)
    with pytest.raises(TypeError, match="X must be rows as a dense"):
        to_onnx(model, sparse.csr_matrix(IRIS_X))
    with pytest.raises(TypeError, match="got float16"):
        to_onnx(model, IRIS_X.astype("float16"))
    for X in IRIS_X[0], IRIS_X[:0]:
        with pytest.raises(ValueError, match="two dimensions and a row"):
            to_onnx(model, X)
    with pytest.raises(ValueError, match="X has 3 columns and the model was fitted on 4"):
        to_onnx(model, IRIS_X[:, :3])
    for opset in 12, 23, "18", 1.5:
        with pytest.raises(ValueError, match="target_opset must be an integer from 13 to 22"):
            to_onnx(model, IRIS_X, target_opset=opset)
    with pytest.raises(ValueError, match="LinkOfSquares"):
        to_onnx(regressor(loss=LinkOfSquares(), max_iter=2).fit(IRIS_X, IRIS_X[:, 0]), IRIS_X)


META = {
    "calibrated": CalibratedClassifierCV(classifier(max_iter=5), cv=2),
    "bags": BaggingClassifier(classifier(max_iter=5), n_estimators=2, random_state=0),
    "votes": VotingClassifier(
        [("a", classifier(max_iter=5)), ("b", classifier(max_iter=9))],
        voting="soft",
        flatten_transform=False,
    ),
    "stack": StackingClassifier([("a", classifier(max_iter=5))], cv=2),
    "one against the rest": OneVsRestClassifier(classifier(max_iter=5)),
    "importances": make_pipeline(SelectFromModel(classifier(max_iter=5)), classifier(max_iter=5)),
}


@pytest.mark.parametrize("name", META)
def test_what_scikit_learn_makes_of_estimators(name):
    assert_same(clone(META[name]).fit(IRIS_X, IRIS_Y), IRIS_X)


class Unknown(StandardScaler):
    pass


def test_a_step_that_nobody_can_convert_is_named():
    pipe = make_pipeline(Unknown(), classifier(max_iter=2)).fit(IRIS_X, IRIS_Y)
    with pytest.raises(TypeError, match=r"skl2onnx cannot convert a part of it: .*Unknown"):
        to_onnx(pipe, IRIS_X)
    pipe = make_pipeline(RFE(classifier(max_iter=2)), classifier(max_iter=2)).fit(IRIS_X, IRIS_Y)
    with pytest.raises(TypeError, match=r"skl2onnx cannot convert a part of it: .*RFE"):
        to_onnx(pipe, IRIS_X)
    votes = VotingClassifier([("a", classifier(max_iter=2))], voting="soft").fit(IRIS_X, IRIS_Y)
    with pytest.raises(TypeError, match=r"skl2onnx cannot convert a part of it: flatten_transform"):
        to_onnx(votes, IRIS_X)


def test_without_skl2onnx_it_is_said_what_to_install(monkeypatch):
    monkeypatch.delitem(sys.modules, "sgnn.onnx.converters", raising=False)
    monkeypatch.setitem(sys.modules, "skl2onnx", None)
    with pytest.raises(ImportError, match=r'pip install "sgnn\[onnx\]"'):
        to_onnx(classifier(), IRIS_X)


def test_importing_sgnn_does_not_import_onnx():
    code = "import sys, sgnn; assert not {'onnx', 'skl2onnx', 'onnxruntime'} & {*sys.modules}"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("n_kept", [2, 30])
def test_few_columns_are_picked_and_many_go_through_a_transposition(n_kept):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 40))
    model = regressor(max_iter=5).fit(X, X[:, :n_kept].sum(axis=1))
    keep = np.arange(40) % 40 < n_kept
    model.network_ = model.network_.keep([keep, *model.network_.kept[1:]])
    kinds = [node.op_type for node in to_onnx(model, X[:2]).graph.node]
    assert ("Transpose" in kinds) == (n_kept == 30)
    np.testing.assert_allclose(run(model, X)[0][:, 0], model.predict(X), **CLOSE)
