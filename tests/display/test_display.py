"""The displays: what they draw is what the estimators hold."""

import inspect
import re
import subprocess
import sys
from functools import partial
from itertools import pairwise
from types import SimpleNamespace

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgba
from matplotlib.text import Text
from sklearn.base import BaseEstimator
from sklearn.datasets import load_digits, load_iris, load_wine
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale

import sgnn
from sgnn import (
    SparseMLPClassifier,
    SparseMLPClassifierCV,
    SparseMLPRegressor,
    SparseMLPRegressorCV,
    SparseMLPSelector,
    SparseReducedRankRegressor,
    StabilitySelector,
    sparse_mlp_path,
)
from sgnn.display import (
    BiplotDisplay,
    FeaturePathDisplay,
    FirstLayerDisplay,
    NetworkDisplay,
    NeuronsDisplay,
    PathDisplay,
    StabilityDisplay,
)

WINE_X, WINE_Y = load_wine(return_X_y=True, as_frame=True)
WINE_X = pd.DataFrame(scale(WINE_X), columns=WINE_X.columns)
DIGITS_X, DIGITS_Y = load_digits(return_X_y=True)
SIZES = {
    "n_features": "n_features",
    "alpha": "alphas",
    "n_weights": "n_weights",
    "n_multiply_adds": "n_multiply_adds",
    "sparsity": "sparsities",
}


def classifier(**parameters):
    defaults = {"hidden_layer_sizes": (8,), "max_iter": 30, "batch_size": 64, "random_state": 0}
    return SparseMLPClassifier(**{**defaults, **parameters})


@pytest.fixture(autouse=True)
def _clean():
    """No display may change the settings of matplotlib; no figure outlives a test."""
    before = matplotlib.rcParams.copy()
    yield
    assert matplotlib.rcParams == before
    plt.close("all")


@pytest.fixture(scope="module")
def path():
    clf = classifier(penalty="log_sum")
    train, held_out = slice(None, None, 2), slice(1, None, 2)
    data = WINE_X[train], WINE_Y[train]
    return sparse_mlp_path(clf, *data, X_val=WINE_X[held_out], y_val=WINE_Y[held_out], alphas=12)


@pytest.fixture(scope="module")
def search():
    return SparseMLPClassifierCV(classifier(penalty="log_sum"), alphas=8, cv=3).fit(WINE_X, WINE_Y)


@pytest.fixture(scope="module")
def network():
    return classifier(hidden_layer_sizes=(10, 6), alpha=0.03, max_iter=60).fit(WINE_X, WINE_Y)


@pytest.fixture(scope="module")
def pixels():
    return classifier(hidden_layer_sizes=(20,), alpha=0.01).fit(DIGITS_X / 16, DIGITS_Y)


def points(artist):
    return np.asarray(artist.get_offsets())


def texts(ax):
    return [text.get_text() for text in ax.texts]


def band(display):
    """Return the lower and the upper edge of a band, by place on the x axis."""
    x, y = display.band_.get_paths()[0].vertices.T
    return {place: (y[x == place].min(), y[x == place].max()) for place in np.unique(x)}


# Paths


@pytest.mark.parametrize("x", SIZES)
def test_the_path_display_holds_the_scores_of_all_networks(path, x):
    display = PathDisplay.from_path(path, x=x)
    there = path.n_features > 0
    sizes = getattr(path, SIZES[x])[there]
    scores = path.train_scores[there], path.validation_scores[there]
    for dots, line, values in zip(
        display.ax_.collections[::2], display.lines_, scores, strict=True
    ):
        np.testing.assert_allclose(points(dots), np.column_stack([sizes, values]))
        expected = {}
        for size, value in zip(sizes, values, strict=True):
            expected.setdefault(size, value)
        assert dict(zip(*line.get_data(), strict=True)) == pytest.approx(expected)
        assert (np.diff(line.get_xdata()) > 0).all()
    edges = band(display)
    for size, center, error in zip(sizes, scores[1], path.validation_errors[there], strict=True):
        low, high = edges.pop(size, (None, None))
        if low is not None:
            assert (low, high) == pytest.approx((center - error, center + error))
    assert not edges
    assert display.best_line_ is None
    assert display.ax_.get_ylabel() == "accuracy"


