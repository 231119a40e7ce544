"""The nodes of an exported program."""

import torch
from torch.fx import Node

aten = torch.ops.aten


def arguments(node):
    """Return the arguments of an operation by name, with their defaults."""
    schema = node.target._schema.arguments
    values = {a.name: a.default_value for a in schema if a.has_default_value()}
    values |= {a.name: value for a, value in zip(schema, node.args, strict=False)}
    return values | node.kwargs


def shape_of(node):
    """Return the shape of the tensor that an operation puts out."""
    return tuple(node.meta["val"].shape)


def is_operation(node, *packets):
    """Whether a node is one of some operations."""
    return getattr(getattr(node, "target", None), "overloadpacket", None) in packets


def n_uses(node):
    """Return how many operations use a tensor; those that use parts of it are one."""
    return sum(
        max((len(part.users) for part in user.users), default=0)
        if is_operation(user, aten.chunk)
        else 1
        for user in node.users
    )


def check_in_place(node):
    """Raise ValueError if an operation in place changes what others see under another name."""
    changed = node.args[0]
    others = [user for user in changed.users if user is not node]
    is_seen = any(_is_view(user) or node < user for user in others)
    while _is_view(changed):
        changed = changed.args[0]
        is_seen = is_seen or len(changed.users) > 1
    if is_seen:
        raise ValueError(
            "module must not change in place what is used again under another name; got "
            f"{node.target} on {changed.name!r}."
        )


def _is_view(node):
    """Whether an operation may return memory of what it reads."""
    if not isinstance(node, Node) or node.op != "call_function":
        return False
    schema = getattr(node.target, "_schema", None)
    if schema is None or "dropout" in schema.name:
        return True
    return any(one.alias_info is not None and not one.alias_info.is_write for one in schema.returns)
