"""
======================
A search on a cluster
======================

Searches, cross-validation and selectors run their tasks by joblib, so a ``parallel_config`` around
``fit`` sends them to `dask <https://docs.dask.org>`_: to other machines as well as to processes of
this one, as here. The data go to each worker once. What is found is what one process finds.

``pip install "sgnn[dask]"``. With ``pip install "sgnn[ray]"`` it is
``ray.util.joblib.register_ray()`` and ``parallel_config("ray")``.
"""

import matplotlib.pyplot as plt
import numpy as np
from distributed import Client, LocalCluster
from joblib import parallel_config
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import scale

from sgnn import SparseMLPClassifier, StabilitySelector
from sgnn.display import StabilityDisplay
from sgnn.penalties import LogSum

# Workers of their own processes import this script, so what it does stands behind this line.
if __name__ == "__main__":
    X, y = load_breast_cancer(return_X_y=True)
    X = scale(X)

    # %%
    # Penalties are given as objects: a name that only this script has registered is unknown in
    # the workers.
    model = SparseMLPClassifier((20,), penalty=LogSum(), max_iter=40, random_state=0)
    search = GridSearchCV(model, {"alpha": [3e-3, 1e-2, 3e-2]}, cv=3, n_jobs=-1)
    selector = StabilitySelector(model, n_pairs=4, random_state=0, n_jobs=-1)

    # With a cluster that is there already: Client("tcp://scheduler:8786").
    workers = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with LocalCluster(**workers) as cluster, Client(cluster), parallel_config("dask"):
        search.fit(X, y)
        selector.fit(X, y)

    print("alpha:", search.best_params_["alpha"], "accuracy:", round(search.best_score_, 3))
    print("kept in each half:", *np.flatnonzero(selector.selection_probabilities_ == 1))

    StabilityDisplay.from_estimator(selector)
    plt.show()
