"""
===============================
Counts of claims, with exposure
===============================

How many claims does a year of insurance bring? Contracts are of different lengths. As in
scikit-learn, a network is trained on *rates*, claims per year, with the exposure as
``sample_weight``; under ``loss="poisson"`` that is the likelihood of the counts.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.linear_model import PoissonRegressor
from sklearn.preprocessing import StandardScaler

from sgnn import SparseMLPRegressor

# %%
# Contracts
# ---------
# The rate is U-shaped in the age of the driver, and grows with the power of the car, more for the
# young; the eight other columns do not matter.

rng = np.random.default_rng(0)
n_contracts = 12_000
age, power = rng.uniform(18, 80, n_contracts), rng.normal(size=n_contracts)
rate = 0.1 * np.exp(1.5 * ((age - 50) / 30) ** 2 + 0.4 * power * (age < 30))
exposure = rng.uniform(0.1, 1, n_contracts)
claims = rng.poisson(rate * exposure)
X = np.column_stack([age, power, rng.normal(size=(n_contracts, 8))])
X = StandardScaler().fit_transform(X)
train, test = slice(0, 8000), slice(8000, None)
print(f"{claims.sum()} claims in {exposure.sum():.0f} years")

# %%
# A sparse network beside the linear model
# ----------------------------------------
# Both are scored by the share of the deviance that is explained, :math:`D^2`.

model = SparseMLPRegressor((20,), loss="poisson", alpha=2e-3, max_iter=40, random_state=0)
for reg in (PoissonRegressor(alpha=1e-4), model):
    reg.fit(X[train], (claims / exposure)[train], sample_weight=exposure[train])
    score = reg.score(X[test], (claims / exposure)[test], sample_weight=exposure[test])
    print(f"{type(reg).__name__}: D² = {score:.3f}")
print("columns used:", model.selected_features_.tolist())

# %%
# Predictions are means: claims per year.

ages = np.linspace(18, 80, 100)
drivers = np.zeros((100, 10))
drivers[:, 0] = (ages - age.mean()) / age.std()
_, ax = plt.subplots(layout="constrained")
ax.plot(ages, model.predict(drivers), label="network")
ax.plot(ages, 0.1 * np.exp(1.5 * ((ages - 50) / 30) ** 2), "--", label="truth")
ax.set(xlabel="age", ylabel="claims per year")
ax.legend()

plt.show()
