"""Bad input gets one clear sentence, and leaves no half-fitted model and no changed settings."""

import random
import re
from contextlib import contextmanager

import joblib
import numpy as np
import pandas as pd
import pytest
import torch
from scipy import sparse
from sklearn.exceptions import NotFittedError

from sgnn import (
    SparseMLPClassifier,
    SparseMLPRegressor,
    SparseMLPRegressorCV,
    SparseMLPSelector,
    kernels,
    sparse_mlp_path,
)
from sgnn.penalties import L1, MCP, GroupLasso, LogSum, SparseGroupLasso, available
from tests.estimators.bad import (
    BAD_CLASS_WEIGHTS,
    BAD_CLASSES,
    BAD_PARAMETERS,
    BAD_TARGETS,
    BAD_WEIGHTS,
    BAD_X,
    DIABETES_X,
    DIABETES_Y,
    IRIS_X,
    IRIS_Y,
    NAMES,
    NAN,
    with_value,
)

# Four epochs train nothing.
pytestmark = pytest.mark.filterwarnings("ignore:The training loss of")


def classifier(**parameters):
    defaults = {"hidden_layer_sizes": (6,), "max_iter": 4, "random_state": 0}
    return SparseMLPClassifier(**{**defaults, **parameters})


def regressor(**parameters):
    defaults = {"hidden_layer_sizes": (6,), "max_iter": 4, "random_state": 0}
    return SparseMLPRegressor(**{**defaults, **parameters})


def global_settings():
    return {
        "threads": torch.get_num_threads(),
        "denormals": float(np.float32(1e-39) * np.float32(0.5)),
        "grad": torch.is_grad_enabled(),
        "inference": torch.is_inference_mode_enabled(),
        "dtype": torch.get_default_dtype(),
        "numpy errors": np.geterr(),
        "numpy": joblib.hash(np.random.get_state()),  # noqa: NPY002
        "torch": joblib.hash(torch.get_rng_state().numpy()),
        "random": random.getstate(),
    }


@contextmanager
def raises_and_leaves_no_trace(model, match, error=(ValueError, TypeError)):
    """The call raises, the model is what it was before, and so are the settings of the process."""
    before, settings = joblib.hash(vars(model)), global_settings()
    keys = set(vars(model))
    with pytest.raises(error, match=match):
        yield
    assert set(vars(model)) == keys
    assert joblib.hash(vars(model)) == before
    assert global_settings() == settings


# Parameters of the estimators


CASES = [(name, value) for name, values in BAD_PARAMETERS.items() for value in values]


@pytest.mark.parametrize(("name", "value"), CASES, ids=lambda case: repr(case)[:40])
def test_a_bad_parameter_is_named(name, value):
    for model, X, y in [
        (classifier(**{name: value}), IRIS_X, IRIS_Y),
        (regressor(**{name: value}), DIABETES_X, DIABETES_Y),
    ]:
        with raises_and_leaves_no_trace(model, match=name):
            model.fit(X, y)
        with raises_and_leaves_no_trace(model, match=name):
            model.partial_fit(X, y)


@pytest.mark.parametrize(("name", "value"), CASES, ids=lambda case: repr(case)[:40])
def test_a_parameter_that_became_bad_is_named(name, value):
    """scikit-learn checks types and ranges before the first partial fit only."""
    model = classifier().partial_fit(IRIS_X, IRIS_Y).set_params(**{name: value})
    for method in (model.partial_fit, model.fit):
        with raises_and_leaves_no_trace(model, match=name):
            method(IRIS_X, IRIS_Y)


def test_every_parameter_has_bad_values_in_the_table():
    expected = set(SparseMLPClassifier().get_params(deep=False)) - {"class_weight"}
    assert set(BAD_PARAMETERS) == expected
    assert expected == set(SparseMLPRegressor().get_params(deep=False)) - {"loss"}


