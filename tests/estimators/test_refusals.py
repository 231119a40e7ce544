"""Every refusal is a ValueError or TypeError that names what it is about, in few words."""

import re
import warnings
from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.exceptions import NotFittedError, UnsetMetadataPassedError
from sklearn.utils._param_validation import InvalidParameterError

from sgnn import (
    SparseMLPClassifierCV,
    SparseMLPRegressorCV,
    SparseMLPSelector,
    SparseReducedRankRegressor,
    StabilitySelector,
    kernels,
    sparse_mlp_path,
)
from sgnn._common.words import refuses
from sgnn.penalties import (
    MCP,
    SCAD,
    GroupLasso,
    IntegratedTransformedL1,
    LHalf,
    SparseGroupLasso,
    TransformedL1,
)
from tests.estimators.tasks import (
    DIABETES_X,
    DIABETES_Y,
    IRIS_X,
    IRIS_Y,
    LABELS_X,
    LABELS_Y,
    classifier,
    regressor,
)

HUGE, HALF = 10**400, Fraction(1, 2)
X32 = DIABETES_X.astype(np.float32)
MIXED = np.array(["a", 1, 2.5] * 50, dtype=object)
WIDE = pd.DataFrame(np.random.default_rng(0).normal(size=(9, 20_000))).add_prefix("column")


def fit(X=DIABETES_X, y=DIABETES_Y, **parameters):
    regressor(max_iter=2, **parameters).fit(X, y)


def partial_fit(X=DIABETES_X, y=DIABETES_Y, **parameters):
    regressor(**parameters).partial_fit(X, y)


def in_torch(call, **parameters):
    """Call without kernels, which take parameters in double precision."""
    with kernels.switched_off():
        call(X32, **parameters)


def path(X=DIABETES_X, alphas=3, **parameters):
    sparse_mlp_path(regressor(max_iter=2, **parameters), X, DIABETES_Y, alphas=alphas)


def search(kind, y=DIABETES_Y, **parameters):
    kind(regressor(max_iter=2), **parameters).fit(DIABETES_X, y)


