"""Inside scikit-learn: search, pipelines, selection, persistence, threads, processes."""

import copy
import pickle
import random
import subprocess
import sys
import threading

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
import skops.io
import torch
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.ensemble import AdaBoostClassifier
from sklearn.feature_selection import RFE, SelectFromModel
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_validate
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler, scale

from sgnn import SparseMLPClassifier, SparseMLPRegressor
from sgnn.penalties import L1, MCP, GroupLasso, SparseGroupLasso

RAW, CANCER_Y = load_breast_cancer().data[::2], load_breast_cancer().target[::2]
CANCER_X = scale(RAW)
IRIS_X, IRIS_Y = scale(load_iris().data), load_iris().target
DIABETES_X, DIABETES_Y = scale(load_diabetes().data), scale(load_diabetes().target)


def classifier(**parameters):
    defaults = {"hidden_layer_sizes": (8,), "max_iter": 15, "batch_size": 32, "random_state": 0}
    return SparseMLPClassifier(**{**defaults, **parameters})


def regressor(**parameters):
    defaults = {"hidden_layer_sizes": (8,), "max_iter": 15, "batch_size": 64, "random_state": 0}
    return SparseMLPRegressor(**{**defaults, **parameters})


def weights_equal(a, b):
    pairs = zip(a.coefs_ + a.intercepts_, b.coefs_ + b.intercepts_, strict=True)
    return all(np.array_equal(x, y) for x, y in pairs)


# Parameters and search


@pytest.mark.parametrize(
    "penalty", ["mcp", MCP(2.0), ["l1", GroupLasso(groups="incoming")], None], ids=repr
)
def test_clone_copies_the_parameters_and_nothing_else(penalty):
    model = classifier(penalty=penalty, feature_groups=[[0, 1]], class_weight={0: 2.0})
    model.fit(IRIS_X, IRIS_Y)
    copied = clone(model)
    assert repr(copied) == repr(model)
    assert set(vars(copied)) == set(model.get_params(deep=False))
    if isinstance(penalty, MCP):
        assert copied.penalty is not penalty
        assert copied.set_params(penalty__gamma=5.0).penalty.gamma == 5.0
        assert penalty.gamma == 2.0
    else:
        assert weights_equal(copied.fit(IRIS_X, IRIS_Y), model)


def test_grid_search_over_penalties_strengths_and_their_parameters():
    pipeline = make_pipeline(StandardScaler(), classifier(max_iter=5))
    prefix = "sparsemlpclassifier__"
    grid = [
        {
            f"{prefix}penalty": [
                "l1",
                "group_lasso",
                GroupLasso(groups="incoming"),
                ["l1", MCP()],
                None,
            ],
            f"{prefix}alpha": [1e-3, 1e-2],
        },
        {
            f"{prefix}penalty": [SparseGroupLasso()],
            f"{prefix}penalty__l1_ratio": [0.1, 0.5, 0.9],
            f"{prefix}alpha": [1e-2],
        },
    ]
    searches = [
        GridSearchCV(pipeline, grid, cv=2, n_jobs=n_jobs, error_score="raise").fit(RAW, CANCER_Y)
        for n_jobs in (2, 1)
    ]
    results = [search.cv_results_ for search in searches]
    scores = [result["mean_test_score"] for result in results]
    np.testing.assert_array_equal(*scores)
    assert len(scores[0]) == 13
    assert searches[0].best_score_ > 0.85
    ratios = [params.get(f"{prefix}penalty__l1_ratio") for params in results[0]["params"]]
    assert ratios[-3:] == [0.1, 0.5, 0.9]
    best = searches[0].best_estimator_[-1]
    assert best.get_params()["penalty"] == best.penalty
    assert best.alpha_ == searches[0].best_params_[f"{prefix}alpha"]


def test_the_ratio_of_a_penalty_object_reaches_the_network():
    model = classifier(penalty=SparseGroupLasso(), alpha=0.01, solver="sgd")
    fits = [
        clone(model).set_params(penalty__l1_ratio=ratio).fit(IRIS_X, IRIS_Y)
        for ratio in (0, 0.5, 1)
    ]
    assert not weights_equal(fits[0], fits[1])
    np.testing.assert_allclose(
        fits[2].predict_proba(IRIS_X),
        clone(model).set_params(penalty="l1").fit(IRIS_X, IRIS_Y).predict_proba(IRIS_X),
        rtol=1e-6,
    )


