"""Types and ranges of the parameters of paths."""

from numbers import Integral

from sgnn._common.private_sklearn import Interval, StrOptions

PATH_CONSTRAINTS = {
    "alphas": [Interval(Integral, 2, None, closed="left"), "array-like"],
    "max_iter": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
}
