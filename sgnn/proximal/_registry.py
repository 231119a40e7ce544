"""Solvers by name; nothing here imports torch."""

from sgnn._common.registry import Registry

#: Subclasses of :class:`sgnn.proximal.optimizers.ProximalOptimizer`.
SOLVERS = Registry(
    "solver",
    {
        "adam": "sgnn.proximal.adam:ProxAdam",
        "sgd": "sgnn.proximal.sgd:ProxSGD",
        "lbfgs": "sgnn.proximal.lbfgs:ProxLBFGS",
    },
)
