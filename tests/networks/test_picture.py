"""The picture of a network shows what is left, on a page of any size and colour."""

import re
import warnings
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from sgnn import SgnnWarning, SparseMLPClassifier, SparseMLPClassifierCV, SparseMLPRegressor
from sgnn.networks.network import Network
from sgnn.networks.picture import MOST_DOTS, MOST_LINES, svg

SVG = "{http://www.w3.org/2000/svg}"


def network_of(sizes, zeros=0.0, seed=0):
    rng = np.random.default_rng(seed)
    coefs = [rng.normal(size=shape) for shape in pairwise(sizes)]
    for coef in coefs:
        coef[rng.random(coef.shape) < zeros] = 0
    return Network.whole(coefs, [np.zeros(n) for n in sizes[1:]], "relu").compact()


def drawn(network, names=None):
    """Return, per layer, the numbers of large and of small dots; all texts; and the lines."""
    root = ElementTree.fromstring(svg(network, names))
    dots = [len(group.findall(f"{SVG}circle")) for group in root.findall(f"{SVG}g")]
    texts = [text.text for text in root.findall(f"{SVG}text")]
    paths = root.findall(f"{SVG}path")
    lines = [(path.get("stroke"), move) for path in paths for move in path.get("d").split("M")[1:]]
    return list(zip(dots[::2], dots[1::2], strict=True)), texts, lines


@pytest.mark.parametrize("zeros", [0.0, 0.6, 0.9])
@pytest.mark.parametrize("sizes", [(4, 3, 2), (24, 10, 1), (3, 2), (9, 8, 7, 6)])
def test_a_small_network_has_a_dot_for_each_unit_and_a_line_for_each_weight(sizes, zeros):
    network = network_of(sizes, zeros)
    dots, texts, lines = drawn(network)
    left = [*network.n_neurons[:-1], sizes[-1]]
    assert dots == [(n, size - n) for n, size in zip(left, sizes, strict=True)]
    counts = zip(network.n_neurons, sizes, strict=True)
    assert texts == [f"{n} of {size}" for n, size in counts]
    assert len(lines) == network.n_weights


def test_lines_go_from_unit_to_unit_in_the_colour_of_the_sign():
    coefs = [np.array([[0.0, 2.0], [-1.0, 0.0]]), np.array([[1.0], [1.0]])]
    network = Network.whole(coefs, [np.zeros(2), np.zeros(1)], "relu")
    _, _, lines = drawn(network)
    first = {color: move for color, move in lines if move.startswith("120 ")}
    heights = {color: re.findall(r" ([\d.]+)", move) for color, move in first.items()}
    (down, up), (rise, fall) = heights["#3f8fcb"], heights["#dd7733"]
    assert (down, up) == (fall, rise)
    assert float(down) > float(up)


@pytest.mark.parametrize("sizes", [(5000, 3000, 2000, 10), (25, 26, 1000), (784, 300, 100, 10)])
def test_a_large_network_is_capped(sizes):
    network = network_of(sizes, 0.5)
    dots, texts, lines = drawn(network)
    assert [sum(numbers) for numbers in dots] == [min(n, MOST_DOTS) for n in sizes]
    assert len(lines) <= MOST_LINES * (len(sizes) - 1)
    assert len(svg(network)) < 40_000
    assert texts[0] == f"{network.n_neurons[0]:,} of {sizes[0]:,}"


@pytest.mark.parametrize(("left", "large"), [(0, 0), (1, 1), (500, 12), (999, 24), (1000, 24)])
def test_large_dots_are_the_share_that_is_left(left, large):
    coef = np.zeros((1000, 2))
    coef[:left] = 1.0
    network = Network.whole([coef], [np.zeros(2)], "relu").compact()
    assert drawn(network)[0][0] == (large, MOST_DOTS - large)


def test_of_many_units_the_strongest_are_drawn():
    coef = np.full((100, 1), 0.01)
    coef[[17, 42], 0] = 5.0, -3.0
    coef[50:] = 0
    names = [f"x{n}" for n in range(100)]
    _, texts, lines = drawn(Network.whole([coef], [np.zeros(1)], "relu").compact(), names)
    assert {"x17", "x42"} < set(texts)
    assert len(lines) == 12


def test_names_are_cut_and_can_be_anything():
    network = network_of((3, 1))
    _, texts, _ = drawn(network, ["<b>&\"'", 7, "a name that is very long indeed"])
    assert texts[-3:-1] == ["<b>&\"'", "7"]
    assert texts[-1] == "a name that is very…"


def test_colours_are_those_of_the_page_around():
    text = svg(network_of((3, 2)))
    assert 'fill="currentColor"' in text
    assert not re.search(r'(fill|stroke)="(black|white|#000|#fff)', text)


@pytest.mark.parametrize(
    "model",
    [
        SparseMLPClassifier((6,), max_iter=3, random_state=0),
        SparseMLPRegressor((), max_iter=3, random_state=0),
        SparseMLPClassifierCV(SparseMLPClassifier((6,), max_iter=3), alphas=3, cv=2, max_iter=2),
    ],
)
def test_a_fitted_estimator_is_shown_with_its_network(model):
    assert "<svg" not in model._repr_html_().split("</style>")[-1].replace("<svg class", "")
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 3)), columns=["one", "two", "three"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SgnnWarning)
        model.fit(X, (X["one"] > 0).astype(int))
    page = model._repr_html_()
    assert page.endswith(svg(model.network_, X.columns))
    assert model._repr_mimebundle_()["text/html"].count("units are left of") == 1