# words of the sentence: what is called
REFUSED = {
    "n_threads.*got True": lambda: fit(n_threads=True),
    "n_threads.*1024.*10000000000": lambda: fit(n_threads=10**10),
    "batch_size.*got True": lambda: partial_fit(batch_size=True),
    "hidden_layer_sizes.*True": lambda: fit(hidden_layer_sizes=(True,)),
    "tol must.*got True": lambda: path(tol=True),
    "alpha must.*Fraction": lambda: fit(alpha=HALF),
    "momentum must.*Fraction": lambda: fit(momentum=HALF, solver="sgd"),
    "MCP: gamma.*Fraction": lambda: fit(penalty=MCP(Fraction(3))),
    "SparseGroupLasso: l1_ratio.*Fraction": lambda: fit(penalty=SparseGroupLasso(HALF)),
    "GroupLasso: warm_up must be an integer; got 'x'": lambda: fit(penalty=GroupLasso(warm_up="x")),
    "GroupLasso: warm_up must be an integer; got None": lambda: path(
        penalty=GroupLasso(warm_up=None)
    ),
    "GroupLasso: adaptive must be a number; got 'x'": lambda: partial_fit(
        penalty=GroupLasso(adaptive="x")
    ),
    "alpha must.*float can hold; got 1000": lambda: fit(alpha=HUGE),
    "tol must.*float can hold; got 1000": lambda: fit(tol=HUGE),
    "learning_rate_init must.*float can hold": lambda: partial_fit(learning_rate_init=HUGE),
    "gamma must.*float can hold": lambda: fit(penalty=MCP(HUGE)),
    "hidden_layer_sizes must.*got .1000": lambda: fit(hidden_layer_sizes=(HUGE,)),
    "hidden_layer_sizes.*too many digits": lambda: fit(hidden_layer_sizes=10**5000),
    "too large for a float": lambda: fit([[HUGE]] * 3, [1, 2, 3]),
    "alphas must be numbers; got .'a'.": lambda: path(alphas=["a"]),
    "alphas must be numbers; got .None": lambda: path(alphas=[None, "a"]),
    "alphas must be numbers; got .1j.": lambda: path(alphas=[1j]),
    "alphas must be numbers; got .1000": lambda: path(alphas=[HUGE]),
    "alphas must.*float can hold": lambda: path(alphas=HUGE),
    "alphas must be numbers; got .'b'.": lambda: search(SparseMLPRegressorCV, alphas=["b"]),
    "nonsense": lambda: search(SparseMLPRegressorCV, scoring="nonsense" * 200),
    "penalty=GroupLasso.layers=.0, 0.. is 0 on the dense": lambda: path(
        penalty=GroupLasso(layers=[0, 0]), l2=1e-3
    ),
    "GroupLasso: fraction=1e-09 .* of 10, 12, rounds to none": lambda: fit(
        penalty=GroupLasso(fraction=1e-9), l2=1e-3
    ),
    "fraction=1e-09": lambda: path(penalty=GroupLasso(fraction=1e-9), l2=1e-3),
    "l2=1e.300": lambda: fit(X32, l2=1e300),
    "TransformedL1.a=1e-300": lambda: in_torch(fit, penalty=TransformedL1(1e-300)),
    "SCAD.gamma=1e.300.*float32": lambda: path(X32, penalty=SCAD(1e300)),
    "MCP.gamma=1e.300.*float32": lambda: in_torch(partial_fit, penalty=MCP(1e300)),
    "lower learning_rate_init=1e.300": lambda: fit(learning_rate_init=1e300),
    "y reaches .*e.40, too much for X of float32": lambda: fit(X32, 1e40 * DIABETES_Y),
    "y reaches .*e.41, too much for X of float32": lambda: partial_fit(X32, 1e41 * DIABETES_Y),
    "X contains infinity or a value too large": lambda: regressor(max_iter=2).fit(
        X32, DIABETES_Y, X_val=1e40 * DIABETES_X, y_val=DIABETES_Y
    ),
    "y: the labels .* several types": lambda: classifier().fit(IRIS_X, MIXED),
    "y: the labels of classes .* several": lambda: classifier().partial_fit(IRIS_X, MIXED),
    "y: .* several types": lambda: classifier().fit(IRIS_X, IRIS_Y, X_val=IRIS_X, y_val=MIXED),
    "classes: .* several types": lambda: classifier().partial_fit(IRIS_X, IRIS_Y, [0, None, "a"]),
    "y: the .* several types": lambda: SparseMLPSelector().fit(IRIS_X, MIXED),
    "y: the labels.* several": lambda: StabilitySelector().fit(IRIS_X, MIXED),
    "y: the labels of .* several": lambda: SparseMLPClassifierCV(classifier()).fit(IRIS_X, MIXED),
    "feature_groups: there is no column 'nowhere'; columns are .'column0'": lambda: fit(
        WIDE, DIABETES_Y[:9], feature_groups=[["nowhere"]]
    ),
    "feature_groups: .* 'xxx": lambda: fit(
        WIDE, DIABETES_Y[:9], feature_groups=[["column1", "x" * 5000]]
    ),
    "feature_groups.*not masks; got True": lambda: fit(feature_groups=[[True] + [False] * 9]),
    "feature_groups.*not masks; got np": lambda: fit(feature_groups=[np.arange(10) < 2]),
    "feature_groups.*not masks": lambda: fit(feature_groups=list(np.eye(10, dtype=bool))),
    "hidden_layer_sizes must hold": lambda: fit(hidden_layer_sizes=[0] * 9999),
    "'alpha' parameter.*instead": lambda: fit(alpha=list(range(9999))),
    "penalty='xx": lambda: fit(penalty="x" * 9999),
    "MCP: layers must be": lambda: fit(penalty=MCP(layers=["x"] * 9999)),
}


@pytest.mark.parametrize("words", REFUSED)
def test_a_refusal_names_what_it_is_about_briefly(words):
    with pytest.raises((ValueError, TypeError), match=words) as caught:
        REFUSED[words]()
    assert len(str(caught.value)) < 500


# what is named as the cause, what is not: what is called
CAUSES = {
    ("adaptive=12.0", "learning_rate_init"): lambda: fit(penalty=LHalf(adaptive=12.0)),
    ("a=1e-300", "learning_rate_init"): lambda: fit(penalty=IntegratedTransformedL1(1e-300)),
    ("layers=.1e.300, 1", "learning_rate_init"): lambda: fit(
        penalty=["l1", GroupLasso(layers=[1e300, 1])], alpha=1.0
    ),
    ("lower l2=1e.30.*", "learning_rate_init"): lambda: fit(l2=1e30),
    ("lower learning_rate_init=1e.300", "alpha|penalty"): lambda: fit(
        X32, penalty=(), alpha=1e30, learning_rate_init=1e300
    ),
    ("lower alpha=1e.30.*lower learning_rate_init=1e.300", "penalty|l2"): lambda: fit(
        X32, alpha=1e30, learning_rate_init=1e300
    ),
    ("lower learning_rate_init=0.01|values of penalty", "take less|lower alpha"): lambda: fit(),
}


