"""What a user writes; ``make types`` says whether its types are those that the calls return."""

from typing import assert_type

import numpy as np

from sgnn import SparseMLPClassifier, SparseMLPClassifierCV, SparseMLPPath, sparse_mlp_path

rng = np.random.default_rng(0)
X, y = rng.normal(size=(60, 3)), rng.integers(2, size=60)
clf = SparseMLPClassifier((10,), penalty="log_sum", alpha=0.01, random_state=0)
assert_type(clf.fit(X, y), SparseMLPClassifier)
assert_type(clf.partial_fit(X, y), SparseMLPClassifier)
assert_type(clf.predict_proba(X), np.ndarray)
assert_type(clf.summary(), str)
assert_type(clf.expand(), tuple[list[np.ndarray], list[np.ndarray]])
path = sparse_mlp_path(clf, X, y)
assert_type(path, SparseMLPPath)
search = SparseMLPClassifierCV(clf, cv=3).fit(X, y)
assert_type(search, SparseMLPClassifierCV)
assert_type(search.score(X, y), float)
assert_type(search.predict(X), np.ndarray)
SparseMLPClassifier(alpha=[0.1])  # type: ignore[arg-type]