def test_cross_val_predict_and_boosting():
    pipeline = make_pipeline(StandardScaler(), classifier())
    probabilities = cross_val_predict(pipeline, RAW, CANCER_Y, cv=3, method="predict_proba")
    assert probabilities.shape == (len(RAW), 2)
    assert accuracy_score(CANCER_Y, probabilities.argmax(axis=1)) > 0.9
    boosted = AdaBoostClassifier(classifier(max_iter=3), n_estimators=3, random_state=0)
    assert boosted.fit(CANCER_X, CANCER_Y).score(CANCER_X, CANCER_Y) > 0.85


def test_repr_shows_what_was_changed_and_html_renders():
    model = SparseMLPClassifier((5,), penalty=SparseGroupLasso(0.2))
    expected = (
        "SparseMLPClassifier(hidden_layer_sizes=(5,), penalty=SparseGroupLasso(l1_ratio=0.2))"
    )
    assert " ".join(repr(model).split()) == expected
    assert "SparseMLPClassifier" in model.fit(IRIS_X, IRIS_Y)._repr_html_()


# Selection


def test_our_transform_feeds_the_next_step():
    pipeline = make_pipeline(StandardScaler(), classifier(alpha=0.02), LogisticRegression())
    pipeline.fit(RAW, CANCER_Y)
    selector, last = pipeline[1], pipeline[-1]
    assert 0 < selector.n_neurons_[0] < 30
    assert last.n_features_in_ == selector.support_.sum()
    assert pipeline.score(RAW, CANCER_Y) > 0.9
    direct = LogisticRegression().fit(CANCER_X[:, selector.support_], CANCER_Y)
    np.testing.assert_allclose(last.coef_, direct.coef_, rtol=1e-5)


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array, sparse.csr_matrix])
def test_transform_and_its_inverse(container):
    model = regressor(alpha=0.05).fit(DIABETES_X, DIABETES_Y)
    support = model.support_
    assert 0 < support.sum() < 10
    small = model.transform(container(DIABETES_X))
    back = model.inverse_transform(small)
    if sparse.issparse(small):
        small, back = small.toarray(), back.toarray()
    np.testing.assert_array_equal(small, DIABETES_X[:, support])
    np.testing.assert_array_equal(back[:, support], DIABETES_X[:, support])
    assert not back[:, ~support].any()
    np.testing.assert_array_equal(model.get_support(indices=True), np.flatnonzero(support))
    fitted_at_once = regressor(alpha=0.05).fit_transform(DIABETES_X, DIABETES_Y)
    np.testing.assert_array_equal(fitted_at_once, small)


def test_names_of_the_features_that_are_kept():
    model = regressor(alpha=0.05).fit(DIABETES_X, DIABETES_Y)
    kept = np.flatnonzero(model.support_)
    assert list(model.get_feature_names_out()) == [f"x{index}" for index in kept]
    names = np.array([f"column {index}" for index in range(10)], dtype=object)
    assert list(model.get_feature_names_out(names)) == list(names[kept])
    pipeline = make_pipeline(StandardScaler(), regressor(alpha=0.05))
    pipeline.fit(pd.DataFrame(DIABETES_X, columns=names), DIABETES_Y)
    assert list(pipeline.get_feature_names_out()) == list(names[pipeline[-1].support_])


@pytest.mark.parametrize(("name", "module"), [("pandas", pd), ("polars", pl)])
def test_set_output(name, module):
    columns = [f"column {index}" for index in range(10)]
    frame = module.DataFrame(dict(zip(columns, DIABETES_X.T, strict=True)))
    model = regressor(alpha=0.05).set_output(transform=name).fit(frame, DIABETES_Y)
    small = model.transform(frame)
    assert type(small) is module.DataFrame
    assert list(small.columns) == list(model.get_feature_names_out())
    np.testing.assert_array_equal(small.to_numpy(), DIABETES_X[:, model.support_])
    assert type(model.predict(frame)) is np.ndarray


