"""Compact modules put out the same, whatever the network; or it is said why there is none."""

import copy
import io

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from sgnn.torch import compact, resize
from tests.torch.networks import (
    CASES,
    IMAGES,
    Lambda,
    kill,
    lenet,
    value_dependent,
)
from tests.torch.random_networks import RandomNetwork, thin_out
from tests.torch.random_sequences import RandomSequences, thin_out_units

# Of which none can go, even without biases.
STAY = {
    "viewed",
    "grouped, uneven",
    "group norm",
    "layer norm",
    "embedding of attention",
    "used twice",
    "gate",
    "rounded",
}
TOLERANCES = {torch.float64: 1e-10, torch.float32: 1e-5}


def outputs(module, x):
    with torch.no_grad():
        return copy.deepcopy(module).eval()(x)


def difference(module, small, x):
    before, after = outputs(module, x), outputs(small, x)
    assert before.shape == after.shape
    return float((after - before).abs().max() / before.abs().max())


def n_parameters(module):
    return sum(parameter.numel() for parameter in module.parameters())


def case(name, with_bias, dtype=torch.float64):
    torch.manual_seed(0)
    make, layer, units, others = CASES[name]
    module = make()
    kill(module, layer, units, with_bias, others)
    return module.to(dtype)


@pytest.mark.parametrize(
    ("with_bias", "dtype"),
    [
        (False, torch.float64),
        (False, torch.float32),
        pytest.param(True, torch.float64, marks=pytest.mark.slow),
        pytest.param(True, torch.float32, marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("name", CASES)
def test_outputs_are_the_same_on_other_inputs(name, with_bias, dtype):
    module = case(name, with_bias, dtype)
    small, report = compact(module, torch.randn(IMAGES, dtype=dtype))
    more = 3 * torch.randn(9, *IMAGES[1:], dtype=dtype)
    assert difference(module, small, more) <= TOLERANCES[dtype]
    assert report.n_parameters == (n_parameters(module), n_parameters(small))


@pytest.mark.parametrize("name", CASES)
def test_dead_units_go_where_they_can(name):
    _, layer, units, _ = CASES[name]
    module = case(name, with_bias=True)
    small, report = compact(module, torch.randn(IMAGES).double())
    is_recurrent = isinstance(module.get_submodule(layer), nn.LSTM)
    weight = f"{layer}.weight_hh_l0" if is_recurrent else f"{layer}.weight"
    if name in STAY:
        assert not report.structure
        assert n_parameters(small) == n_parameters(module)
    else:
        axis = int(isinstance(module.get_submodule(layer), (nn.ConvTranspose2d, nn.LSTM)))
        n_units = module.get_parameter(weight).shape[axis]
        assert report.structure[weight][axis] == [i for i in range(n_units) if i not in units]
        assert small.get_parameter(weight).shape[axis] == n_units - len(units)
        assert not report.blocked
        assert difference(module, small, torch.randn(IMAGES).double()) <= 1e-10


@pytest.mark.parametrize(
    ("name", "weight", "reason"),
    [
        ("padded", "c1.weight", "it is read by a convolution that pads with zeros"),
        ("transposed, in", "a.weight", "it is read by a transposed convolution"),
        ("viewed", "c2.weight", "view may depend on all units, or on their number"),
        ("group norm", "a.weight", "c.weight depends on it"),
        ("layer norm", "1.weight", "layer_norm may depend on all units, or on their number"),
        ("grouped, uneven", "a.weight", "it is read by a convolution that pads with zeros"),
        ("used twice", "b.weight", "b.weight is used 2 times"),
        ("gate", "e.weight", "f.weight depends on it"),
    ],
)
def test_the_report_says_what_blocks_constant_units(name, weight, reason):
    module = case(name, with_bias=False)
    with torch.no_grad():
        module.get_submodule(CASES[name][1]).bias.abs_()
    _, report = compact(module, torch.randn(IMAGES).double())
    assert report.blocked == {weight: {reason: 2}}
    assert f"{weight}: 2 constant outputs stay, because {reason}" in str(report)


def test_columns_of_an_embedding_go():
    torch.manual_seed(0)
    module = nn.Sequential(nn.Embedding(20, 8), nn.Linear(8, 5), nn.Tanh(), nn.Linear(5, 2))
    with torch.no_grad():
        module[0].weight[:, [1, 4]] = 0
        module[0].weight[:, 6] = 0.7
    small, report = compact(module, torch.arange(6).reshape(2, 3))
    assert report.structure["0.weight"][1] == [0, 2, 3, 5, 7]
    assert small[0].weight.shape == (20, 5)
    assert difference(module, small, torch.arange(20).reshape(4, 5)) < 1e-6


@given(st.data())
@settings(derandomize=True, max_examples=8, deadline=None, database=None)
def test_random_networks_put_out_the_same(data):
    check_random(lambda n: data.draw(st.integers(0, n - 1)), data.draw(st.integers(0, 10**6)))


@pytest.mark.slow
@given(st.data())
@settings(derandomize=True, max_examples=400, deadline=None, database=None)
def test_many_random_networks_put_out_the_same(data):
    check_random(lambda n: data.draw(st.integers(0, n - 1)), data.draw(st.integers(0, 10**6)))


@given(st.data())
@settings(derandomize=True, max_examples=5, deadline=None, database=None)
def test_random_networks_of_sequences_put_out_the_same(data):
    check_random_sequences(
        lambda n: data.draw(st.integers(0, n - 1)), data.draw(st.integers(0, 10**6))
    )


@pytest.mark.slow
@given(st.data())
@settings(derandomize=True, max_examples=400, deadline=None, database=None)
def test_many_random_networks_of_sequences_put_out_the_same(data):
    check_random_sequences(
        lambda n: data.draw(st.integers(0, n - 1)), data.draw(st.integers(0, 10**6))
    )


def check_random(draw, seed):
    check_is_same(thin_out(RandomNetwork(draw).double(), seed), (3, 2, 4, 4), seed)


def check_random_sequences(draw, seed):
    check_is_same(thin_out_units(RandomSequences(draw).double(), seed), (3, 5, 3), seed)


def check_is_same(module, shape, seed):
    generator = torch.Generator().manual_seed(seed)
    x, more = (torch.randn(shape, generator=generator).double() for _ in range(2))
    small, report = compact(module, x)
    before, after = outputs(module, more), outputs(small, more)
    scale = before.abs().max().clamp(min=1)
    assert float((after - before).abs().max() / scale) <= 1e-10
    again = resize(module, report.structure)
    again.load_state_dict(small.state_dict())
    assert torch.equal(outputs(again, more), after)
    _, report = compact(small, x)
    assert report.n_parameters[0] == report.n_parameters[1]
    assert report.structure == {}


@pytest.mark.parametrize("training", [False, True])
def test_the_module_is_left_as_it_is_and_the_small_one_is_of_its_kind(training):
    module = case("batch norm", with_bias=False, dtype=torch.float32).train(training)
    module.b2.eval()
    module.c2.weight.requires_grad_(False)
    module.f(torch.ones(1, 8)).sum().backward()
    before, rng = copy.deepcopy(module.state_dict()), torch.get_rng_state()
    x = torch.ones(IMAGES)
    small, _ = compact(module, x)
    assert torch.equal(torch.get_rng_state(), rng)
    for name, tensor in module.state_dict().items():
        assert torch.equal(tensor, before[name])
    assert module.f.weight.grad is not None
    assert type(small) is type(module)
    for (name, one), other in zip(module.named_modules(), small.modules(), strict=True):
        assert one.training == other.training == (training and name != "b2")
    for one, other in zip(module.parameters(), small.parameters(), strict=True):
        assert (one.dtype, one.device, one.requires_grad) == (
            other.dtype,
            other.device,
            other.requires_grad,
        )
        assert other.grad is None
    assert (small.c2.in_channels, small.b1.num_features, small.c1.out_channels) == (6, 6, 6)


@pytest.mark.parametrize(
    "name", ["biases", "batch norm", "depthwise", "up and down", "transformer"]
)
def test_a_small_module_is_restored_from_its_structure_and_state(name):
    module = case(name, with_bias=True)
    x = torch.randn(IMAGES).double()
    small, report = compact(module, x)
    file = io.BytesIO()
    torch.save([report.structure, small.state_dict()], file)
    file.seek(0)
    structure, state = torch.load(file)
    other = case(name, with_bias=False)
    again = resize(other, structure)
    again.load_state_dict(state)
    assert torch.equal(outputs(again, x), outputs(small, x))
    assert n_parameters(other) == n_parameters(module) > n_parameters(again)
    again.train()(x).sum().backward()


def double_names():
    def call(m, x):
        return m.c(torch.relu(m.b(torch.relu(m.a(x)))))

    a = nn.Linear(3, 4)
    return Lambda(call, a=a, same=a, b=nn.Linear(4, 4), c=nn.Linear(4, 2)).double()


def test_a_layer_of_two_names_gets_smaller_under_both():
    module = double_names()
    kill(module, "a", [0, 2], with_bias=False)
    x = torch.randn(5, 3).double()
    small, _ = compact(module, x)
    assert small.same is small.a
    assert small.a.weight.shape == (2, 3)
    assert difference(module, small, x) <= 1e-12


def test_tied_parameters_stay():
    module = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 2))
    module.double()
    module[2].weight = module[0].weight
    kill(module, "0", [0], with_bias=True)
    small, report = compact(module, torch.randn(5, 4).double())
    assert difference(module, small, torch.randn(5, 4).double()) <= 1e-12
    assert report.structure == {}


def test_constants_move_into_biases_and_running_means_only_where_they_fit():
    """One unit is relu(2) for all inputs; it is read with and without bias, and normalised."""
    for behind, goes in (
        (nn.Linear(3, 2), True),
        (nn.Linear(3, 2, bias=False), False),
        (nn.Sequential(nn.Linear(3, 2, bias=False), nn.BatchNorm1d(2)), True),
        (nn.Sequential(nn.Linear(3, 2, bias=False), nn.ReLU(), nn.BatchNorm1d(2)), False),
    ):
        module = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), behind).double()
        kill(module, "0", [1], with_bias=False)
        with torch.no_grad():
            module[0].bias[1] = 2
            for child in module.modules():
                if isinstance(child, nn.BatchNorm1d):
                    child.running_mean.normal_()
        x = torch.randn(6, 4).double()
        small, report = compact(module, x)
        assert difference(module, small, 2 * x) <= 1e-12
        assert ("0.weight" in report.structure) == goes
        assert bool(report.blocked) != goes