@pytest.mark.parametrize("value", BAD_CLASS_WEIGHTS, ids=repr)
def test_bad_class_weights_are_named(value):
    model = classifier(class_weight=value)
    with raises_and_leaves_no_trace(model, match="class_weight"):
        model.fit(IRIS_X, IRIS_Y)


@pytest.mark.parametrize(
    ("value", "message"),
    [([{0: 1.0}], "1 dicts for 2 labels"), ([{0: 1.0}, 2.0], "dict of weights .* got 2.0")],
)
def test_bad_class_weights_of_labels_are_named(value, message):
    model = classifier(class_weight=value)
    with raises_and_leaves_no_trace(model, match=f"class_weight.*{message}"):
        model.fit(IRIS_X, (IRIS_X[:, :2] > 0).astype(int))


@pytest.mark.parametrize(
    ("fraction", "message"),
    [
        ([np.ones(4, bool)], "fraction has 1 masks, and the network has 2 layers"),
        (np.ones((2, 4)), r"one array of booleans per layer.*shape \(2, 4\)"),
    ],
)
def test_bad_masks_of_what_is_penalised_are_named(fraction, message):
    model = classifier(penalty=GroupLasso(fraction=fraction))
    with raises_and_leaves_no_trace(model, match=message):
        model.fit(IRIS_X, IRIS_Y)


def test_held_out_data_may_hold_classes_without_weight():
    model = classifier(class_weight={0: 1, 1: 1, 2: 0})
    model.fit(IRIS_X, IRIS_Y, X_val=IRIS_X[IRIS_Y == 2], y_val=IRIS_Y[IRIS_Y == 2])
    assert len(model.validation_scores_) == model.n_iter_


@pytest.mark.parametrize("name", ["max_iter", "hidden_layer_sizes", "n_threads", "batch_size"])
def test_numpy_numbers_are_numbers(name):
    shared = {"alpha": np.float32(0.01), "l2": np.float64(0), "shuffle": np.bool_(True)}
    model = regressor(**{name: np.int64(3)}, **shared)
    assert np.isfinite(model.fit(DIABETES_X, DIABETES_Y).predict(DIABETES_X)).all()


@pytest.mark.parametrize(
    ("penalty", "words"),
    [
        (GroupLasso(groups="rows"), ["GroupLasso", "groups", "outgoing", "incoming", "rows"]),
        (GroupLasso(groups="weights"), ["GroupLasso", "groups", "weights"]),
        (GroupLasso(size_scaling=1), ["GroupLasso", "size_scaling"]),
        (SparseGroupLasso(1.5), ["SparseGroupLasso", "l1_ratio", "1.5"]),
        (SparseGroupLasso(-0.1), ["SparseGroupLasso", "l1_ratio"]),
        (SparseGroupLasso(NAN), ["SparseGroupLasso", "l1_ratio"]),
        (SparseGroupLasso("half"), ["SparseGroupLasso", "l1_ratio", "half"]),
        (SparseGroupLasso(groups=3), ["SparseGroupLasso", "groups"]),
        (MCP(0), ["MCP", "gamma", "0"]),
        (MCP(-1), ["MCP", "gamma", "-1"]),
        (MCP(None), ["MCP", "gamma", "None"]),
        (MCP(NAN), ["MCP", "gamma", "nan"]),
        (LogSum(0), ["LogSum", "eps"]),
        (LogSum("x"), ["LogSum", "eps", "x"]),
        (LogSum(True), ["LogSum", "eps"]),
        ([L1(), LogSum(-1)], ["LogSum", "eps"]),
        ([MCP(), GroupLasso(groups="incoming")], ["penalty", "outgoing", "incoming"]),
        ([MCP(), LogSum()], ["penalty", "must be convex"]),
    ],
    ids=repr,
)
def test_a_bad_parameter_of_a_penalty_is_named(penalty, words):
    model = regressor(penalty=penalty)
    for method in (model.fit, model.partial_fit):
        with raises_and_leaves_no_trace(model, match="".join(f"(?=.*{word})" for word in words)):
            method(DIABETES_X, DIABETES_Y)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("grouplasso", "group_lasso"),
        ("group_laso", "group_lasso"),
        ("L1", "l1"),
        ("sparse_group", "sparse_group_lasso"),
        ("logsum", "log_sum"),
        ("GroupLasso", "group_lasso"),
        ("MCP", "mcp"),
    ],
)
def test_an_unknown_penalty_names_the_nearest(name, nearest):
    for penalty in (name, ["l1", name]):
        model = regressor(penalty=penalty)
        with raises_and_leaves_no_trace(model, f"penalty='{name}'.*Did you mean '{nearest}'"):
            model.fit(DIABETES_X, DIABETES_Y)


