"""A network in numpy: what is left of one, putting back what was removed, and predicting."""

from dataclasses import dataclass, fields, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
from scipy import sparse

from sgnn import kernels
from sgnn.networks.activations import ACTIVATIONS
from sgnn.networks.units import all_units, compose, n_products, units_on_paths

_ROWS_PER_CHUNK = 1024


@dataclass(frozen=True, eq=False)
class Network:
    """The units that are left of a multilayer perceptron, and which of all units they are.

    Attributes
    ----------
    coefs : list of ndarray of shape (n_in, n_out)
        Weights of the units that are left.
    intercepts : list of ndarray of shape (n_out,)
        Biases.
    kept : list of ndarray of bool
        Which of all units are left, per layer, inputs first. All outputs are left; their mask may
        say which of them depend on an input.
    activation : str
        A name of :data:`sgnn.networks.activations.ACTIVATIONS`.
    """

    coefs: list
    intercepts: list
    kept: list
    activation: str

    def __repr__(self):
        left, full = ("-".join(map(str, sizes)) for sizes in (self.n_neurons, self.sizes))
        return f"<Network of {left} units, of {full}, with {self.n_weights:,} weights>"

    @classmethod
    def whole(cls, coefs, intercepts, activation):
        """Return the network of which nothing is removed."""
        sizes = [len(coef) for coef in coefs] + [len(intercepts[-1])]
        return cls(coefs, intercepts, all_units(sizes), activation)

    @property
    def sizes(self):
        """Units of the full network per layer, inputs first."""
        return tuple(len(mask) for mask in self.kept)

    @property
    def n_neurons(self):
        """Units left per layer, inputs first."""
        return tuple(int(mask.sum()) for mask in self.kept)

    @property
    def n_layers(self):
        """Number of layers of units, inputs and outputs included."""
        return len(self.kept)

    @property
    def n_outputs(self):
        """Number of outputs."""
        return len(self.kept[-1])

    @property
    def n_weights(self):
        """Number of weights that are not zero."""
        return sum(int(np.count_nonzero(coef)) for coef in self.coefs)

    @property
    def n_multiply_adds(self):
        """Multiplications of a prediction."""
        return sum(coef.size for coef in self.coefs)

    @property
    def sparsity(self):
        """Fraction of the weights of the full network that are zero."""
        return float(1 - self.n_weights / n_products(self.sizes))

    @property
    def support(self):
        """Which inputs are left, a mask."""
        return self.kept[0]

    @cached_property
    def features(self):
        """Indices of the inputs that are left."""
        return np.flatnonzero(self.kept[0])

    @cached_property
    def _has_all_inputs(self):
        return bool(self.kept[0].all())

    @property
    def dtype(self):
        """Data type of weights and raw outputs."""
        return self.intercepts[-1].dtype

    @cached_property
    def _predictor(self):
        """What computes raw outputs by kernels; None where they do not know the network."""
        if self.activation not in kernels.ACTIVATIONS or len(self.coefs) > kernels.MOST_LAYERS:
            return None
        code = kernels.ACTIVATIONS[self.activation]
        features = None if self._has_all_inputs else self.features.astype(np.int64)
        return kernels.Predictor(self.coefs, self.intercepts, code, features)

    def __getstate__(self):
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @property
    def n_features(self):
        """Number of inputs that are left."""
        return len(self.features)

    @property
    def is_empty(self):
        """Whether no input is left."""
        return not self.kept[0].any()

    @property
    def importances(self):
        """Norms of the outgoing weights of all inputs; 0 for removed ones."""
        importances = np.zeros(len(self.kept[0]), dtype=self.coefs[0].dtype)
        importances[self.kept[0]] = row_norms(self.coefs[0])
        return importances

    def forward(self, X):
        """Return the raw outputs.

        Parameters
        ----------
        X : ndarray, CSR or Rows of shape (n_samples, n_features)
            Of any numbers, with all inputs, of which those that are left are used.

        Returns
        -------
        ndarray of shape (n_samples, n_outputs)
            In the data type of the weights.
        """
        if X.__class__ is np.ndarray and X.dtype == self.dtype and kernels.are_used():
            predictor = self._predictor
            if predictor is not None and predictor.is_of(self.coefs, self.intercepts):
                return predictor(X if X.flags.c_contiguous else np.ascontiguousarray(X))
        is_array = isinstance(X, np.ndarray) and X.dtype == self.dtype
        outputs = np.empty((X.shape[0], len(self.intercepts[-1])), dtype=self.dtype)
        for start in range(0, X.shape[0], _ROWS_PER_CHUNK):
            rows = slice(start, start + _ROWS_PER_CHUNK)
            if is_array or sparse.issparse(X):
                outputs[rows] = self._forward(X[rows])
            else:
                outputs[rows] = self.forward(np.asarray(X[rows], dtype=self.dtype))
        return outputs

    def _forward(self, X):
        activate, last = ACTIVATIONS[self.activation].values, len(self.coefs) - 1
        values = X if self._has_all_inputs else X[:, self.features]
        values = values.astype(self.dtype, copy=False)
        for layer, (coef, bias) in enumerate(zip(self.coefs, self.intercepts, strict=True)):
            values = values @ coef
            values += bias
            if layer < last:
                values = activate(values)
        return values

    def compact(self, blocks=None):
        """Return the network without everything that no path from an input to an output uses.

        Parameters
        ----------
        blocks : ndarray of int, shape (n_features,), default=None
            Blocks of inputs that are kept whole as soon as one of them is used.
        """
        return self.keep(units_on_paths(self.coefs, blocks))

    def keep(self, units):
        """Return the network of some units; the others' constants move into biases.

        Parameters
        ----------
        units : list of ndarray of bool
            Which of the units that are left stay, per layer, at least those on paths; all outputs
            do.
        """
        activate = ACTIVATIONS[self.activation].values
        select = [*units[:-1], np.ones_like(units[-1])]
        constant = np.zeros(self.coefs[0].shape[0], dtype=self.intercepts[-1].dtype)
        coefs, intercepts = [], []
        for layer, (coef, intercept) in enumerate(zip(self.coefs, self.intercepts, strict=True)):
            bias = intercept + constant @ coef
            coefs.append(coef[np.ix_(select[layer], select[layer + 1])])
            intercepts.append(bias[select[layer + 1]])
            if layer < len(self.coefs) - 1:
                constant = np.where(units[layer + 1], 0, activate(bias))
        return Network(coefs, intercepts, compose(self.kept, units), self.activation)

    def emptied(self, constant):
        """Return the network of which only the outputs are left: it puts out a constant."""
        n_units = [*map(len, self.coefs), len(constant)]
        nothing = self.keep([np.zeros(n, dtype=bool) for n in n_units])
        return nothing.with_constant(constant)

    def with_all_inputs(self):
        """Return the network with zeros for the inputs that were removed."""
        inputs = self.kept[0]
        coef = np.zeros((len(inputs), self.coefs[0].shape[1]), dtype=self.coefs[0].dtype)
        coef[inputs] = self.coefs[0]
        kept = [np.ones_like(inputs), *self.kept[1:]]
        return replace(self, coefs=[coef, *self.coefs[1:]], kept=kept)

    def expand(self):
        """Return the network at its full size, with zeros for what was removed."""
        select = [*self.kept[:-1], np.ones_like(self.kept[-1])]
        coefs, intercepts = [], []
        for coef, bias, (rows, columns) in zip(
            self.coefs, self.intercepts, pairwise(select), strict=True
        ):
            full = np.zeros((len(rows), len(columns)), dtype=coef.dtype)
            full[np.ix_(rows, columns)] = coef
            coefs.append(full)
            full = np.zeros(len(columns), dtype=bias.dtype)
            full[columns] = bias
            intercepts.append(full)
        return Network.whole(coefs, intercepts, self.activation)

    def alone(self):
        """Return the units that are left as a network of their own, of which nothing is removed."""
        return Network.whole(self.coefs, self.intercepts, self.activation)

    def refilled(self, other):
        """Return these units with the weights and biases of another network of as many."""
        return replace(self, coefs=other.coefs, intercepts=other.intercepts)

    def with_constant(self, constant):
        """Return the network with other biases of the outputs."""
        return replace(self, intercepts=[*self.intercepts[:-1], constant])

    def of_constant(self, constant):
        """Return the network with nothing but biases in the last layer: it puts out a constant."""
        coefs = [*self.coefs[:-1], np.zeros_like(self.coefs[-1])]
        return replace(self, coefs=coefs).with_constant(constant)

    def times(self, scales):
        """Return the network with its parameters times the units of :class:`Scales`, shifted."""
        dtype = self.coefs[0].dtype
        coefs, intercepts = (
            [
                (array * unit).astype(dtype, copy=False)
                for array, unit in zip(arrays, units, strict=True)
            ]
            for arrays, units in ((self.coefs, scales.weights), (self.intercepts, scales.biases))
        )
        intercepts[-1] = (intercepts[-1] + scales.shift).astype(dtype)
        return replace(self, coefs=coefs, intercepts=intercepts)

    def astype(self, dtype):
        """Return a copy in a data type."""
        coefs, intercepts = ([a.astype(dtype) for a in b] for b in (self.coefs, self.intercepts))
        return replace(self, coefs=coefs, intercepts=intercepts)

    def summary(self, as_frame=False):
        """Return a table of what is left; see :func:`sgnn.networks.tables.summary`."""
        from sgnn.networks.tables import summary

        return summary(self, as_frame)

    def to_torch(self, dtype=None, inputs="kept"):
        """Return the network of the units that are left as a plain torch module.

        Parameters
        ----------
        dtype : torch.dtype, type of numpy, str or None, default=None
            Data type of the weights, and so of the inputs that it takes; None is that of the
            network.
        inputs : {"kept", "all"}, default="kept"
            Whether it takes the inputs that are left, or all, with zeros for the others.

        Returns
        -------
        torch.nn.Sequential
            Holds copies of the weights.

        Raises
        ------
        ValueError
            If `dtype` is not floating, or `inputs` unknown.
        """
        from sgnn.networks.export import to_sequential

        return to_sequential(self, dtype, inputs)


def part_of(where, name):
    """Return a property that reads an attribute of the network that an object has."""
    return property(lambda owner: getattr(getattr(owner, where), name))


def row_norms(matrix):
    """Return the norm of each row, scaled by powers of 2 so that no square underflows."""
    exponents = np.frexp(np.abs(matrix).max(axis=1, initial=0))[1]
    return np.ldexp(np.linalg.norm(np.ldexp(matrix, -exponents[:, None]), axis=1), exponents)