def test_select_from_model_and_recursive_elimination():
    model = classifier(alpha=0.02)
    support = clone(model).fit(CANCER_X, CANCER_Y).support_
    importances = clone(model).fit(CANCER_X, CANCER_Y).feature_importances_
    assert 3 < support.sum() < 30
    selector = SelectFromModel(model, threshold=1e-12).fit(CANCER_X, CANCER_Y)
    np.testing.assert_array_equal(selector.get_support(), support)
    selector = SelectFromModel(model, threshold=-np.inf, max_features=3).fit(CANCER_X, CANCER_Y)
    assert set(selector.get_support(indices=True)) == set(np.argsort(importances)[-3:])
    ranked = RFE(model, n_features_to_select=3, step=0.5).fit(CANCER_X, CANCER_Y)
    assert ranked.get_support().sum() == 3


# Persistence


def by_pickle(model):
    return pickle.loads(pickle.dumps(model))


def by_skops(model):
    data = skops.io.dumps(model)
    return skops.io.loads(data, trusted=skops.io.get_untrusted_types(data=data))


def fitted(kind):
    """Return a fitted estimator and the inputs that it understands."""
    if kind == "nothing left":
        with pytest.warns(UserWarning, match="left no weight"):
            return classifier(alpha=1e9).fit(IRIS_X, IRIS_Y), IRIS_X
    if kind == "partial":
        return classifier().partial_fit(IRIS_X, IRIS_Y).partial_fit(IRIS_X, IRIS_Y), IRIS_X
    if kind == "warm":
        return classifier(warm_start=True, alpha=0.02).fit(IRIS_X, IRIS_Y), IRIS_X
    if kind == "strings":
        names = np.array(["setosa", "versicolor", "virginica"])
        return classifier(feature_groups=[["a", "b"]]).fit(
            pd.DataFrame(IRIS_X, columns=list("abcd")), names[IRIS_Y]
        ), pd.DataFrame(IRIS_X, columns=list("abcd"))
    if kind == "survival":
        y = np.column_stack([np.arange(len(DIABETES_X)) % 2, np.exp(DIABETES_Y)])
        return regressor(loss="cox", batch_size="auto").fit(DIABETES_X, y), DIABETES_X
    if kind == "penalty":
        return regressor(penalty=[L1(), GroupLasso()]).fit(DIABETES_X, DIABETES_Y), DIABETES_X
    return regressor(alpha=0.05).fit(DIABETES_X, DIABETES_Y), DIABETES_X


@pytest.mark.parametrize("store", [by_pickle, by_skops, copy.deepcopy])
@pytest.mark.parametrize(
    "kind", ["plain", "penalty", "survival", "strings", "partial", "warm", "nothing left"]
)
def test_a_stored_model_is_the_same_model(store, kind):
    model, X = fitted(kind)
    restored = store(model)
    assert repr(restored) == repr(model)
    assert set(vars(restored)) == set(vars(model))
    np.testing.assert_array_equal(restored.predict(X), model.predict(X))
    assert weights_equal(restored, model)
    assert restored.summary() == model.summary()
    assert restored.n_neurons_ == model.n_neurons_
    assert restored.loss_curve_ == model.loss_curve_


@pytest.mark.parametrize("store", [by_pickle, by_skops, copy.deepcopy])
def test_training_goes_on_after_storing_as_if_it_had_not_stopped(store):
    model = classifier(batch_size=16).partial_fit(IRIS_X, IRIS_Y)
    restored = store(model)
    for either in (model, restored):
        either.partial_fit(IRIS_X, IRIS_Y)
    assert weights_equal(model, restored)
    model = regressor(warm_start=True, alpha=0.02).fit(DIABETES_X, DIABETES_Y)
    restored = store(model)
    for either in (model, restored):
        either.fit(DIABETES_X, DIABETES_Y)
    assert weights_equal(model, restored)