@pytest.mark.parametrize(
    ("parameter", "name", "nearest"),
    [
        ("activation", "relu6", "relu"),
        ("activation", "Tanh", "tanh"),
        ("activation", "leaky", "leaky_relu"),
        ("solver", "adan", "adam"),
        ("solver", "SGD", "sgd"),
    ],
)
def test_an_unknown_activation_or_solver_names_the_nearest(parameter, name, nearest):
    message = f"{parameter}='{name}' is unknown; it must be one of .*Did you mean '{nearest}'"
    model = regressor(**{parameter: name})
    for method in (model.fit, model.partial_fit):
        with raises_and_leaves_no_trace(model, message, error=ValueError):
            method(DIABETES_X, DIABETES_Y)
    for search in (SparseMLPRegressorCV(model), SparseMLPSelector(model, sparsity=0.5)):
        with raises_and_leaves_no_trace(search, message, error=ValueError):
            search.fit(DIABETES_X, DIABETES_Y)
    with pytest.raises(ValueError, match=message):
        sparse_mlp_path(model, DIABETES_X, DIABETES_Y)


def test_a_penalty_unlike_any_other_lists_all():
    with pytest.raises(ValueError, match=", ".join(available())):
        regressor(penalty="zzz").fit(DIABETES_X, DIABETES_Y)


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ([["a", "b"], ["b", "c"]], "'b'.*twice"),
        ([["a"], [0]], "0.*twice"),
        ([["a", "nowhere"]], "no column 'nowhere'"),
        ([[0, 4]], "0 to 3.*4"),
    ],
)
def test_feature_groups_must_be_known_and_disjoint(groups, message):
    model = classifier(feature_groups=groups)
    frame = pd.DataFrame(IRIS_X, columns=list("abcd"))
    with raises_and_leaves_no_trace(model, f"feature_groups.*{message}"):
        model.fit(frame, IRIS_Y)


def test_feature_groups_by_name_need_names():
    model = classifier(feature_groups=[["a", "b"]])
    with raises_and_leaves_no_trace(model, "feature_groups.*'a'.*no column names"):
        model.fit(IRIS_X, IRIS_Y)


# Data


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("kind", BAD_X)
def test_bad_inputs(kind, method):
    X, message = BAD_X[kind]
    for model in (classifier(), classifier().fit(IRIS_X, IRIS_Y)):
        with raises_and_leaves_no_trace(model, message):
            getattr(model, method)(X, IRIS_Y)


@pytest.mark.parametrize("kind", ["nan", "inf", "sparse nan", "1-D", "3-D", "strings", "none"])
def test_bad_inputs_to_a_fitted_model(kind):
    X, message = BAD_X[kind]
    model = classifier().fit(IRIS_X, IRIS_Y)
    methods = [model.predict, model.predict_proba, model.predict_log_proba]
    if kind != "strings":  # A selector passes on what is not a number.
        methods.append(model.transform)
    for method in methods:
        with raises_and_leaves_no_trace(model, message):
            method(X)


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("kind", BAD_CLASSES)
def test_bad_classes(kind, method):
    y, message = BAD_CLASSES[kind]
    model = classifier()
    with raises_and_leaves_no_trace(model, message):
        getattr(model, method)(IRIS_X, y)


