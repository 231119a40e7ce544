"""
=======================
A convolutional network
=======================

Any loop of torch trains a sparse network once its optimiser is :class:`sgnn.torch.ProxAdam`. Here
the channels of a convolutional network on handwritten digits, with batch normalisation, and its
hidden units are penalised; the strength rises during training, the zeros are then kept while the
rest is trained on, and :func:`sgnn.torch.compact` removes what nothing depends on.
"""

import matplotlib.pyplot as plt
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

from sgnn.penalties import GroupLasso, LogSum
from sgnn.torch import AlphaRamp, ProxAdam, compact, sparse_groups

torch.manual_seed(0)
X, y = load_digits(return_X_y=True)
X = torch.tensor(X / 16, dtype=torch.float32).reshape(-1, 1, 8, 8)
X, X_test, y, y_test = train_test_split(X, torch.tensor(y), test_size=0.3, random_state=0)

model = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1, bias=False),
    nn.BatchNorm2d(16),
    nn.ReLU(),
    nn.Conv2d(16, 32, 3, padding=1, bias=False),
    nn.BatchNorm2d(32),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Linear(512, 100),
    nn.ReLU(),
    nn.Dropout(0.2),
    nn.Linear(100, 10),
)


def accuracy(module):
    module.eval()
    with torch.no_grad():
        hits = module(X_test).argmax(1) == y_test
    module.train()
    return hits.double().mean().item()


# %%
# A channel is removed by its scale and shift after batch normalisation: the norm of a filter before
# it means nothing. A hidden unit is removed by the weights that leave it.
rules = {
    nn.BatchNorm2d: GroupLasso(groups="incoming"),
    nn.Linear: LogSum(),
}
optimizer = ProxAdam(sparse_groups(model, rules, alpha=2e-3, channels={"8": 32}), lr=3e-3)
batches, epochs = len(y) // 50, 30
ramp = AlphaRamp(optimizer, total_iters=15 * batches)

for epoch in range(epochs):
    if epoch == 24:
        optimizer.keep_zeros()
    for batch in torch.randperm(len(y)).split(50)[:batches]:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(X[batch]), y[batch]).backward()
        optimizer.step()
        ramp.step()
    if epoch % 6 == 5:
        left = optimizer.n_units(model)
        print(f"epoch {epoch + 1}: {optimizer.sparsity():.0%} of the weights are zero; {left}")

# %%
# What is left is a module of its own.
small, report = compact(model, X_test[:2])
print(f"accuracy: {accuracy(model):.3f}, of the small module: {accuracy(small):.3f}")
print(report)
print(small)

# %%
# The filters that are left of the first layer.
filters = small[0].weight.detach().squeeze(1)
_, axes = plt.subplots(1, len(filters), figsize=(8, 1.4), squeeze=False, layout="constrained")
for ax, one in zip(axes.flat, filters, strict=True):
    ax.imshow(one, cmap="RdBu_r", vmin=-one.abs().max(), vmax=one.abs().max())
    ax.set_axis_off()

plt.show()
