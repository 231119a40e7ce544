"""What others printed for LeNet-300-100 (784-300-100-10, 266,200 weights) on MNIST.

"Independent rerun" is the COMP6248 reproducibility challenge on DeepHoyer; figures that are
"reported" are quoted from secondary sources.
"""

import numpy as np

from benchmarks import pages

N_WEIGHTS = 266_200
#: method, weights that are not zero, test accuracy in per cent, source
UNSTRUCTURED = [
    ("Han et al. 2015", 22_000, 98.4, "quoted in the GSM poster"),
    ("ADMM, Zhang et al. 2018", 11_600, 98.4, "quoted in the GSM poster"),
    ("Hoyer-Square", 4_900, 98.2, "DeepHoyer, reported"),
    ("Hoyer-Square, rerun", 9_900, 97.99, "independent rerun"),
    ("Hoyer, rerun", 3_300, 97.10, "independent rerun"),
    ("transformed l1, rerun", 8_200, 98.24, "independent rerun"),
    ("l1, rerun", 5_400, 96.21, "independent rerun"),
    ("DNS, Guo et al. 2016", 4_800, 98.01, "quoted in the GSM poster"),
    ("GSM, Ding et al. 2019", 4_400, 98.18, "GSM poster"),
    ("Sparse momentum, 1.8 %", 4_800, 98.02, "its published results"),
    ("Sparse momentum, 1 %", 2_700, 97.64, "its published results"),
]

#: method, units that are left, test accuracy in per cent, source
STRUCTURED = [
    ("L0, Louizos et al. 2018", (266, 88, 33), 98.4, "appendix of RigL"),
    ("VIBNet", (97, 71, 33), 98.4, "appendix of RigL"),
    ("RigL+", (375, 62, 51), 98.43, "appendix of RigL"),
    ("Group-HS", (353, 45, 11), 98.2, "DeepHoyer, reported"),
    ("Group-HS, rerun", (349, 38, 14), 97.80, "independent rerun"),
    ("group lasso, rerun", (536, 42, 10), 97.78, "independent rerun"),
]


def published_tables():
    """Return what others printed, as two tables."""
    weights = [
        [number, method, f"{n:,}", f"{N_WEIGHTS / n:.0f}", accuracy, source]
        for number, (method, n, accuracy, source) in enumerate(UNSTRUCTURED, start=1)
    ]
    units = [
        [number, method, pages.dashed(one), f"{multiply_adds(one):,}", accuracy, source]
        for number, (method, one, accuracy, source) in enumerate(STRUCTURED, start=1)
    ]
    header = ["in the picture", "method"]
    return [
        pages.table([*header, "weights", "times fewer", "test accuracy", "source"], weights),
        pages.table([*header, "units", "multiply-adds", "test accuracy", "source"], units),
    ]


def multiply_adds(units):
    """Return those of a network with these units and ten outputs."""
    return int(np.dot(units, [*units[1:], 10]))