OURS = {
    "sgnn.estimators.data.Form",
    "sgnn.estimators.moments.Moments",
    "sgnn.networks.network.Network",
    "sgnn.training.state.State",
}
CLASSIFIER = {"sgnn.estimators.classifier.SparseMLPClassifier", "sgnn.estimators.labels.Labels"}
REGRESSOR = {
    "sgnn.estimators.regressor.SparseMLPRegressor",
    "sgnn.estimators.targets.Quantities",
    "sgnn.losses.squared_error.SquaredError",
}


@pytest.mark.parametrize(
    ("kind", "types"),
    [
        ("plain", REGRESSOR),
        ("penalty", {*REGRESSOR, "sgnn.penalties.l1.L1", "sgnn.penalties.l1.GroupLasso"}),
        ("strings", CLASSIFIER),
        ("partial", {*CLASSIFIER, "sgnn.proximal.state.OptimizerState"}),
        ("warm", CLASSIFIER),
    ],
)
def test_skops_must_trust_nothing_but_our_own_classes(kind, types):
    data = skops.io.dumps(fitted(kind)[0])
    assert set(skops.io.get_untrusted_types(data=data)) == types | OURS


# Metadata routing


def test_metadata_reach_the_network_through_a_pipeline():
    weights = np.random.default_rng(0).uniform(0, 2, len(RAW) - 80)
    X, X_val, y, y_val = RAW[80:], RAW[:80], CANCER_Y[80:], CANCER_Y[:80]
    with config_context(enable_metadata_routing=True):
        model = classifier().set_fit_request(sample_weight=True, X_val=True, y_val=True)
        pipeline = Pipeline(
            [("scaler", StandardScaler().set_fit_request(sample_weight=False)), ("model", model)],
            transform_input=["X_val"],
        )
        pipeline.fit(X, y, sample_weight=weights, X_val=X_val, y_val=y_val)
    scaler = StandardScaler().fit(X)
    expected = classifier().fit(
        *(scaler.transform(X), y, weights), X_val=scaler.transform(X_val), y_val=y_val
    )
    routed = pipeline[-1]
    assert weights_equal(routed, expected)
    assert routed.validation_scores_ == expected.validation_scores_
    assert len(routed.validation_scores_) == 15


def test_sample_weights_reach_the_network_through_search_and_cross_validation():
    weights = np.random.default_rng(0).uniform(0, 2, len(IRIS_X))
    with config_context(enable_metadata_routing=True):
        model = classifier().set_fit_request(sample_weight=True)
        model.set_score_request(sample_weight=False)
        search = GridSearchCV(model, {"alpha": [0.01]}, cv=2)
        search.fit(IRIS_X, IRIS_Y, sample_weight=weights)
        result = cross_validate(
            model, IRIS_X, IRIS_Y, params={"sample_weight": weights}, return_estimator=True, cv=2
        )
        partial = classifier().set_partial_fit_request(classes=True, sample_weight=True)
        assert partial.get_metadata_routing().partial_fit.requests == {
            "classes": True,
            "sample_weight": True,
        }
    expected = classifier(alpha=0.01).fit(IRIS_X, IRIS_Y, weights)
    assert weights_equal(search.best_estimator_, expected)
    assert len(result["estimator"]) == 2
    unweighted = cross_validate(classifier(), IRIS_X, IRIS_Y, return_estimator=True, cv=2)
    assert not weights_equal(result["estimator"][0], unweighted["estimator"][0])


# Reproducibility, threads, processes


def global_random_states():
    legacy = np.random.get_state()  # noqa: NPY002
    return joblib.hash([legacy, random.getstate(), torch.get_rng_state().numpy()])


@pytest.mark.parametrize("make", [classifier, regressor])
@pytest.mark.parametrize(
    "parameters", [{}, {"early_stopping": True}, {"refit": True, "solver": "sgd"}], ids=str
)
def test_the_same_random_state_gives_the_same_bits(make, parameters):
    data = (IRIS_X, IRIS_Y) if make is classifier else (DIABETES_X, DIABETES_Y)
    model = make(**parameters, batch_size=16, max_iter=5).fit(*data)
    np.random.seed(1)  # noqa: NPY002
    random.seed(1)
    torch.manual_seed(1)
    before = global_random_states()
    again = clone(model).fit(*data)
    again.predict(data[0])
    again.transform(data[0])
    assert global_random_states() == before
    assert weights_equal(model, again)
    assert model.loss_curve_ == again.loss_curve_
    assert not weights_equal(model, clone(model).set_params(random_state=1).fit(*data))