def test_one_unit_of_each_layer_stays():
    module = lenet().double()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.zero_()
        module.f2.bias.copy_(torch.arange(10))
    x = torch.randn(IMAGES).double()
    small, _ = compact(module, x)
    assert [tuple(p.shape[:2]) for p in small.parameters() if p.ndim > 1] == [
        (1, 1),
        (1, 1),
        (1, 16),
        (10, 1),
    ]
    assert torch.equal(outputs(small, x), outputs(module, x))


def in_place_on_part():
    def call(m, x):
        x = m.a(x)
        x[:, :2].relu_()
        return m.b(x)

    return Lambda(call, a=nn.Linear(3, 4), b=nn.Linear(4, 2))


def in_place_under_a_view():
    def call(m, x):
        x = m.a(x)
        rows = x.unsqueeze(1)
        torch.relu_(x)
        return m.b(rows + 0)

    return Lambda(call, a=nn.Linear(3, 4), b=nn.Linear(4, 2))


@pytest.mark.parametrize(
    ("make", "shape", "message"),
    [
        (value_dependent, IMAGES, "operations that do not depend on values"),
        (in_place_on_part, (5, 3), "must not change in place"),
        (in_place_under_a_view, (5, 3), "must not change in place"),
    ],
)
def test_what_cannot_be_done_is_refused_and_the_module_left_as_it_is(make, shape, message):
    module = make().double()
    before = copy.deepcopy(module.state_dict())
    with pytest.raises(ValueError, match=message):
        compact(module, torch.randn(shape).double())
    for name, tensor in module.state_dict().items():
        assert torch.equal(tensor, before[name])
    assert module.training


