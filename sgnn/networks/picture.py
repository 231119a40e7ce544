"""A picture of what is left of a network, as SVG in a page of HTML."""

from html import escape

import numpy as np

from sgnn.networks.network import row_norms

#: Most dots of a layer, and most lines between two layers.
MOST_DOTS, MOST_LINES = 24, 300
_STEP, _GAP, _TOP, _MARGIN, _RADIUS = 10, 130, 18, 120, 3.2
_BLUE, _ORANGE = "#3f8fcb", "#dd7733"
_LONGEST = 20


class Pictured:
    """Is shown by scikit-learn with a picture of its network below, once there is one."""

    def _html_repr(self):
        html = super()._html_repr()
        if not hasattr(self, "network_"):
            return html
        return html + svg(self.network_, getattr(self, "feature_names_in_", None))


def svg(network, input_names=None):
    """Return a picture of a network.

    A dot is a unit, or in a layer of more than `MOST_DOTS` that share of it; large dots are left,
    the strongest of them. Lines are the strongest weights between them, blue below 0, orange above.
    Text and dots have the colour of the text around, so that it is read on dark pages, too.

    Parameters
    ----------
    network : Network
    input_names : sequence of str, default=None
        Names of all inputs; those of large dots are written.

    Returns
    -------
    str
        Some kilobytes, whatever the size of the network.
    """
    masks = [*network.kept[:-1], np.ones(network.n_outputs, dtype=bool)]
    chosen = [_strongest(network.coefs, layer, mask) for layer, mask in enumerate(masks)]
    most = min(max(network.sizes), MOST_DOTS)
    height = _TOP + _STEP * most + 24
    places = [_places(mask, len(units), most) for mask, units in zip(masks, chosen, strict=True)]
    parts = []
    for layer, coef in enumerate(network.coefs):
        weights = coef[np.ix_(chosen[layer], chosen[layer + 1])]
        filled = [places[layer][0], places[layer + 1][0]]
        parts += _lines(weights, *filled, _x(layer), _x(layer + 1))
    for layer, (filled, empty) in enumerate(places):
        parts.append(_dots(filled, _x(layer), _RADIUS, "1"))
        parts.append(_dots(empty, _x(layer), _RADIUS / 2, ".3"))
        told = f"{network.n_neurons[layer]:,} of {network.sizes[layer]:,}"
        parts.append(_text(_x(layer), height - 6, "middle", 11, told))
    if input_names is not None:
        names = np.asarray(input_names, dtype=object)[network.features[chosen[0]]]
        for name, y in zip(names, places[0][0], strict=True):
            parts.append(_text(_x(0) - 8, y + 3, "end", 9, _cut(str(name))))
    width = _x(network.n_layers - 1) + 60
    left, full = ("-".join(map(str, sizes)) for sizes in (network.n_neurons, network.sizes))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {width} {height}" '
        f'style="max-width: {width}px; width: 100%; display: block" font-family="sans-serif" '
        f'fill="currentColor"><title>{left} units are left of {full}</title>{"".join(parts)}</svg>'
    )


def _x(layer):
    return _MARGIN + _GAP * layer


def _strongest(coefs, layer, mask):
    """Return which of the units that are left are drawn, in order."""
    n_left, size = int(mask.sum()), len(mask)
    n_dots = n_left if size <= MOST_DOTS else -(-n_left * MOST_DOTS // size)
    sides = [*coefs[layer : layer + 1], *(coef.T for coef in coefs[max(layer - 1, 0) : layer])]
    strengths = sum(row_norms(side) for side in sides)
    return np.sort(np.argsort(-strengths, kind="stable")[:n_dots])


def _places(mask, n_filled, most):
    """Return the heights of large and of small dots; in small layers each unit has its own."""
    n_rows = min(len(mask), MOST_DOTS)
    heights = _TOP + _STEP * ((most - n_rows) / 2 + np.arange(n_rows) + 0.5)
    filled = mask
    if len(mask) > MOST_DOTS:
        filled = np.zeros(n_rows, dtype=bool)
        filled[(n_rows - n_filled) // 2 :][:n_filled] = True
    return heights[filled], heights[~filled]


def _lines(weights, starts, ends, left, right):
    """Return a path for each sign and each of three strengths, faint ones first."""
    largest = np.abs(weights).max(initial=0)
    if largest == 0:
        return []
    rows, columns = np.unravel_index(
        np.argsort(-np.abs(weights), axis=None, kind="stable")[:MOST_LINES], weights.shape
    )
    values = weights[rows, columns] / largest
    levels = np.minimum(3 * np.abs(values), 2).astype(int)
    paths = []
    for level, (opacity, width) in enumerate(((0.25, 0.7), (0.5, 1), (0.9, 1.4))):
        for sign, color in ((-1, _BLUE), (1, _ORANGE)):
            drawn = np.flatnonzero((levels == level) & (np.sign(values) == sign))
            moves = "".join(
                f"M{left} {starts[rows[one]]:g}L{right} {ends[columns[one]]:g}" for one in drawn
            )
            if moves:
                paint = f'stroke="{color}" stroke-opacity="{opacity}" stroke-width="{width}"'
                paths.append(f'<path d="{moves}" {paint} fill="none"/>')
    return paths


def _dots(heights, x, radius, opacity):
    dots = "".join(f'<circle cx="{x}" cy="{y:g}" r="{radius}"/>' for y in heights)
    return f'<g fill-opacity="{opacity}">{dots}</g>'


def _text(x, y, anchor, size, text):
    where = f'x="{x}" y="{y:g}" text-anchor="{anchor}" font-size="{size}"'
    return f"<text {where}>{escape(text)}</text>"


def _cut(name):
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"