@pytest.mark.filterwarnings("ignore:A column-vector y was passed")
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("kind", BAD_TARGETS)
def test_bad_targets(kind, method):
    y, message = BAD_TARGETS[kind]
    model = regressor()
    with raises_and_leaves_no_trace(model, message):
        getattr(model, method)(DIABETES_X, y)


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("kind", BAD_WEIGHTS)
def test_bad_sample_weights(kind, method):
    weights, message = BAD_WEIGHTS[kind]
    for model, X, y in [
        (classifier(), IRIS_X, IRIS_Y),
        (regressor().fit(DIABETES_X, DIABETES_Y), DIABETES_X, DIABETES_Y),
    ]:
        with raises_and_leaves_no_trace(model, message):
            getattr(model, method)(X, y, sample_weight=weights)


@pytest.mark.parametrize(
    ("held_out", "message"),
    [
        ({"X_val": IRIS_X}, "X_val and y_val"),
        ({"y_val": IRIS_Y}, "X_val and y_val"),
        ({"X_val": IRIS_X, "y_val": IRIS_Y[:9]}, "inconsistent numbers of samples"),
        ({"X_val": IRIS_X[:, :2], "y_val": IRIS_Y}, "2 features.*4 features"),
        ({"X_val": with_value(IRIS_X, NAN), "y_val": IRIS_Y}, "NaN"),
        ({"X_val": IRIS_X, "y_val": IRIS_Y + 5}, "7"),
        ({"X_val": IRIS_X, "y_val": NAMES[IRIS_Y]}, "setosa"),
        ({"X_val": IRIS_X, "y_val": np.eye(3, dtype=int)[IRIS_Y]}, "form|labels|classes"),
        ({"X_val": IRIS_X, "y_val": IRIS_X[:, 0]}, "continuous"),
        ({"X_val": IRIS_X[:0], "y_val": IRIS_Y[:0]}, "0 sample"),
    ],
    ids=lambda case: case if isinstance(case, str) else "",
)
def test_bad_held_out_data(held_out, message):
    for model in (classifier(), classifier(early_stopping=True).fit(IRIS_X, IRIS_Y)):
        with raises_and_leaves_no_trace(model, message):
            model.fit(IRIS_X, IRIS_Y, **held_out)


def test_held_out_labels_may_be_fewer_than_the_classes():
    model = classifier().fit(IRIS_X, NAMES[IRIS_Y], X_val=IRIS_X[:20], y_val=NAMES[IRIS_Y[:20]])
    assert len(model.validation_scores_) == model.n_iter_


def test_held_out_targets_must_have_the_outputs_of_the_training_targets():
    model = regressor()
    two = np.c_[DIABETES_Y, DIABETES_Y]
    with raises_and_leaves_no_trace(model, "2 outputs"):
        model.fit(DIABETES_X, DIABETES_Y, X_val=DIABETES_X, y_val=two)


def test_r2_needs_two_held_out_samples():
    model = regressor(early_stopping=True, validation_fraction=0.05)
    with raises_and_leaves_no_trace(model, "at least 2 held-out samples; got 1"):
        model.fit(DIABETES_X[:15], DIABETES_Y[:15])
    with raises_and_leaves_no_trace(model, "at least 2 held-out samples; got 1"):
        model.fit(DIABETES_X, DIABETES_Y, X_val=DIABETES_X[:1], y_val=DIABETES_Y[:1])


def test_what_cannot_be_held_out_is_said_by_name():
    model = classifier(early_stopping=True, validation_fraction=0.01)
    with raises_and_leaves_no_trace(model, "validation_fraction=0.01 .*cannot be held out"):
        model.fit(IRIS_X, IRIS_Y)