def test_a_module_that_counts_its_units_is_refused():
    def call(m, x):
        x = m.a(x)
        if x.shape[1] < 4:
            x = x + 1
        return m.b(x)

    module = Lambda(call, a=nn.Linear(3, 4), b=nn.Linear(4, 2)).double()
    kill(module, "a", [0], with_bias=True)
    with pytest.raises(ValueError, match="outputs would change by"):
        compact(module, torch.randn(5, 3).double())


@pytest.mark.parametrize(
    ("structure", "message"),
    [
        ({"f3.weight": {0: [1]}}, "'f3.weight', which is no parameter"),
        ({"f2.weight": {2: [1]}}, r"axis 2 of 'f2.weight'.*shape \(10, 30\)"),
        ({"f2.weight": {1: [1, 30]}}, "axis 1 of 'f2.weight' must have the entries"),
        ({"f2.weight": {0: []}}, "axis 0 of 'f2.weight'"),
    ],
)
def test_a_structure_of_another_module_is_refused(structure, message):
    with pytest.raises(ValueError, match=message):
        resize(lenet(), structure)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ((), "example_inputs must be what the module takes; got none, and it says: .*input"),
        ((torch.ones(2, 5),), "got Tensor, and it says: mat1 and mat2 shapes"),
        (([[1.0, 2.0, 3.0]],), "got list, and it says"),
    ],
)
def test_inputs_that_the_module_does_not_take_are_named(inputs, message):
    with pytest.raises(ValueError, match=message):
        compact(nn.Linear(3, 2), *inputs)


def test_what_is_no_module_is_refused():
    with pytest.raises(TypeError, match=r"module must be a torch.nn.Module; got str"):
        compact("module", torch.ones(2, 3))


@pytest.mark.parametrize("precision", ["highest", "high"])
def test_compact_multiplies_with_all_digits_and_leaves_how_others_do(precision):
    backends, found = torch.backends, []

    def settings():
        operations = backends.cudnn.conv, backends.cudnn.rnn, backends.cuda.matmul
        return [one.fp32_precision for one in operations]

    class Asking(nn.Linear):
        def forward(self, x):
            found.append(settings())
            return super().forward(x)

    torch.set_float32_matmul_precision(precision)
    try:
        before = settings()
        compact(Asking(3, 2), torch.randn(4, 3))
        assert settings() == before
    finally:
        torch.set_float32_matmul_precision("highest")
    assert found[0] == found[-1] == ["ieee"] * 3