@pytest.mark.parametrize(("named", "unnamed"), CAUSES)
@pytest.mark.parametrize("error", [FloatingPointError, RuntimeError])
def test_what_is_out_of_the_usual_range_is_the_cause(monkeypatch, error, named, unnamed):
    def broken(*_):
        raise error

    monkeypatch.setattr("sgnn.training.trainer.Trainer._train_epoch", broken)
    with pytest.raises(ValueError, match=named) as caught:
        CAUSES[named, unnamed]()
    assert not re.search(unnamed, str(caught.value))


CITIES = pd.DataFrame({"age": [1.5, 2.0, 3.0], "city": ["1", "Rome", "Oslo"], "n": [1, 2, 3]})
MIXED_TABLES = [
    ("'city' holds 'Rome'", CITIES),
    ("'city' holds 'Rome'", CITIES.astype({"city": "category"})),
    ("'city' holds 'Rome'", pl.DataFrame(CITIES.to_dict("list"))),
    ("1 holds 'Rome'", CITIES.to_numpy()),
    ("1 holds 'Rome'", CITIES.to_numpy().tolist()),
    (r"0 holds 'x+ \.\.\. x+'", np.full((3, 2), "x" * 999)),
    ("2 holds <object object", np.array([[1, 2, object()]] * 3, dtype=object)),
    ("'when' holds Timestamp", CITIES[["age"]].assign(when=pd.Timestamp("2024-01-01"))),
    ("'age' holds <NA>", CITIES[["n"]].assign(age=np.array([1, 2, pd.NA], dtype=object))),
]
TAKES_TABLES = {
    "fit": fit,
    "partial_fit": partial_fit,
    "path": lambda X, y: sparse_mlp_path(regressor(max_iter=2), X, y),
    "selector": lambda X, y: SparseMLPSelector(regressor(max_iter=2)).fit(X, y),
    "stability": lambda X, y: StabilitySelector(regressor(max_iter=2)).fit(X, y),
    "X_val": lambda X, y: regressor(max_iter=2).fit(np.eye(3)[:, : np.shape(X)[1]], y, None, X, y),
    "CV": lambda X, y: SparseMLPRegressorCV(regressor(max_iter=2)).fit(X, y),
    "reduced rank": lambda X, y: SparseReducedRankRegressor().fit(X, y),
    "predict": lambda X, y: regressor(max_iter=2).fit(np.eye(3)[:, : np.shape(X)[1]], y).predict(X),
}


@pytest.mark.filterwarnings("ignore:X has feature names")
@pytest.mark.parametrize("name", TAKES_TABLES)
@pytest.mark.parametrize(("words", "X"), MIXED_TABLES, ids=range(len(MIXED_TABLES)))
def test_a_column_that_is_no_numbers_is_named(name, words, X):
    with pytest.raises((ValueError, TypeError), match=f"X: column {words}") as caught:
        TAKES_TABLES[name](X, [1.0, 2.0, 3.0])
    assert len(str(caught.value)) < 500


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("X", "words"),
    [
        (None, "Expected 2D"),
        (1j * np.eye(3), "[Cc]omplex"),
        (np.array([[1, 1j], [2, 3], [3, 4]], dtype=object), "X: column 1 holds 1j"),
        ([[1.0], [1.0, 2.0], [3.0]], "array|sequence"),
    ],
)
def test_tables_that_are_none_are_refused_beside_survival_times(X, words):
    y = np.array([(True, 1.0), (True, 2.0), (False, 3.0)], dtype=[("died", bool), ("days", float)])
    with pytest.raises((ValueError, TypeError), match=words):
        fit(X, y, loss="cox")


@pytest.mark.parametrize("X", [CITIES[["age", "n"]], np.eye(3)])
@pytest.mark.parametrize("y", [["1", "Rome", "2"], [[1, "2"], [3, "Rome"], [4, "5"]]])
def test_columns_of_numbers_are_not_blamed_for_the_targets(X, y):
    for call in TAKES_TABLES["fit"], TAKES_TABLES["path"], TAKES_TABLES["reduced rank"]:
        with pytest.raises(ValueError, match=r"^y holds 'Rome', which is no number: could not"):
            call(X, np.array(y, dtype=object))