def test_a_random_state_instance_is_drawn_from():
    rng = np.random.RandomState(0)
    first, second = (regressor(random_state=rng).fit(DIABETES_X, DIABETES_Y) for _ in range(2))
    assert not weights_equal(first, second)
    seeded = regressor(random_state=0).fit(DIABETES_X, DIABETES_Y)
    assert weights_equal(first, seeded)
    free = [regressor(random_state=None).fit(DIABETES_X, DIABETES_Y) for _ in range(2)]
    assert not weights_equal(*free)


def test_shuffle_false_takes_the_samples_in_order():
    shared = {"batch_size": 50, "max_iter": 1}
    ordered = regressor(shuffle=False, **shared).fit(DIABETES_X, DIABETES_Y)
    assert not weights_equal(ordered, regressor(**shared).fit(DIABETES_X, DIABETES_Y))
    order = np.arange(len(DIABETES_X))[::-1]
    backward = regressor(shuffle=False, **shared).fit(DIABETES_X[order], DIABETES_Y[order])
    assert not weights_equal(ordered, backward)
    whole = [
        regressor(shuffle=shuffle, batch_size=1000, max_iter=3).fit(DIABETES_X, DIABETES_Y)
        for shuffle in (False, True)
    ]
    assert weights_equal(*whole)


def denormals_survive():
    return bool(np.float32(1e-39) * np.float32(0.5) != 0)


def test_fits_in_several_threads_give_the_same_as_alone():
    models = [
        classifier(max_iter=10, batch_size=8),
        classifier(max_iter=2, batch_size=8, random_state=1, n_threads=2),
        classifier(max_iter=15, batch_size=8, random_state=2, activation="gelu"),
    ]
    alone = [clone(model).fit(IRIS_X, IRIS_Y) for model in models]
    threads_before = torch.get_num_threads()
    torch.set_num_threads(3)
    barrier = threading.Barrier(len(models))
    settings = []

    def work(model):
        barrier.wait()
        for _ in range(3):
            model.fit(IRIS_X, IRIS_Y)
            settings.append((denormals_survive(), torch.get_num_threads()))

    def run(targets):
        for thread in targets:
            thread.start()
        for thread in targets:
            thread.join()

    try:
        run([threading.Thread(target=work, args=(model,)) for model in models])
        settings.append((denormals_survive(), torch.get_num_threads()))
        later = []
        run([threading.Thread(target=lambda: later.append(torch.get_num_threads()))])
    finally:
        torch.set_num_threads(threads_before)
    assert set(settings) == {(True, 3)}
    assert later == [3]
    for model, expected in zip(models, alone, strict=True):
        assert weights_equal(model, expected)
        assert model.objective_curve_ == expected.objective_curve_


WITHOUT_TORCH = """
import pickle, sys
import sgnn
from sgnn import SparseMLPClassifier, SparseMLPRegressor, penalties
assert "torch" not in sys.modules, "import sgnn"
repr(SparseMLPRegressor(penalty=penalties.MCP())); penalties.available()
with open(sys.argv[1], "rb") as file:
    models, X, y = pickle.load(file)
for model in models:
    for inputs in (X, X.astype("float32")):
        model.predict(inputs)
        model.predict_proba(inputs)
        model.transform(inputs)
    model.score(X, y)
    model.expand()
    model.get_feature_names_out()
    print(model.summary())
    model.set_output(transform="pandas").transform(X)
    assert "torch" not in sys.modules, model
"""


def test_import_and_prediction_never_import_torch(tmp_path):
    models = [
        classifier(alpha=0.01).fit(IRIS_X, IRIS_Y),
        classifier(penalty=L1(), activation="gelu").partial_fit(IRIS_X, IRIS_Y),
        classifier(warm_start=True).fit(IRIS_X, IRIS_Y),
    ]
    path = tmp_path / "models.pickle"
    path.write_bytes(pickle.dumps((models, IRIS_X, IRIS_Y)))
    result = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, str(path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == "\n".join(model.summary() for model in models)
