"""What is left of a network, layer by layer, in words and in numbers."""

import numpy as np

from sgnn._common.frames import frame_of


def summary(network, as_frame=False):
    """Return a table of the units, weights and multiply-adds that are left.

    Parameters
    ----------
    network : Network
    as_frame : bool, default=False
        Whether to return a frame: a row for each layer, with what it had in columns of ``all_``;
        the weights of a layer are those that enter it.

    Returns
    -------
    str or pandas.DataFrame
    """
    names = ["input", *(f"hidden {n}" for n in range(1, network.n_layers - 1)), "output"]
    sizes = np.array(network.sizes)
    columns = {
        "units": [int(mask.sum()) for mask in network.kept],
        "all_units": sizes,
        "weights": [0, *(int(np.count_nonzero(coef)) for coef in network.coefs)],
        "multiply_adds": [0, *(coef.size for coef in network.coefs)],
        "all_weights": np.r_[0, sizes[:-1] * sizes[1:]],
    }
    return frame_of(columns, names) if as_frame else _in_words(names, columns)


def _in_words(names, columns):
    header = f"{'layer':<10}{'units':>16}{'weights':>20}{'multiply-adds':>20}"
    lines = [header, "-" * len(header)]
    for name, n, of, *entering in zip(names, *columns.values(), strict=True):
        cells = "" if name == "input" else _weights(*entering)
        lines.append(f"{name:<10}{_of(n, of):>16}{cells}")
    total = _weights(*(sum(columns[name]) for name in list(columns)[2:]))
    return "\n".join([*lines, f"{'total':<10}{'':>16}{total}"])


def _weights(weights, products, whole):
    return f"{_of(weights, whole):>20}{_of(products, whole):>20}"


def _of(part, whole):
    return f"{part:,} of {whole:,}"