def test_the_line_goes_through_the_networks_that_at_returns(path):
    line = PathDisplay.from_path(path).lines_[1]
    for n_features, score in zip(*line.get_data(), strict=True):
        model = path.at(n_features=n_features)
        assert model.score(WINE_X[1::2], WINE_Y[1::2]) == pytest.approx(score)


def test_a_path_of_the_dense_network_alone():
    path = sparse_mlp_path(classifier(), WINE_X, WINE_Y, alphas=[1.0], min_features=13)
    assert len(PathDisplay.from_path(path, x="alpha").sizes) == 1
    with pytest.raises(ValueError, match="at least two networks"):
        FeaturePathDisplay.from_path(path)


def test_a_path_without_held_out_data_has_one_line():
    X, y = load_iris(return_X_y=True)
    reg = SparseMLPRegressor((4,), max_iter=10, random_state=0)
    display = PathDisplay.from_path(sparse_mlp_path(reg, X, y, alphas=[0.01, 0.1], max_iter=2))
    assert [line.get_label() for line in display.lines_] == ["training"]
    assert display.band_ is None
    assert display.ax_.get_ylabel() == "R²"


def test_sizes_of_many_magnitudes_are_on_a_logarithmic_axis_with_a_place_for_zero(path):
    scales = {x: PathDisplay.from_path(path, x=x).ax_.get_xscale() for x in ("alpha", "sparsity")}
    assert scales == {"alpha": "symlog", "sparsity": "linear"}
    for largest, expected in (20, "linear"), (5000, "symlog"):
        sizes = np.array([largest, 5, 1, 0])
        display = PathDisplay(sizes=sizes, train_scores=np.linspace(1, 0.5, 4)).plot()
        assert display.ax_.get_xscale() == expected
        left, right = display.ax_.get_xlim()
        assert -1 <= left <= 0 < largest <= right


def test_the_display_of_a_search_shows_the_mean_over_the_folds_and_the_choice(search):
    display = PathDisplay.from_estimator(search, x="alpha")
    # Without the column of the empty network, which the path does not get to.
    scores = search.scores_path_[:, : len(search.path_)]
    means = scores.mean(axis=0)
    np.testing.assert_allclose(display.lines_[0].get_ydata(), search.path_.train_scores)
    np.testing.assert_allclose(display.lines_[1].get_ydata(), means)
    edges = np.array(list(band(display).values()))
    errors = scores.std(axis=0, ddof=1) / np.sqrt(3)
    np.testing.assert_allclose(edges, np.column_stack([means - errors, means + errors]))
    assert display.best_line_.get_xdata() == [search.alpha_] * 2
    by_features = PathDisplay.from_estimator(search)
    assert by_features.best_line_.get_xdata() == [search.n_neurons_[0]] * 2
    assert by_features.best_line_.get_label() == f"chosen: {search.n_neurons_[0]}"


@pytest.mark.filterwarnings("ignore:alpha=:UserWarning", "ignore:Nothing was chosen:UserWarning")
def test_a_search_with_a_score_of_its_own_shows_no_other_score():
    X, y = load_iris(return_X_y=True)
    reg = SparseMLPRegressor((4,), max_iter=10, random_state=0)
    search = SparseMLPRegressorCV(
        reg, alphas=[0.001, 0.01, 0.1], max_iter=2, cv=2, scoring="neg_mean_squared_error"
    )
    display = PathDisplay.from_estimator(search.fit(X, y))
    assert len(display.lines_) == 1
    assert display.ax_.get_ylabel() == "neg mean squared error"