def test_of_samples_of_weight_zero_none_can_be_held_out():
    model = regressor(early_stopping=True, validation_fraction=0.5)
    with raises_and_leaves_no_trace(model, "validation_fraction=0.5 .*cannot be held out"):
        model.fit(DIABETES_X, DIABETES_Y, np.eye(len(DIABETES_X))[0])


# Schedules that do not fit


def test_a_penalty_must_reach_its_full_strength():
    model = regressor(penalty=["l1", GroupLasso(warm_up=11)], max_iter=10)
    with raises_and_leaves_no_trace(model, "GroupLasso: warm_up=11 .*max_iter=10"):
        model.fit(DIABETES_X, DIABETES_Y)


def test_an_exponent_of_adaptive_weights_that_overflows():
    model = regressor(penalty=L1(adaptive=1e4))
    with raises_and_leaves_no_trace(model, "adaptive=10000.0 .*infinite"):
        model.fit(DIABETES_X, DIABETES_Y)


def test_targets_too_large_to_square():
    model = regressor()
    with raises_and_leaves_no_trace(model, "y reaches 1e.200.*scale y"):
        model.fit(DIABETES_X, np.where(DIABETES_Y > 0, 1e200, 0))


# Partial fits and warm starts that do not fit


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((IRIS_X, IRIS_Y + 1), "3.*not among the classes"),
        ((IRIS_X, NAMES[IRIS_Y]), "not among the classes"),
        ((IRIS_X, IRIS_Y, [0, 1]), "classes.*differ"),
        ((IRIS_X, IRIS_Y, [0, 1, 2, 3]), "classes.*differ"),
        ((IRIS_X[:, :3], IRIS_Y), "3 features.*4 features"),
        ((IRIS_X, np.eye(3, dtype=int)[IRIS_Y]), "classes"),
    ],
)
def test_a_later_partial_fit_must_match_the_first(arguments, message):
    model = classifier().partial_fit(IRIS_X, IRIS_Y)
    with raises_and_leaves_no_trace(model, message):
        model.partial_fit(*arguments)


def test_the_first_partial_fit_must_match_its_own_classes():
    model = classifier()
    with raises_and_leaves_no_trace(model, "2.*not among the classes"):
        model.partial_fit(IRIS_X, IRIS_Y, classes=[0, 1])
    with raises_and_leaves_no_trace(model, "one class"):
        model.partial_fit(IRIS_X, IRIS_Y, classes=[0])


def test_partial_fit_and_early_stopping_exclude_each_other():
    model = classifier(early_stopping=True)
    with raises_and_leaves_no_trace(model, "early_stopping"):
        model.partial_fit(IRIS_X, IRIS_Y)


def test_a_later_partial_fit_must_keep_the_layers():
    model = regressor().partial_fit(DIABETES_X, DIABETES_Y).set_params(hidden_layer_sizes=(4,))
    with raises_and_leaves_no_trace(model, r"\(10, 6, 1\).*\(10, 4, 1\)"):
        model.partial_fit(DIABETES_X, DIABETES_Y)


@pytest.mark.parametrize(
    ("change", "X", "y", "message"),
    [
        ({"hidden_layer_sizes": (5,)}, IRIS_X, IRIS_Y, r"\(4, 6, 3\).*\(4, 5, 3\)"),
        ({"hidden_layer_sizes": ()}, IRIS_X, IRIS_Y, r"\(4, 6, 3\).*\(4, 3\)"),
        ({}, IRIS_X[:, :2], IRIS_Y, r"\(4, 6, 3\).*\(2, 6, 3\)"),
        ({}, IRIS_X, IRIS_Y > 0, "the same classes as in the previous call"),
        ({}, IRIS_X, NAMES[IRIS_Y], "class"),
        ({}, IRIS_X, IRIS_Y + 1, "class"),
        ({}, IRIS_X, np.eye(3, dtype=int)[IRIS_Y], "class|label"),
    ],
    ids=["hidden", "linear", "features", "binary", "names", "other classes", "multilabel"],
)
def test_a_warm_start_needs_the_same_layers_and_classes(change, X, y, message):
    model = classifier(warm_start=True).fit(IRIS_X, IRIS_Y).set_params(**change)
    with raises_and_leaves_no_trace(model, message, error=ValueError):
        model.fit(X, y)


