"""Rules reach the weights of all kinds of modules; their groups are those of the units."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import nn

from sgnn.groups import STRUCTURES
from sgnn.penalties import GroupLasso
from sgnn.torch import ProxAdam, ProxSGD, sparse_groups
from sgnn.torch.tensors import Tensors


def layers_of(groups):
    """The layers of the first group, over tensors that number the entries of the parameters."""
    return Tensors(groups[0]["places"], [p.detach() for p in groups[0]["params"]])


def members(structure, module, rules, **options):
    """The entries of each group, as a set of frozensets of (name, index)."""
    groups = sparse_groups(module, rules, **options)[0]
    names = {parameter: name for name, parameter in module.named_parameters()}
    tensors = [torch.zeros_like(p) for p in groups["params"]]
    layers = Tensors(groups["places"], tensors)
    structure = STRUCTURES[structure](layers, None)
    found = {}
    for tensor, parameter in zip(tensors, groups["params"], strict=True):
        for index in np.ndindex(*tensor.shape):
            tensor[index] = 1
            hit = structure.norms(layers).nonzero()[:, 0].tolist()
            tensor[index] = 0
            if hit:
                found.setdefault(hit[0], set()).add((names[parameter], index))
    assert sorted(found) == list(range(len(structure.sizes)))
    np.testing.assert_array_equal(structure.sizes, [len(found[group]) for group in sorted(found)])
    return {frozenset(group) for group in found.values()}


def by(module, label):
    """Groups of entries by a label, a function of name and index; None is in no group."""
    groups = {}
    for name, parameter in module.named_parameters():
        for index in np.ndindex(*parameter.shape):
            of = label(name, *index)
            if of is not None:
                groups.setdefault(of, set()).add((name, index))
    return {frozenset(group) for group in groups.values()}


def only_weights(label):
    return lambda name, *index: label(*index) if name.endswith("weight") else None


LAYOUTS = [
    # module, rule, options, groups around inputs, groups around outputs
    (nn.Linear(3, 2), only_weights(lambda o, i: i), lambda name, o, i=0: o),
    (nn.Conv1d(3, 2, 2), only_weights(lambda o, i, k: i), lambda name, o, *rest: o),
    (nn.Conv3d(2, 3, 1), only_weights(lambda o, i, *k: i), lambda name, o, *rest: o),
    (
        nn.ConvTranspose2d(3, 2, 2),
        only_weights(lambda i, o, *k: i),
        lambda name, i, o=None, *k: i if name == "bias" else o,
    ),
    (
        nn.Conv2d(4, 6, 2, groups=2),
        only_weights(lambda o, i, *k: (o // 3) * 2 + i),
        lambda name, o, *rest: o,
    ),
    (nn.Conv2d(3, 3, 2, groups=3), only_weights(lambda o, i, *k: o), lambda name, o, *rest: o),
    (
        nn.ConvTranspose2d(4, 6, 1, groups=2),
        only_weights(lambda i, o, *k: i),
        lambda name, i, o=None, *k: i if name == "bias" else (i // 2) * 3 + o,
    ),
    (nn.Embedding(3, 2), only_weights(lambda i, o: i), only_weights(lambda i, o: o)),
    (nn.BatchNorm2d(3), only_weights(lambda c: c), lambda name, c: c),
    (
        nn.LSTM(2, 3),
        lambda name, row, column=None: None if "bias" in name else (name, column),
        lambda name, row, column=None: (name[-5:], row % 3),
    ),
    (
        nn.GRU(2, 3, bidirectional=True),
        lambda name, row, column=None: None if "bias" in name else (name, column),
        lambda name, row, column=None: (name.partition("_")[2], row % 3),
    ),
    (
        nn.MultiheadAttention(4, 2),
        lambda name, row, column=None: {
            "in_proj_weight": ("in", column),
            "out_proj.weight": ("out", (column or 0) // 2),
        }.get(name),
        lambda name, row, column=None: {
            "in_proj_weight": ("head", row % 4 // 2),
            "in_proj_bias": ("head", row % 4 // 2),
            "out_proj.weight": ("out", row),
            "out_proj.bias": ("out", row),
        }.get(name),
    ),
    (
        nn.MultiheadAttention(4, 2, kdim=3, vdim=3, bias=False),
        lambda name, row, column: (name, column // 2 if name.startswith("out") else column),
        lambda name, row, column: (name, row if name.startswith("out") else row // 2),
    ),
]


@pytest.mark.parametrize(
    ("module", "of_input", "of_output"), LAYOUTS, ids=[str(layout[0])[:40] for layout in LAYOUTS]
)
def test_groups_around_units_are_those_of_the_module(module, of_input, of_output):
    rules = {type(module): "l1"}
    assert members("outgoing", module, rules) == by(module, of_input)
    assert members("incoming", module, rules) == by(module, of_output)


def test_a_head_is_dead_where_its_group_is_zero():
    """The output of an attention does not depend on its inputs through a head that is zero."""
    torch.manual_seed(0)
    module = nn.MultiheadAttention(4, 2, bias=False).double()
    groups = sparse_groups(module, {nn.MultiheadAttention: GroupLasso(groups="incoming")})
    layer = layers_of(groups).layers[0]
    layer.weight[:, 0] = 0
    x = torch.randn(3, 1, 4).double()
    before = module(x, x, x)[0]
    with torch.no_grad():
        module.out_proj.weight[:, :2] += 1
    assert torch.equal(module(x, x, x)[0], before)
    with torch.no_grad():
        module.out_proj.weight[:, 2:] += 1
    assert not torch.allclose(module(x, x, x)[0], before)


def test_flattened_channels_are_the_inputs_of_the_layer_that_reads_them():
    module = nn.Sequential(nn.Conv2d(1, 3, 2), nn.Flatten(), nn.Linear(12, 2))
    found = members("outgoing", module, {"2": "group_lasso"}, channels={"2": 3})
    expected = by(module, lambda name, o, i=0, *k: i // 4 if name == "2.weight" else None)
    assert found == expected
    with pytest.raises(ValueError, match=r"multiple of the channels; got 5 for Linear"):
        sparse_groups(module, "l1", channels={"2": 5})
    with pytest.raises(ValueError, match="multiple of the channels; got 3 for Conv2d"):
        sparse_groups(module, "l1", channels={"0": 3})
    with pytest.raises(ValueError, match="'fc' fits no weights"):
        sparse_groups(module, "l1", channels={"fc": 3})


class Nested(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Conv2d(2, 2, 3))
        self.table = nn.Embedding(3, 2)
        self.head = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
        self.head[1].weight = self.head[0].weight


def names(module, groups):
    of = {parameter: name for name, parameter in module.named_parameters()}
    return [[of[parameter] for parameter in group["params"]] for group in groups]


BODY = ["body.0.weight", "body.0.bias", "body.2.weight", "body.2.bias"]


@pytest.mark.parametrize(
    ("rules", "penalised"),
    [
        ("l1", [[*BODY, "head.0.weight", "head.0.bias"]]),
        ({"head": None, "body": "l1"}, [BODY]),
        ({"body": "l1", nn.BatchNorm2d: "log_sum"}, [BODY, ["body.1.weight", "body.1.bias"]]),
        ({"body": None, nn.Module: "l1"}, [["table.weight", "head.0.weight", "head.0.bias"]]),
        (
            {"body.0": "l1", (nn.Conv2d, nn.Embedding): "mcp"},
            [BODY[:2], [*BODY[2:], "table.weight"]],
        ),
        ({"head.*": "l1"}, [["head.0.weight", "head.0.bias"]]),
        ({nn.Sequential: "l1"}, [[*BODY, "head.0.weight", "head.0.bias"]]),
    ],
)
def test_the_first_rule_that_fits_counts(rules, penalised):
    module = Nested()
    groups = sparse_groups(module, rules, alpha=0.2)
    assert names(module, groups)[: len(penalised)] == penalised
    assert [group.get("alpha") for group in groups] == [0.2] * len(penalised) + [None]
    found = [name for group in names(module, groups) for name in group]
    assert sorted(found) == sorted(name for name, _ in module.named_parameters())
    ProxAdam(groups)


def test_parameters_without_gradient_are_free_and_stay():
    module = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    module[0].weight.requires_grad_(False)
    module[1].bias.requires_grad_(False)
    groups = sparse_groups(module, GroupLasso(groups="incoming"), 100.0)
    assert names(module, groups) == [["1.weight"], ["0.weight", "0.bias", "1.bias"]]
    before = module[1].bias.clone(), module[0].weight.clone()
    optimizer = ProxSGD(groups, lr=1.0)
    module(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    assert (module[1].weight == 0).all()
    assert torch.equal(module[1].bias, before[0])
    assert torch.equal(module[0].weight, before[1])


@pytest.mark.parametrize("key", ["hed", nn.Conv1d, "body.3", "body.1.weight"])
@pytest.mark.parametrize("penalty", ["l1", None])
def test_a_rule_that_fits_nothing_is_refused(key, penalty):
    with pytest.raises(
        ValueError, match=r"fits no weights of a known layout; the modules are body,"
    ):
        sparse_groups(Nested(), {key: penalty, "*": "l1"})


def test_a_penalty_on_what_has_no_weights_is_refused_and_freedom_is_not():
    module = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    with pytest.raises(ValueError, match="'1' fits no weights"):
        sparse_groups(module, {"1": "l1", "0": "l1"})
    sparse_groups(module, {"1": None, "0": "l1"})
    with pytest.raises(ValueError, match="Linear, _ConvNd fits no weights"):
        sparse_groups(nn.Sequential(nn.ReLU()))


def test_lazy_parameters_are_refused():
    with pytest.raises(ValueError, match="'weight' is lazy"):
        sparse_groups(nn.LazyLinear(2))


def test_an_unknown_penalty_is_refused_with_the_nearest_name():
    with pytest.raises(ValueError, match="Did you mean 'log_sum'"):
        sparse_groups(nn.Linear(2, 2), "logsum")


def test_importing_sgnn_imports_neither_torch_nor_what_is_for_modules():
    code = (
        "import sgnn, sys; print([name for name in ('torch', 'sgnn.torch') if name in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