@pytest.mark.parametrize("max_features", [5, 20])
def test_rows_of_the_feature_path_end_where_their_feature_disappears(path, max_features):
    display = FeaturePathDisplay.from_path(path, max_features=max_features)
    order = np.argsort(path.ranking, kind="stable")[:max_features]
    names = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert names == WINE_X.columns[order].tolist()
    norms = display.image_.get_array()
    assert norms.shape == (len(order), len(path))
    strengths = display.image_.get_coordinates()[0, :, 0]
    np.testing.assert_allclose(strengths[1:-1], path.alphas[1:])
    for row, feature in zip(norms, order, strict=True):
        lifetime = np.ma.count(row)
        assert not np.ma.getmaskarray(row)[:lifetime].any()
        if lifetime < len(path):
            assert strengths[lifetime] == pytest.approx(path.importances[feature])
        for index in range(lifetime):
            expected = path.estimator(index).feature_importances_[feature]
            assert row[index] == pytest.approx(expected, rel=1e-5)
    top, bottom = display.ax_.get_ylim()[::-1]
    assert top < bottom


def test_features_of_one_block_are_there_as_long_as_one_of_them_is():
    clf = classifier(penalty="l1", feature_groups=[range(5), range(5, 9)])
    path = sparse_mlp_path(clf, WINE_X, WINE_Y, alphas=[0.003, 0.01, 0.03, 0.1])
    norms = FeaturePathDisplay.from_path(path).image_.get_array()
    order = np.argsort(path.ranking, kind="stable")
    np.testing.assert_array_equal(~np.ma.getmaskarray(norms), path.supports[:, order].T)
    assert (norms == 0).any()


def test_a_path_of_one_strength_can_be_drawn():
    path = sparse_mlp_path(classifier(), WINE_X, WINE_Y, alphas=[0.01], max_iter=2)
    left, right = FeaturePathDisplay.from_path(path).ax_.get_xlim()
    assert left < 0.01 < right


# Networks


def test_the_neurons_display_draws_the_curve_of_each_layer(network):
    display = NeuronsDisplay.from_estimator(network)
    curve = np.array(network.n_neurons_curve_)
    assert len(display.lines_) == 3
    for line, column in zip(display.lines_, curve.T[:-1], strict=True):
        np.testing.assert_array_equal(line.get_ydata(), column)
        np.testing.assert_array_equal(line.get_xdata(), np.arange(1, 61))
    n_inputs, n_first, n_second, _ = network.n_neurons_
    assert n_inputs < 13
    assert [line.get_label() for line in display.lines_] == [
        f"inputs: {n_inputs} of 13",
        f"hidden layer 1: {n_first} of 10",
        f"hidden layer 2: {n_second} of 6",
    ]


def test_the_network_display_draws_a_line_per_weight_and_a_dot_per_unit(network):
    display = NetworkDisplay.from_estimator(network)
    coefs = network.expand()[0]
    heights = [points(units)[:, 1] for units in display.units_]
    assert [len(height) for height in heights] == [13, 10, 6, 3]
    for layer, (edges, coef) in enumerate(zip(display.edges_, coefs, strict=True)):
        lines, colors = np.array(edges.get_segments()), edges.get_color()
        assert len(lines) == np.count_nonzero(coef)
        np.testing.assert_array_equal(lines[:, :, 0], np.tile([layer, layer + 1], (len(lines), 1)))
        drawn = np.zeros_like(coef)
        for line, width, color in zip(lines, edges.get_linewidth(), colors, strict=True):
            row = np.flatnonzero(heights[layer] == line[0, 1])
            column = np.flatnonzero(heights[layer + 1] == line[1, 1])
            red = color[0] > color[2]
            drawn[row, column] = width if red else -width
        np.testing.assert_array_equal(np.sign(drawn), np.sign(coef))
        order = np.argsort(np.abs(coef), axis=None)
        assert (np.diff(np.abs(drawn).ravel()[order]) >= 0).all()
        assert (np.diff(colors[:, 3]) >= 0).all()
    for units, kept in zip(display.units_, network.kept_units_, strict=True):
        sizes = units.get_sizes()
        assert (sizes[kept] > 10).all()
        assert (sizes[~kept] < 10).all()
    assert (~network.kept_units_[0]).any()