# Use before fit, and other features at prediction


@pytest.mark.parametrize(
    "use",
    [
        lambda model: model.predict(IRIS_X),
        lambda model: model.predict_proba(IRIS_X),
        lambda model: model.predict_log_proba(IRIS_X),
        lambda model: model.score(IRIS_X, IRIS_Y),
        lambda model: model.transform(IRIS_X),
        lambda model: model.inverse_transform(IRIS_X),
        lambda model: model.get_support(),
        lambda model: model.get_feature_names_out(),
        lambda model: model.expand(),
        lambda model: model.summary(),
        lambda model: model.to_torch(),
    ],
)
def test_use_before_fit(use):
    model = classifier()
    with raises_and_leaves_no_trace(model, "not fitted", error=NotFittedError):
        use(model)


@pytest.mark.parametrize("method", ["predict", "predict_proba", "transform"])
def test_other_features_at_prediction(method):
    frame = pd.DataFrame(IRIS_X, columns=list("abcd"))
    model = classifier().fit(frame, IRIS_Y)
    for other, message in [
        (frame[list("abdc")], "same order"),
        (frame.rename(columns={"a": "x"}), "(?s)feature names.*x"),
        (frame[list("abc")], "(?s)feature names.*d"),
    ]:
        with raises_and_leaves_no_trace(model, message):
            getattr(model, method)(other)
    model = classifier().fit(IRIS_X, IRIS_Y)
    with raises_and_leaves_no_trace(model, "3 features.*4 features"):
        getattr(model, method)(IRIS_X[:, :3])


def test_other_features_in_a_later_partial_fit():
    frame = pd.DataFrame(IRIS_X, columns=list("abcd"))
    model = classifier().partial_fit(frame, IRIS_Y)
    with raises_and_leaves_no_trace(model, "same order"):
        model.partial_fit(frame[list("abdc")], IRIS_Y)


# Losses that are not finite


@pytest.mark.filterwarnings("ignore:The columns of X")
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize(
    ("parameters", "factor", "dtype", "advice"),
    [
        ({"solver": "sgd", "learning_rate_init": 1e30}, 1.0, "float64", "learning_rate_init=1e"),
        ({"solver": "sgd", "learning_rate_init": 1e5}, 1.0, "float32", "learning_rate_init=1"),
        ({"learning_rate_init": 1e30}, 1.0, "float32", "learning_rate_init=1e"),
        ({}, 1e30, "float32", "scale X.*StandardScaler"),
        ({}, 1e200, "float64", "scale X.*StandardScaler"),
        ({"solver": "sgd"}, 1e8, "float32", "scale X.*StandardScaler"),
    ],
)
def test_a_loss_that_is_not_finite_says_what_to_change(parameters, factor, dtype, advice, method):
    X, y = (factor * DIABETES_X).astype(dtype), DIABETES_Y
    parameters = {"batch_size": 20, **parameters}
    fitted = regressor().fit(DIABETES_X.astype(dtype), y).set_params(**parameters)
    for model in (regressor(**parameters), fitted):
        with raises_and_leaves_no_trace(model, f"no longer finite.*{advice}", error=ValueError):
            getattr(model, method)(X, y)


@pytest.mark.parametrize("held_out", [{}, {"X_val": DIABETES_X, "y_val": DIABETES_Y}])
@pytest.mark.parametrize("max_iter", [1, 5])
def test_a_network_that_ends_not_finite_is_not_returned(max_iter, held_out):
    """The last step of the last epoch is the one that overflows, or held-out data show it."""
    model = regressor(
        **{"solver": "sgd", "learning_rate_init": 1e200, "penalty": None, "max_iter": max_iter},
        **{"batch_size": 1000, "early_stopping": bool(held_out)},
    )
    with raises_and_leaves_no_trace(model, "no longer finite", error=ValueError):
        model.fit(DIABETES_X, DIABETES_Y, **held_out)