@pytest.mark.parametrize(
    "error",
    [
        InvalidParameterError("long " * 999),
        NotFittedError("long " * 999),
        UnsetMetadataPassedError(
            message="long " * 999, unrequested_params={"a": None}, routed_params={"b": None}
        ),
        type("OfAUser", (TypeError,), {})("long " * 999),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_refusal_that_is_shortened_keeps_its_class_and_attributes(error):
    @refuses
    def refusing():
        raise error

    with pytest.raises(type(error), match=r"long .* \.\.\. .*long") as caught:
        refusing()
    assert type(caught.value) is type(error)
    assert len(str(caught.value)) < 500
    assert vars(caught.value) == vars(error)
    assert caught.value.__cause__ is error


def test_a_long_value_of_a_parameter_is_refused_by_the_class_of_scikit_learn():
    with pytest.raises(InvalidParameterError, match="'alpha' parameter"):
        fit(alpha=list(range(9999)))


@pytest.mark.parametrize("sizes", [(10**18,), (10**9, 10**9), (2**62, 2**62)])
def test_out_of_memory_names_the_layers(sizes):
    words = rf"hidden_layer_sizes=\({sizes[0]},.* on 442 samples of 10 features in float64"
    for call in (fit, partial_fit, path):
        with pytest.raises(MemoryError, match=words):
            call(hidden_layer_sizes=sizes)


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), MemoryError, "hidden_layer"),
        (RuntimeError("CUDA out of memory."), MemoryError, "batch_size=64"),
        (RuntimeError("so many words " * 99), ValueError, "penalty='group_lasso', alpha='auto'"),
        (ZeroDivisionError("division"), ValueError, "learning_rate_init=0.01.*ZeroDivisionError"),
        (AttributeError("none"), ValueError, "AttributeError: 'none'"),
        (OverflowError("int"), ValueError, "OverflowError: 'int'"),
        (FloatingPointError("nan"), ValueError, "no longer finite"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_whatever_the_engine_raises_is_one_sentence(monkeypatch, error, kind, words):
    def broken(*_):
        raise error

    monkeypatch.setattr("sgnn.training.trainer.Trainer._train_epoch", broken)
    for call in (fit, partial_fit, path):
        with pytest.raises(kind, match=words) as caught:
            call()
        assert caught.value.__cause__ is error
        assert len(str(caught.value)) < 500


def test_numbers_of_numpy_are_numbers():
    coefs = []
    for ratio in 0.5, np.float32(0.5):
        penalty = SparseGroupLasso(ratio, layers=[np.float32(0.5), 2.0])
        model = regressor(max_iter=2, penalty=penalty).fit(DIABETES_X, DIABETES_Y)
        coefs.append(model.expand()[0][0])
    np.testing.assert_array_equal(*coefs)


def test_a_single_sample_of_an_array_read_backwards():
    one = DIABETES_X[:1][::-1], DIABETES_Y[:1][::-1]
    weight = np.ones(1)[::-1]
    backwards = regressor(max_iter=2).fit(*one, sample_weight=weight)
    forwards = regressor(max_iter=2).fit(DIABETES_X[:1], DIABETES_Y[:1], sample_weight=np.ones(1))
    np.testing.assert_array_equal(backwards.predict(DIABETES_X), forwards.predict(DIABETES_X))


def test_inputs_beyond_float32_are_refused_by_a_network_of_float32():
    model = regressor(max_iter=2).fit(X32, DIABETES_Y)
    with pytest.raises(ValueError, match="X contains infinity or a value too large"):
        model.predict(1e40 * DIABETES_X)
    np.testing.assert_array_equal(model.predict(X32.astype(float)), model.predict(X32))


@pytest.mark.parametrize(("make", "scaler"), [(sparse.csr_array, "MaxAbs"), (np.array, "Standard")])
def test_the_scaler_that_is_recommended_takes_the_data(make, scaler):
    X = make(LABELS_X * np.r_[1e5, np.ones(11)])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        classifier(max_iter=2).fit(X, LABELS_Y)
        assert f"preprocessing.{scaler}Scaler" in str(caught[0].message)
        with pytest.raises(ValueError, match=f"preprocessing.{scaler}Scaler"):
            classifier(learning_rate_init=1e300).fit(X, LABELS_Y)