def test_the_network_display_names_what_is_left(network):
    written = texts(NetworkDisplay.from_estimator(network).ax_)
    for name, is_kept in zip(WINE_X.columns, network.support_, strict=True):
        assert (name in written) == is_kept
    assert {"0", "1", "2", f"inputs\n{network.n_neurons_[0]} of 13"} <= set(written)
    binary = classifier(max_iter=2).fit(WINE_X.to_numpy(), WINE_Y == 0)
    assert len(texts(NetworkDisplay.from_estimator(binary).ax_)) == 3


def test_large_layers_are_drawn_without_the_units_that_were_removed(network):
    n_inputs, n_hidden, *_ = network.n_neurons_
    display = NetworkDisplay.from_estimator(network, max_units=n_inputs)
    assert n_hidden < n_inputs < 13
    assert len(points(display.units_[0])) == n_inputs
    n_weights = [np.count_nonzero(coef) for coef in network.coefs_]
    assert [len(edges.get_segments()) for edges in display.edges_] == n_weights
    with pytest.raises(ValueError, match=rf"inputs: {n_inputs} units.*max_units={n_inputs - 1}"):
        NetworkDisplay.from_estimator(network, max_units=n_inputs - 1)


@pytest.mark.filterwarnings("ignore:alpha=:UserWarning")
def test_an_empty_network_is_drawn_and_has_no_first_layer():
    empty = classifier(alpha=1e6, max_iter=2).fit(WINE_X, WINE_Y)
    display = NetworkDisplay.from_estimator(empty)
    assert sum(len(edges.get_segments()) for edges in display.edges_) == 0
    with pytest.raises(ValueError, match="No unit is left"):
        FirstLayerDisplay.from_estimator(empty, (1, 13))
    importances = FirstLayerDisplay.from_estimator(empty, (1, 13), what="importance")
    assert np.ma.count(importances.images) == 0
    importances.figure_.canvas.draw()


def test_a_search_is_drawn_as_the_network_that_it_chose(search):
    display = NetworkDisplay.from_estimator(search)
    n_weights = [np.count_nonzero(coef) for coef in search.coefs_]
    assert [len(edges.get_segments()) for edges in display.edges_] == n_weights


def test_what_is_under_the_mask_of_an_image_is_a_number(pixels):
    for what, n_images in ("weights", 4), ("importance", 1):
        junk = [np.full((n_images, 64), 1e308) for _ in range(50)]
        del junk
        images = FirstLayerDisplay.from_estimator(pixels, (8, 8), what=what, max_units=4).images
        assert (images.data[images.mask] == 0).all()


def test_images_of_the_first_layer_are_its_weights(pixels):
    display = FirstLayerDisplay.from_estimator(pixels, (8, 8), max_units=4)
    first, last = pixels.expand()[0]
    strengths = np.linalg.norm(first, axis=0) * np.linalg.norm(last, axis=1)
    strongest = np.argsort(-strengths)[:4]
    assert len(display.images_) == 4
    largest = np.abs(first[:, strongest]).max()
    for image, unit in zip(display.images_, strongest, strict=True):
        drawn = image.get_array()
        np.testing.assert_array_equal(drawn.mask.ravel(), ~pixels.support_)
        np.testing.assert_allclose(drawn.filled(0).ravel(), first[:, unit])
        assert image.get_clim() == pytest.approx((-largest, largest))
        red, green, blue, _ = image.get_cmap().get_bad()
        assert red == green == blue < 1
    corners = [tuple(image.get_extent()[::3]) for image in display.images_]
    assert len(set(corners)) == 4
    assert not pixels.support_.all()


def test_the_image_of_importances_holds_them(pixels):
    display = FirstLayerDisplay.from_estimator(pixels, (8, 8), what="importance")
    [image] = display.images_
    importances = pixels.feature_importances_
    np.testing.assert_allclose(image.get_array().filled(0).ravel(), importances)
    assert image.get_clim() == pytest.approx((0, importances.max()))


