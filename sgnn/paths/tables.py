"""The networks of a path, line by line, in words and in numbers."""

from sgnn._common.frames import frame_of

_COLUMNS = ["alpha", "n_features", "n_neurons", "n_weights", "n_multiply_adds", "sparsity"]
_SCORES = ["train_score", "validation_score", "validation_error"]


def summary(points, as_frame=False):
    """Return a table with a line for each network.

    Parameters
    ----------
    points : list of PathPoint
    as_frame : bool, default=False
        Whether to return a frame, with columns named as the attributes of a point.

    Returns
    -------
    str or pandas.DataFrame
    """
    is_validated = points[0].validation_score is not None
    if as_frame:
        names = _COLUMNS + (_SCORES if is_validated else _SCORES[:1])
        return frame_of({name: [getattr(point, name) for point in points] for name in names})
    header = f"{'alpha':>10}{'features':>10}{'neurons':>20}{'weights':>10}{'sparsity':>10}"
    header += f"{'train':>8}" + (f"{'valid.':>8}" if is_validated else "")
    lines = [header, "-" * len(header)]
    for point in points:
        neurons = "-".join(map(str, point.n_neurons))
        line = f"{point.alpha:>10.3g}{point.n_features:>10,}{neurons:>20}"
        line += f"{point.n_weights:>10,}{point.sparsity:>10.4f}{point.train_score:>8.4f}"
        lines.append(line + (f"{point.validation_score:>8.4f}" if is_validated else ""))
    return "\n".join(lines)
