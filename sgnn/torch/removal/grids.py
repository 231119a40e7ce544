"""What operations do to units on two axes: heads of attention, states of recurrent layers."""

import math

from sgnn.torch.removal.flows import Flow, Grid, only_zeros, varying
from sgnn.torch.removal.nodes import arguments, aten, is_operation, shape_of


def heads(trace, flow, axis, n_each):
    """Return units as rows of which each stays or goes as a whole."""
    units = flow.units.view(-1, n_each)
    trace.classes.join(units[:, :-1], units[:, 1:])
    return Grid((axis, axis + 1), units, flow.constants.view(-1, n_each))


def _identity(trace, node):
    return trace.grid_of(node.args[0])


def _dropout(trace, node):
    return None if arguments(node)["train"] else trace.grid_of(node.args[0])


def _elementwise(trace, node):
    """A function of each entry, with numbers as its other arguments."""
    grid = trace.grid_of(node.args[0])
    if grid is None or len(node.all_input_nodes) > 1 or node.kwargs.get("rounding_mode"):
        return None
    changed = node.target(grid.constants.clone(), *node.args[1:], **node.kwargs)
    return Grid(grid.axes, grid.units, changed.where(changed.isfinite(), math.nan))


def order_of(node):
    """Return the old axes in their new order."""
    n_axes = len(shape_of(node))
    if is_operation(node, aten.permute):
        return [axis % n_axes for axis in node.args[1]]
    order, (one, other) = list(range(n_axes)), (axis % n_axes for axis in node.args[1:])
    order[one], order[other] = other, one
    return order


def _order(trace, node):
    grid, order = trace.grid_of(node.args[0]), order_of(node)
    return Grid(tuple(order.index(axis) for axis in grid.axes), grid.units, grid.constants)


def _merge(trace, node):
    """`flatten`, and `view` with a size of -1, of the two axes into one."""
    grid, before, after = trace.grid_of(node.args[0]), shape_of(node.args[0]), shape_of(node)
    row, column = grid.axes
    if column != row + 1:
        return None
    rest, n_before = (grid.units.numel(), *before[column + 1 :]), math.prod(before[:row])
    axis = len(after) - len(rest)
    if axis < 0 or after[axis:] != rest or math.prod(after[:axis]) != n_before:
        return None
    if not is_operation(node, aten.flatten) and node.args[1][axis] != -1:
        return None
    return Flow(axis, grid.units.reshape(-1), grid.constants.reshape(-1))


def _select(trace, node):
    grid, axis = trace.grid_of(node.args[0]), node.args[1] % len(shape_of(node.args[0]))
    row, column = (one - (axis < one) for one in grid.axes)
    if axis == grid.axes[0]:
        return Flow(column, grid.units[node.args[2]], grid.constants[node.args[2]])
    return None if axis == grid.axes[1] else Grid((row, column), grid.units, grid.constants)


def _squeeze(trace, node):
    grid, given = trace.grid_of(node.args[0]), arguments(node)
    if len(grid.units) > 1 or given.get("dim") != grid.axes[0]:
        return None
    column = grid.axes[1] - (grid.axes[0] < grid.axes[1])
    return Flow(column, grid.units[0], grid.constants[0])


def _unbind(trace, node):
    grid, axis = trace.grid_of(node.args[0]), arguments(node)["dim"]
    if axis % len(shape_of(node.args[0])) != grid.axes[0]:
        return None
    column = grid.axes[1] - (grid.axes[0] < grid.axes[1])
    return [Flow(column, *row) for row in zip(grid.units, grid.constants, strict=True)]


def _multiply(trace, node):
    """Queries and keys to a weight per head; such weights and values to heads."""
    one, other = node.args[:2]
    left, right = trace.grid_of(one), trace.grid_of(other)
    n_axes = len(shape_of(one))
    if right is None or n_axes != len(shape_of(other)):
        return None
    row, column = right.axes
    if left is not None:
        if (left.axes, right.axes) != ((row, n_axes - 1), (row, n_axes - 2)) or row > n_axes - 3:
            return None
        weights = left.units[:, 0]
    else:
        flow = trace.flow_of(one)
        if flow is None or (flow.axis, column) != (row, n_axes - 1) or row > n_axes - 3:
            return None
        weights = flow.units
    if len(weights) != len(right.units):
        return None
    trace.classes.join(weights, right.units[:, 0])
    if left is not None:
        return Flow(row, weights, varying(len(weights)))
    return Grid(right.axes, right.units, only_zeros(right.constants))


def _attend(trace, node):
    """Scaled dot products: queries, keys and values of a head go together."""
    given = arguments(node)
    grids = [trace.grid_of(given[name]) for name in ("query", "key", "value")]
    mask, n_axes = given["attn_mask"], len(shape_of(node))
    if None in grids or given["dropout_p"] or given["enable_gqa"]:
        return None
    of_query, of_key, of_value = grids
    row, column = of_value.axes
    if {grid.axes for grid in grids} != {(row, n_axes - 1)} or row > n_axes - 3:
        return None
    if len({len(grid.units) for grid in grids}) > 1:
        return None
    if mask is not None:
        from_end, shape = n_axes - row, shape_of(mask)
        if len(shape) >= from_end and shape[-from_end] != 1:
            return None
    for grid in (of_query, of_key):
        trace.classes.join(grid.units[:, 0], of_value.units[:, 0])
    constants = of_value.constants if mask is None else only_zeros(of_value.constants)
    return Grid((row, column), of_value.units, constants)


_RULES = {
    _identity: "contiguous clone detach alias",
    _dropout: "dropout",
    _elementwise: "mul div relu tanh sigmoid gelu neg",
    _order: "permute transpose",
    _merge: "view reshape _unsafe_view flatten",
    _select: "select",
    _squeeze: "squeeze",
    _unbind: "unbind",
    _multiply: "matmul bmm",
    _attend: "scaled_dot_product_attention",
}

#: As in `OPERATIONS`, for operations that read a grid.
ON_GRIDS = {getattr(aten, name): rule for rule, names in _RULES.items() for name in names.split()}