# Stability


def test_bars_of_the_stability_display_are_sorted_and_marked_by_the_threshold():
    probabilities = np.array([0.2, 0.9, 0.6, 0.0, 0.59])
    display = StabilityDisplay(selection_probabilities=probabilities, threshold=0.6).plot()
    assert [bar.get_width() for bar in display.bars_] == [0.9, 0.6, 0.59, 0.2, 0.0]
    labels = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert labels == ["x1", "x2", "x4", "x0", "x3"]
    colors = [to_rgba(bar.get_facecolor()) for bar in display.bars_]
    assert colors[0] == colors[1] != colors[2] == colors[3] == colors[4]
    assert display.line_.get_xdata() == [0.6, 0.6]
    bottom, top = display.ax_.get_ylim()
    assert bottom > top


def test_the_stability_display_of_a_selector():
    class Selector(BaseEstimator):
        threshold = 0.5
        selection_probabilities_ = np.linspace(1, 0, 30)
        feature_names_in_ = np.array([f"column {index}" for index in range(30)])

        def fit(self):
            return self

        def __sklearn_is_fitted__(self):
            return True

    display = StabilityDisplay.from_estimator(Selector(), max_features=7)
    assert len(display.bars_) == 7
    assert display.ax_.get_yticklabels()[6].get_text() == "column 6"


def test_the_arrows_of_the_biplot_are_correlations_with_the_scores():
    X, Y = WINE_X.iloc[:, 3:], WINE_X.iloc[:, :3]
    reg = SparseReducedRankRegressor(3, alpha=0.1).fit(X, Y)
    display = BiplotDisplay.from_estimator(reg, X, Y, components=(2, 0))
    scores = reg.transform(X)[:, [2, 0]]
    np.testing.assert_allclose(points(display.points_), scores / abs(scores).max())
    expected = {
        name: np.corrcoef(column, scores.T)[0, 1:]
        for part in (X.iloc[:, reg.selected_features_], Y)
        for name, column in part.items()
    }
    arrows = [display.feature_arrows_, display.target_arrows_]
    tips = np.vstack([np.column_stack([quiver.U, quiver.V]) for quiver in arrows])
    lengths = np.linalg.norm(tips, axis=1)
    assert (np.diff(lengths[:-3]) <= 0).all()
    assert (np.diff(lengths[-3:]) <= 0).all()
    names = np.array(sorted(expected, key=lambda name: np.linalg.norm(expected[name])))
    np.testing.assert_allclose(
        np.sort(tips, axis=0), np.sort([expected[name] for name in names], axis=0), atol=1e-12
    )
    assert sorted(texts(display.ax_)) == sorted(names)
    for text in display.ax_.texts:
        assert np.sign(text.get_position()[0]) == np.sign(expected[text.get_text()][0])
    assert display.ax_.get_xlabel() == "component 3"


def test_the_names_of_the_biplot_do_not_lie_over_another():
    X = np.random.default_rng(0).normal(size=(50, 30)) + np.arange(50)[:, None] / 10
    reg = SparseReducedRankRegressor(2, alpha=0).fit(X, X[:, :9])
    display = BiplotDisplay.from_estimator(reg, X, X[:, :9], max_features=12)
    assert len(display.feature_arrows_.U) == 12
    assert len(display.target_arrows_.U) == 9
    places = np.array([text.get_position() for text in display.ax_.texts])
    assert len(places) == 21
    for side in -1, 1:
        heights = np.sort(places[np.sign(places[:, 0]) == side, 1])
        assert (np.diff(heights) > 0.08).all()
        assert (abs(heights) <= 1.11).all()


def test_a_biplot_needs_two_components():
    reg = SparseReducedRankRegressor(1).fit(WINE_X, WINE_Y)
    for components in (0, 1), 0, "ab", (0.0, 0), (0, -1):
        told = rf"two of the 1 of the estimator, from 0; got {re.escape(repr(components))}"
        with pytest.raises(ValueError, match=told):
            BiplotDisplay.from_estimator(reg, WINE_X, WINE_Y, components=components)


