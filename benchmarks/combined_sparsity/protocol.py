"""Data, networks, penalties and strengths that are compared."""

from benchmarks.combined_sparsity import proximal
from sgnn.penalties import IntegratedTransformedL1, TransformedL1

# The README of github.com/jaehong-yoon93/CGES: "L2 baseline test accuracy might be 98.8x%".
PRINTED = {"dense_mnist": "98.8x"}

IMAGES = "mnist", "fashion_mnist"
HIDDEN = {"digits": (40, 20), "pendigits": (40, 20)} | dict.fromkeys(IMAGES, (300, 100))
BATCH_SIZES = {"digits": 200, "pendigits": 200} | dict.fromkeys(IMAGES, 500)
EPOCHS = {"digits": 80, "pendigits": 20} | dict.fromkeys(IMAGES, 8)
EPOCHS_PER_ALPHA = {"digits": 20, "pendigits": 6} | dict.fromkeys(IMAGES, 3)
RATES = {"digits": 0.01, "pendigits": 0.01} | dict.fromkeys(IMAGES, 3e-3)
SEEDS = {"digits": 5} | dict.fromkeys(["pendigits", *IMAGES], 3)
STRENGTHS = [3e-4, 1e-3, 3e-3, 1e-2, 3e-2]
PATHS = {"digits": 40, "pendigits": 40} | dict.fromkeys(IMAGES, 25)
TOLERANCE = 0.005
MAX_DROP = 0.1
TARGETS = [("weights", 20), ("weights", 10), ("weights", 5)]
TARGETS += [("multiply_adds", 50), ("multiply_adds", 25), ("multiply_adds", 10)]

PENALTIES = {
    "l1": "l1",
    "group lasso": "group_lasso",
    "sparse group lasso": "sparse_group_lasso",
    "CGES": "cges",
    "transformed l1": "transformed_l1",
    "integrated transformed l1": "integrated_transformed_l1",
}
RIDGE, PRUNING = "L2", "none, pruned"
GRADUAL = [round(0.02 ** (step / 25), 4) for step in range(1, 26)]
SHARES = {"path": GRADUAL, "fits": [0.5, 0.3, 0.2, 0.1, 0.05]}
COMPARED = [*PENALTIES, RIDGE, PRUNING]
CONCAVITIES = {f"transformed l1, a={a:g}": TransformedL1(a) for a in (0.01, 0.1, 10, 100)}
INTEGRATED = "integrated transformed l1"
BY_CONCAVITY = {
    f"{INTEGRATED}, a={a:g}": IntegratedTransformedL1(a) for a in (0.001, 0.01, 0.1, 10, 100)
}
CONCAVITIES |= BY_CONCAVITY
LABELS = {"path": "path, refit", "fits": "one fit per strength"}
PROXES = {
    "prox in turn": {"CGES": proximal.in_turn, INTEGRATED: proximal.transformed_in_turn},
    "joint prox": {"CGES": proximal.jointly, INTEGRATED: proximal.transformed_jointly},
}
VALUES = {"CGES": proximal.exclusive_value, INTEGRATED: proximal.transformed_value}
CONCAVE = {
    "transformed l1": "combined_sparsity_a",
    INTEGRATED: "combined_sparsity_integrated_a",
}


def epochs_between(n_epochs):
    """Return the step between epochs of which curves are kept, 40 at most."""
    return -(-n_epochs // 40)