def test_an_alpha_that_overflows_is_named():
    model = regressor(alpha=1e39)
    expected = r"no longer finite.*alpha=1e\+39"
    with kernels.switched_off(), raises_and_leaves_no_trace(model, expected, error=ValueError):
        model.fit(DIABETES_X.astype("float32"), DIABETES_Y)


@pytest.mark.skipif(not kernels.are_built(), reason="torch multiplies infinity by zero")
def test_an_alpha_that_overflows_leaves_nothing_by_kernels():
    with pytest.warns(UserWarning, match=r"alpha=1e\+39 left no weight"):
        model = regressor(alpha=1e39).fit(DIABETES_X.astype("float32"), DIABETES_Y)
    assert model.sparsity_ == 1


# Warnings


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array, pd.DataFrame])
@pytest.mark.parametrize("factor", [1e5, 1e-5])
def test_wildly_scaled_columns_warn(factor, container):
    X = DIABETES_X * np.r_[factor, np.ones(9)]
    with pytest.warns(UserWarning, match=r"(?s)scale.*(Standard|MaxAbs)Scaler"):
        regressor().fit(container(X), DIABETES_Y)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X: 100 * X, "magnitudes of about"),
        (lambda X: 1e-4 * X, "magnitudes of about"),
        (lambda X: X + 30, "further from 0 than they vary"),
    ],
)
def test_inputs_far_from_unit_scale_warn(change, message):
    with pytest.warns(UserWarning, match=rf"{message}(?s:.*)StandardScaler"):
        regressor(alpha=0.0).fit(change(DIABETES_X), DIABETES_Y)


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
def test_columns_of_one_scale_or_of_zeros_do_not_warn(container):
    X = np.hstack([DIABETES_X, np.zeros((150, 2))])
    regressor().fit(container(X), DIABETES_Y)
    regressor().fit(container(X * np.r_[30.0, np.ones(11)]), DIABETES_Y)


@pytest.mark.parametrize(
    ("parameters", "factor", "message"),
    [
        ({"alpha": 1e9}, 1.0, "left no weight"),
        ({"learning_rate": "constant"}, 1.0, "max_iter"),
        ({}, 1e5, "StandardScaler"),
    ],
)
def test_warnings_point_at_the_line_of_the_user(parameters, factor, message):
    X = DIABETES_X * np.r_[factor, np.ones(9)]
    with pytest.warns(UserWarning, match=message) as record:
        regressor(**parameters).fit(X, DIABETES_Y)
    assert {warning.filename for warning in record} == {__file__}


# Nothing half-fitted, and the settings of the process


class Failing:
    """A callback that fails after a few epochs."""

    def __init__(self, error):
        self.error = error
        self.n_torn_down = 0

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        self.n_torn_down += 1

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context):
        if context.task_name == "epoch" and context.task_id == 2:
            raise self.error


@pytest.mark.parametrize("was_fitted", [False, True])
@pytest.mark.parametrize("parameters", [{}, {"refit": True}, {"warm_start": True}], ids=str)
def test_an_error_in_a_callback_leaves_the_model_as_it_was(parameters, was_fitted):
    callback = Failing(RuntimeError("from the callback"))
    model = classifier(**parameters)
    if was_fitted:
        model.fit(IRIS_X, IRIS_Y)
        before = model.predict_proba(IRIS_X)
    model.set_callbacks(callback)
    keys, settings = set(vars(model)), global_settings()
    with pytest.raises(RuntimeError, match="from the callback"):
        model.fit(IRIS_X + 1, NAMES[IRIS_Y] if not was_fitted else IRIS_Y)
    assert set(vars(model)) == keys
    assert global_settings() == settings
    assert callback.n_torn_down == 1
    if was_fitted:
        np.testing.assert_array_equal(model.predict_proba(IRIS_X), before)
    else:
        with pytest.raises(NotFittedError):
            model.predict(IRIS_X)