def test_the_target_of_a_biplot_has_the_name_of_its_series():
    X, y = WINE_X.iloc[:, 1:], WINE_X.iloc[:, :2]
    reg = SparseReducedRankRegressor(2, alpha=0.01).fit(X, y)
    display = BiplotDisplay.from_estimator(reg, X, y["alcohol"])
    assert display.target_names == ["alcohol"]
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        BiplotDisplay.from_estimator(reg, X, y.iloc[1:])


@pytest.mark.parametrize("name", ["$a$", "$", "cost in $", r"$\frac$", "a$_{$"])
def test_names_with_dollars_are_drawn_as_they_are(name):
    frame = WINE_X.set_axis([f"{name}{index}" for index in range(13)], axis=1)
    labels = np.array([f"{name} no", f"{name} one", f"{name} two"])[WINE_Y]
    model = classifier(alpha=0).fit(frame, labels)
    path = sparse_mlp_path(classifier(penalty="log_sum"), frame, labels, alphas=[0.01], max_iter=2)
    stability = StabilityDisplay(
        selection_probabilities=np.ones(13), threshold=0.6, feature_names=frame.columns
    )
    plane = SparseReducedRankRegressor(2, alpha=0).fit(frame, frame)
    axes = [
        BiplotDisplay.from_estimator(plane, frame, frame).ax_,
        NetworkDisplay.from_estimator(model).ax_,
        FeaturePathDisplay.from_path(path).ax_,
        stability.plot().ax_,
    ]
    for ax in axes:
        ax.figure.canvas.draw()
        written = [text for text in ax.findobj(Text) if text.get_text() in {*frame, *labels}]
        assert len(written) >= 13
        assert not any(text.get_parse_math() for text in written)


# All of them, asked for by their names and constructors


DISPLAYS = [getattr(sgnn.display, name) for name in sgnn.display.__all__]
CONSTRUCTORS = [(cls, name) for cls in DISPLAYS for name in vars(cls) if name.startswith("from_")]
EXTRA = {"image_shape": (8, 8), "X": WINE_X, "y": WINE_X.iloc[:, :3]}


@pytest.fixture(scope="module")
def shown(path, search, network, pixels):
    """All that is drawn by some display."""
    data = {"n_pairs": 2, "n_features_to_select": 3, "alphas": 5, "max_iter": 5, "random_state": 0}
    selector = StabilitySelector(classifier(penalty="log_sum"), **data).fit(WINE_X, WINE_Y)
    plane = SparseReducedRankRegressor(2).fit(WINE_X, WINE_X.iloc[:, :3])
    return [path, search, network, pixels, selector, plane]


def draw(cls, name, thing, ax=None):
    """Call a constructor, with what else it needs."""
    method = getattr(cls, name)
    needs = [p.name for p in inspect.signature(method).parameters.values() if p.default is p.empty]
    return method(thing, *(EXTRA[parameter] for parameter in needs[1:]), ax=ax)


@pytest.fixture
def drawn(shown, request):
    """Functions of `ax` that draw what a constructor takes; it refuses the rest by name."""
    cls, name = request.param
    functions = []
    for thing in shown:
        try:
            draw(cls, name, thing)
        except (TypeError, ValueError) as error:
            assert type(thing).__name__ in str(error) or "number of inputs" in str(error)  # noqa: PT017
        else:
            functions.append(partial(draw, cls, name, thing))
    plt.close("all")
    assert functions, "nothing in `shown` is for this display"
    return functions


def test_every_display_has_a_constructor():
    assert {cls for cls, _ in CONSTRUCTORS} == set(DISPLAYS)


each = pytest.mark.parametrize(
    "drawn", CONSTRUCTORS, indirect=True, ids=lambda pair: f"{pair[0].__name__}.{pair[1]}"
)


