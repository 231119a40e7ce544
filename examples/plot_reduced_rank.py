"""
=========================================
Many targets, few directions and features
=========================================

Four properties of wines are predicted from nine others. :class:`sgnn.SparseReducedRankRegressor`
looks for few directions, as PLS does, of few features, as the lasso does.
"""

import matplotlib.pyplot as plt
from sklearn.cross_decomposition import PLSRegression
from sklearn.datasets import load_wine
from sklearn.model_selection import KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sgnn import SparseReducedRankRegressor, SparseReducedRankRegressorCV
from sgnn.display import BiplotDisplay

wines = StandardScaler().set_output(transform="pandas").fit_transform(load_wine(as_frame=True).data)
targets = ["alcohol", "color_intensity", "hue", "proline"]
X, Y = wines.drop(columns=targets), wines[targets]

# %%
# Rank and strength by cross-validation
# -------------------------------------
# The rule takes the fewest parameters within one standard error of the best score.

folds = KFold(5, shuffle=True, random_state=0)
search = SparseReducedRankRegressorCV((1, 2, 3), alphas=15, cv=folds).fit(X, Y)
print(f"rank {search.n_components_}, alpha {search.alpha_:.3f}")
print("features:", ", ".join(X.columns[search.support_]))

# %%
# The picture
# -----------
# A dot is a wine. Arrows are correlations with the two scores: features and targets that point the
# same way go together.

reg = SparseReducedRankRegressor(2).fit(X, Y)
BiplotDisplay.from_estimator(reg, X, Y)

# %%
# Beside PLS
# ----------
# PLS uses all features; R² is the mean over the four targets.

for name, model in {
    "PLS, 2 components": PLSRegression(2),
    "sparse, rank 2": SparseReducedRankRegressor(2),
    "sparse, chosen": search.estimator_,
}.items():
    score = cross_val_score(make_pipeline(StandardScaler(), model), X, Y, cv=folds).mean()
    print(f"{name:>18}: R² {score:.2f}")

plt.show()