def test_a_failed_refit_keeps_the_old_model_and_its_predictions():
    frame = pd.DataFrame(IRIS_X, columns=list("abcd"))
    model = classifier(feature_groups=[["a", "b"]], warm_start=True).fit(frame, NAMES[IRIS_Y])
    predictions, names = model.predict_proba(frame), model.feature_names_in_
    other = frame.rename(columns={"d": "e"})
    with raises_and_leaves_no_trace(model, "one class"):
        model.fit(other, np.zeros(150))
    with raises_and_leaves_no_trace(model, "no column 'a'"):
        model.fit(other.rename(columns={"a": "f"}), NAMES[IRIS_Y])
    with raises_and_leaves_no_trace(model, "sample_weight"):
        model.fit(other, NAMES[IRIS_Y], sample_weight=-np.ones(150))
    with raises_and_leaves_no_trace(model, "not among the classes"):
        model.fit(frame, NAMES[IRIS_Y], X_val=frame, y_val=IRIS_Y)
    np.testing.assert_array_equal(model.predict_proba(frame), predictions)
    np.testing.assert_array_equal(model.feature_names_in_, names)


def test_a_failed_partial_fit_does_not_change_the_next_one():
    models = [regressor(batch_size=16).partial_fit(DIABETES_X, DIABETES_Y) for _ in range(2)]
    models[0].set_params(solver="adam", learning_rate_init=1e200)
    with pytest.raises(ValueError, match="no longer finite"):
        models[0].partial_fit(DIABETES_X, DIABETES_Y)
    models[0].set_params(learning_rate_init=0.01)
    for model in models:
        model.partial_fit(DIABETES_X, DIABETES_Y)
    np.testing.assert_array_equal(models[0].predict(DIABETES_X), models[1].predict(DIABETES_X))


class Settings:
    """A callback that writes down the settings of the process in the middle of a fit."""

    def __init__(self):
        self.seen = []

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context):
        if context.task_name == "epoch":
            self.seen.append(global_settings())


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("n_threads", [1, 2, None])
def test_threads_and_denormals_are_set_during_fit_and_restored(n_threads, method):
    threads = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        before, during = global_settings(), Settings()
        model = classifier(n_threads=n_threads).set_callbacks(during)
        getattr(model, method)(IRIS_X, IRIS_Y)
        assert global_settings() == before
    finally:
        torch.set_num_threads(threads)
    assert {seen["threads"] for seen in during.seen} == {n_threads or 3}
    assert {seen["denormals"] for seen in during.seen} == {0.0}
    assert before["denormals"] > 0


def test_a_denormal_mode_of_the_user_is_kept():
    torch.set_flush_denormal(True)
    try:
        classifier().fit(IRIS_X, IRIS_Y)
        assert global_settings()["denormals"] == 0
    finally:
        torch.set_flush_denormal(False)


def test_a_grad_mode_of_the_user_is_kept():
    for mode in (torch.no_grad, torch.enable_grad, torch.inference_mode):
        with mode():
            before = global_settings()
            model = classifier().fit(IRIS_X, IRIS_Y).partial_fit(IRIS_X, IRIS_Y)
            model.to_torch()
            assert global_settings() == before


def test_messages_are_one_sentence_or_two():
    for model in (regressor(penalty="grup"), regressor(feature_groups=[[99]])):
        with pytest.raises(ValueError, match=r"must|columns") as caught:
            model.fit(DIABETES_X, DIABETES_Y)
        assert "\n" not in str(caught.value)
        assert len(re.findall(r"[.?](?:\s|$)", str(caught.value))) <= 2