@each
def test_the_axes_given_are_drawn_on_and_others_are_new(drawn):
    for make in drawn:
        fig, (ax, other) = plt.subplots(1, 2)
        display = make(ax=ax)
        assert display.ax_ is ax
        assert display.figure_ is fig
        assert ax.has_data()
        assert not other.has_data()
        assert plt.get_fignums() == [fig.number]
        new = make()
        assert new.figure_ is not fig
        assert new.ax_ in new.figure_.axes
        again = new.plot()
        assert again is new
        assert len(plt.get_fignums()) == 3
        assert new.plot(ax=other) is new
        assert new.ax_ is other
        assert new.figure_ is fig
        plt.close("all")


@pytest.mark.parametrize("cls", DISPLAYS)
@pytest.mark.parametrize("method", ["plot", *dict.fromkeys(name for _, name in CONSTRUCTORS)])
def test_axes_are_optional_in_every_display(cls, method):
    if hasattr(cls, method):
        assert inspect.signature(getattr(cls, method)).parameters["ax"].default is None


@each
def test_a_display_is_made_of_what_it_stores(drawn):
    """Made anew from its attributes it draws the same."""
    for make in drawn:
        display = make()
        names = inspect.signature(type(display)).parameters
        again = type(display)(**{name: getattr(display, name) for name in names}).plot()
        assert [len(ax.get_children()) for ax in again.figure_.axes] == [
            len(ax.get_children()) for ax in type(again).plot(display).figure_.axes
        ]
        plt.close("all")


@each
def test_no_text_leaves_the_figure(drawn):
    for make in drawn:
        figure = make().figure_
        figure.canvas.draw()
        visible = figure.get_tightbbox(figure.canvas.get_renderer())
        width, height = figure.get_size_inches()
        assert visible.x0 >= -0.02
        assert visible.y0 >= -0.02
        assert visible.x1 <= width + 0.02
        assert visible.y1 <= height + 0.02
        plt.close("all")


@each
def test_without_matplotlib_the_error_says_what_is_missing(drawn, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for make in drawn:
        with pytest.raises(
            ImportError, match=r"^\w+Display needs matplotlib: pip install .sgnn\[plot\]"
        ):
            make()


def test_sgnn_and_its_displays_import_neither_matplotlib_nor_torch():
    code = "import sys, sgnn\n"
    code += "print(*(getattr(sgnn.display, name) for name in sgnn.display.__all__))\n"
    code += "print({'matplotlib', 'torch'} & set(sys.modules))"
    output = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert output.stdout.splitlines()[-1] == "set()"


@pytest.mark.parametrize("display", [cls for cls, name in CONSTRUCTORS if name == "from_estimator"])
def test_estimators_of_another_kind_are_refused(display):
    other = LogisticRegression().fit(WINE_X, WINE_Y)
    with pytest.raises(TypeError, match=f"{display.__name__}.*needs .*; got LogisticRegression"):
        draw(display, "from_estimator", other)
    with pytest.raises(NotFittedError):
        draw(display, "from_estimator", classifier())
    with pytest.raises(TypeError):
        draw(display, "from_estimator", SimpleNamespace())


@pytest.mark.parametrize("display", [cls for cls, name in CONSTRUCTORS if name == "from_path"])
@pytest.mark.parametrize("kind", [SparseMLPClassifier, dict])
def test_what_has_no_path_is_refused(display, kind, network):
    other = network if kind is SparseMLPClassifier else {}
    words = rf"needs what sparse_mlp_path returns, .* path_; got {kind.__name__}"
    with pytest.raises(TypeError, match=words):
        display.from_path(other)


def test_wrong_choices_are_named_with_what_is_allowed(path, search, pixels):
    with pytest.raises(ValueError, match=r"x must be one of n_features, alpha.*got 'size'"):
        PathDisplay.from_path(path, x="size")
    with pytest.raises(ValueError, match="x must be one of"):
        PathDisplay.from_estimator(search, x="size")
    with pytest.raises(ValueError, match='what must be "weights" or "importance"; got \'bias\''):
        FirstLayerDisplay.from_estimator(pixels, (8, 8), what="bias")
    for shape in (8, 7), (64,), (4, 4, 4):
        with pytest.raises(ValueError, match="number of inputs, 64"):
            FirstLayerDisplay.from_estimator(pixels, shape)


# What else holds a path


def in_pipeline(step):
    return make_pipeline(StandardScaler(), step)


HOLDERS = {
    "selector": lambda clf: SparseMLPSelector(clf, n_features_to_select=3, alphas=6),
    "CV": lambda clf: SparseMLPClassifierCV(clf, alphas=6, cv=2, rule="best"),
    "pipeline": lambda clf: in_pipeline(SparseMLPClassifierCV(clf, alphas=6, cv=2, rule="best")),
    "selector in a pipeline": lambda clf: make_pipeline(
        StandardScaler(),
        SparseMLPSelector(clf, n_features_to_select=3, alphas=6),
        LogisticRegression(),
    ),
    "search": lambda clf: GridSearchCV(
        in_pipeline(SparseMLPSelector(clf, n_features_to_select=3, alphas=6)),
        {"sparsemlpselector__n_features_to_select": [3]},
        scoring=lambda *_: 0.0,
        cv=2,
    ),
}


@pytest.mark.parametrize("name", HOLDERS)
def test_a_path_is_drawn_of_whatever_holds_it(name):
    model = HOLDERS[name](classifier(penalty="log_sum", max_iter=10)).fit(WINE_X, WINE_Y)
    inner = getattr(model, "best_estimator_", model)
    holder = next((s for _, s in getattr(inner, "steps", []) if hasattr(s, "path_")), inner)
    display = PathDisplay.from_path(model, x="n_weights")
    expected = holder.path_.n_weights[holder.path_.n_features > 0]
    np.testing.assert_array_equal(display.sizes, expected)
    of_features = FeaturePathDisplay.from_path(model)
    np.testing.assert_array_equal(of_features.ranking, holder.path_.ranking)
    if hasattr(holder, "scores_path_"):
        assert PathDisplay.from_estimator(model).best_index == holder.best_index_
        drawn = NetworkDisplay.from_estimator(model).kept_units
        assert tuple(mask.sum() for mask in drawn) == holder.n_neurons_


def test_networks_and_stability_in_pipelines_are_drawn():
    X = WINE_X.to_numpy()
    model = in_pipeline(classifier()).fit(X, WINE_Y)
    curve = NeuronsDisplay.from_estimator(model).n_neurons
    assert list(map(tuple, curve)) == model[-1].n_neurons_curve_
    selector = StabilitySelector(
        classifier(max_iter=10), n_pairs=2, n_features_to_select=3, alphas=4, random_state=0
    )
    model = make_pipeline(StandardScaler(), selector, LogisticRegression()).fit(X, WINE_Y)
    display = StabilityDisplay.from_estimator(model)
    probabilities = model[1].selection_probabilities_
    np.testing.assert_array_equal(display.selection_probabilities, probabilities)


def boxes(axis):
    """Return the extents of the labels of an axis that are drawn."""
    axis.figure.draw_without_rendering()
    labels = [label for label in axis.get_ticklabels() if label.get_text()]
    low, high = axis.get_view_interval()
    seen = [label for label in labels if low <= label.get_position()[0] <= high]
    return [label.get_window_extent() for label in seen]


@pytest.mark.parametrize("least", [1e-12, 3e-5, 0.011])
@pytest.mark.parametrize("zero", [[], [0.0]], ids=["positive", "with 0"])
def test_ticks_of_strengths_do_not_overlap(zero, least):
    sizes = np.array([*zero, *np.geomspace(least, 1.0, 9)])
    display = PathDisplay(sizes=sizes, x="alpha", train_scores=np.arange(len(sizes))).plot()
    edges = sorted((box.x0, box.x1) for box in boxes(display.ax_.xaxis))
    assert len(edges) >= 2
    assert all(end < start for (_, end), (start, _) in pairwise(edges))
