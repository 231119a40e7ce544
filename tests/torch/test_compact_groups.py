"""Heads, recurrent units, convolutions and normalisations in groups: what can go, goes."""

import copy
import io
import pickle
from functools import partial

import pytest
import torch
from torch import nn

from sgnn.torch import compact, resize
from tests.torch.networks import Lambda
from tests.torch.random_sequences import Heads

N, LENGTH, WIDTH = 3, 5, 8


def sequences(*shape):
    generator = torch.Generator().manual_seed(len(shape))
    return torch.randn(shape or (N, LENGTH, WIDTH), generator=generator).double()


def outputs(module, *x):
    with torch.no_grad():
        return copy.deepcopy(module).eval()(*x)


def check(module, x, tolerance=1e-12):
    """Make a module compact; it puts out the same, also restored and copied, and can be trained."""
    small, report = compact(module, x)
    more = 2 * sequences(*x.shape)
    torch.testing.assert_close(outputs(small, more), outputs(module, more), atol=tolerance, rtol=0)
    file = io.BytesIO()
    torch.save([report.structure, small.state_dict()], file)
    file.seek(0)
    structure, state = torch.load(file)
    again = resize(module, structure)
    again.load_state_dict(state)
    for other in (again, pickle.loads(pickle.dumps(again)), copy.deepcopy(small)):
        assert torch.equal(outputs(other, more), outputs(small, more))
        other.train()(more).sum().backward()
        assert all(p.grad is None or p.grad.shape == p.shape for p in other.parameters())
    return small, report


def attentive(call, **options):
    torch.manual_seed(0)
    attention = nn.MultiheadAttention(WIDTH, 4, **options)
    attention.in_proj_bias is not None and nn.init.normal_(attention.in_proj_bias)
    return Lambda(call, m=attention, o=nn.Linear(WIDTH, 2)).double()


def attend(**options):
    return partial(_attend, options=options)


def _attend(m, x, options):
    return m.o(m.m(x, x, x, **options)[0])


def attend_across(m, x):
    other = x.flip(1)[:, :3]
    return m.o(m.m(x, other, other)[0])


def attend_masked(m, x):
    mask = torch.ones(LENGTH, LENGTH, dtype=torch.bool).triu(1)
    padding = (torch.arange(LENGTH) == 4).expand(N, -1)
    return m.o(m.m(x, x, x, padding, attn_mask=mask, need_weights=False)[0])


def attend_causally(m, x):
    mask = nn.Transformer.generate_square_subsequent_mask(LENGTH, dtype=x.dtype)
    return m.o(m.m(x, x, x, need_weights=False, attn_mask=mask, is_causal=True)[0])


def attend_to_one(m, x):
    return m.o(torch.stack([m.m(row, row, row)[0] for row in x[:1]]))


ATTENTIONS = {
    "weights": (attend(), {"batch_first": True}),
    "weights of each head": (attend(average_attn_weights=False), {"batch_first": True}),
    "no weights": (attend(need_weights=False), {"batch_first": True}),
    "batch second": (attend(), {}),
    "no bias": (attend(), {"bias": False, "batch_first": True}),
    "keys of their own": (attend_across, {"kdim": WIDTH, "vdim": WIDTH, "batch_first": True}),
    "across": (attend_across, {"batch_first": True}),
    "masked": (attend_masked, {"batch_first": True}),
    "causal": (attend_causally, {"batch_first": True}),
    "dropout": (attend(), {"batch_first": True, "dropout": 0.3}),
    "one sample": (attend_to_one, {}),
}


FEW = "weights", "no weights", "across", "masked"


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.slow] * (name not in FEW)) for name in ATTENTIONS],
)
def test_heads_that_nothing_reads_go(name):
    call, options = ATTENTIONS[name]
    module = attentive(call, **options)
    with torch.no_grad():
        module.m.out_proj.weight[:, 2:4] = 0
        module.m.out_proj.weight[:, 7] = 0
    small, report = check(module, sequences())
    assert small.m.num_heads == 3
    assert report.structure["m.out_proj.weight"][1] == [0, 1, 4, 5, 6, 7]
    assert small.m.out_proj.weight.shape == (WIDTH, 6)
    assert module.m.num_heads == 4
    assert type(module.m) is nn.MultiheadAttention
    assert isinstance(small.m, nn.MultiheadAttention)


def test_an_attention_that_keeps_its_heads_is_of_the_class_that_it_was():
    module = attentive(attend(), batch_first=True)
    small, report = compact(module, sequences())
    assert type(small.m) is nn.MultiheadAttention
    assert report.structure == {}
    assert small.m._qkv_same_embed_dim


@pytest.mark.parametrize("masked", [False, True])
def test_a_head_of_constant_values_moves_into_the_bias_unless_there_is_a_mask(masked):
    module = attentive(attend_masked if masked else attend(need_weights=False), batch_first=True)
    with torch.no_grad():
        module.m.in_proj_weight[2 * WIDTH + 2 : 2 * WIDTH + 4] = 0
    small, _ = check(module, sequences())
    assert small.m.num_heads == (4 if masked else 3)


def test_heads_stay_where_their_weights_are_put_out():
    def call(m, x):
        y, shares = m.m(x, x, x)
        return m.o(y) + shares.sum()

    module = attentive(call, batch_first=True)
    with torch.no_grad():
        module.m.out_proj.weight[:, :4] = 0
    small, report = compact(module, sequences())
    assert small.m.num_heads == 4
    assert report.structure == {}


@pytest.mark.parametrize("is_fused", [False, True])
@pytest.mark.parametrize("is_packed", [False, True])
def test_heads_of_attention_written_out_go(is_fused, is_packed):
    torch.manual_seed(0)
    heads = Heads(WIDTH, 4, is_fused, is_packed, is_causal=True)
    module = nn.Sequential(heads, nn.Linear(WIDTH, 2)).double()
    with torch.no_grad():
        heads.out.weight[:, [0, 1, 4, 5]] = 0
    small, _ = check(module, sequences())
    assert small[0].out.weight.shape == (WIDTH, 4)
    if is_packed:
        assert small[0].packed.weight.shape == (12, WIDTH)
    else:
        assert small[0].keys.weight.shape == small[0].values.weight.shape == (4, WIDTH)


def test_heads_and_hidden_units_of_an_encoder_go():
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(WIDTH, 4, 12, batch_first=True, norm_first=True)
    module = nn.Sequential(nn.TransformerEncoder(layer, 2, enable_nested_tensor=False))
    module.append(nn.Linear(WIDTH, 2)).double()
    first, second = module[0].layers
    with torch.no_grad():
        first.self_attn.out_proj.weight[:, :2] = 0
        second.linear2.weight[:, [1, 5]] = 0
    small, _ = check(module, sequences())
    assert [layer.self_attn.num_heads for layer in small[0].layers] == [3, 4]
    assert [layer.linear1.out_features for layer in small[0].layers] == [12, 10]


def recurrent(kind, read, **options):
    torch.manual_seed(0)
    module = kind(WIDTH, 6, batch_first=True, **options)
    for name, parameter in module.named_parameters():
        if "bias" in name:
            nn.init.normal_(parameter)
    n_sides = 1 + module.bidirectional
    n_states = 6 * module.num_layers * n_sides
    n_read = n_states if read is all_states else 6 * (n_sides if read is outputs_of else 1)
    return Lambda(read, l=module, o=nn.Linear(n_read, 2)).double()


def outputs_of(m, x):
    return m.o(m.l(x)[0].mean(1))


def last_state(m, x):
    states = m.l(x)[1]
    return m.o((states[0] if isinstance(states, tuple) else states)[-1])


def all_states(m, x):
    states = m.l(x)[1]
    states = states[0] if isinstance(states, tuple) else states
    return m.o(states.permute(1, 0, 2).flatten(1))


def from_ones(m, x):
    return m.o(m.l(x, torch.ones(1, len(x), 6).double())[0])


def silence(module, units, suffix="l0"):
    """Let nothing enter some units of one layer."""
    with torch.no_grad():
        for name, _ in module.named_parameters():
            if name.endswith(suffix) and name.startswith(("weight", "bias")):
                parameter = module.get_parameter(name)
                parameter.view(-1, module.hidden_size, *parameter.shape[1:])[:, units] = 0


RECURRENT = nn.LSTM, nn.GRU, nn.RNN


@pytest.mark.parametrize("kind", RECURRENT)
@pytest.mark.parametrize(
    ("bias", "read"),
    [
        (True, outputs_of),
        (False, last_state),
        pytest.param(False, outputs_of, marks=pytest.mark.slow),
        pytest.param(True, last_state, marks=pytest.mark.slow),
        pytest.param(True, all_states, marks=pytest.mark.slow),
    ],
)
def test_units_that_nothing_enters_go(kind, bias, read):
    module = recurrent(kind, read, bias=bias)
    silence(module.l, [1, 4])
    small, report = check(module, sequences())
    assert small.l.hidden_size == 4
    assert report.structure["l.weight_hh_l0"][1] == [0, 2, 3, 5]
    assert small.o.in_features == 4
    assert not report.blocked


@pytest.mark.parametrize("kind", RECURRENT)
def test_units_that_only_each_other_read_go(kind):
    module = recurrent(kind, outputs_of)
    with torch.no_grad():
        module.o.weight[:, [0, 3]] = 0
        others = module.l.weight_hh_l0.view(-1, 6, 6)
        others[:, [1, 2, 4, 5], :1] = 0
        others[:, [1, 2, 4, 5], 3] = 0
    small, _ = check(module, sequences())
    assert small.l.hidden_size == 4


@pytest.mark.parametrize("kind", RECURRENT)
def test_units_that_only_others_of_their_layer_enter_stay(kind):
    module = recurrent(kind, outputs_of)
    silence(module.l, [1])
    with torch.no_grad():
        module.l.weight_hh_l0.view(-1, 6, 6)[:, 1, 2] = 1
    small, _ = check(module, sequences())
    assert small.l.hidden_size == 6


@pytest.mark.parametrize("kind", RECURRENT)
def test_units_with_a_bias_alone_stay(kind):
    """They move, from step to step or from the first to the second, with nothing that enters."""
    module = recurrent(kind, outputs_of)
    silence(module.l, [1])
    with torch.no_grad():
        module.l.bias_hh_l0.view(-1, 6)[-1 if kind is not nn.LSTM else 2, 1] = 0.5
    small, report = check(module, sequences())
    assert small.l.hidden_size == 6
    assert report.structure == {}


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (nn.LSTM, {"num_layers": 2}),
        (nn.GRU, {"bidirectional": True}),
        pytest.param(nn.RNN, {"num_layers": 2}, marks=pytest.mark.slow),
        pytest.param(nn.LSTM, {"bidirectional": True}, marks=pytest.mark.slow),
    ],
)
def test_as_many_units_go_from_each_layer_and_direction(kind, options):
    other = "l1" if "num_layers" in options else "l0_reverse"
    module = recurrent(kind, outputs_of, **options)
    silence(module.l, [1, 4])
    _, report = check(module, sequences())
    assert "l.weight_hh_l0" not in report.structure
    assert report.blocked == {
        "l.weight_hh_l0": {"as many must stay in each layer as in that of l.weight_hh_l0": 2}
    }
    silence(module.l, [5], other)
    small, report = check(module, sequences())
    assert small.l.hidden_size == 5
    assert report.structure[f"l.weight_hh_{other}"][1] == [0, 1, 2, 3, 4]


def test_constant_inputs_of_a_recurrent_layer_move_into_its_bias():
    module = nn.Sequential(nn.Linear(WIDTH, 4), nn.ReLU(), recurrent(nn.GRU, outputs_of)).double()
    module[2].l = nn.GRU(4, 6, batch_first=True).double()
    with torch.no_grad():
        module[0].weight[2] = 0
        module[0].bias[2] = 3
    small, _ = check(module, sequences())
    assert small[2].l.input_size == 3


def test_recurrent_layers_with_states_from_elsewhere_or_projections_stay():
    module = recurrent(nn.GRU, from_ones)
    silence(module.l, [1, 4])
    assert check(module, sequences())[1].structure == {}
    cells = nn.LSTM(WIDTH, 6, proj_size=3, batch_first=True)
    module = Lambda(outputs_of, l=cells, o=nn.Linear(3, 2)).double()
    torch.nn.init.zeros_(module.o.weight)
    assert check(module, sequences())[1].structure == {}


def grouped(kind, n_groups, n_out, behind=None, padding=1):
    torch.manual_seed(0)
    middle = kind(6, n_out, 3, padding=padding, groups=n_groups)
    layers = nn.Conv2d(2, 6, 1), nn.ReLU(), middle, behind or nn.ReLU(), nn.Conv2d(n_out, 2, 1)
    return nn.Sequential(*layers).double()


IMAGES = 3, 2, 5, 5


@pytest.mark.parametrize("kind", [nn.Conv2d, nn.ConvTranspose2d])
def test_a_group_goes_with_all_its_channels_and_others_lose_as_many(kind):
    """Of three groups of two, the second goes; of the others one output each, and of one two."""
    module = grouped(kind, 3, 9)
    with torch.no_grad():
        module[0].weight[[2, 3]] = module[0].bias[[2, 3], None, None, None] = 0
        module[4].weight[:, [3, 4, 5]] = 0
        module[4].weight[:, [0, 7, 8]] = 0
    small, report = check(module, sequences(*IMAGES))
    assert (small[2].groups, small[2].in_channels, small[2].out_channels) == (2, 4, 4)
    assert small[0].out_channels == 4
    assert report.structure["4.weight"][1] == [1, 2, 6, 7]


def test_inputs_go_from_each_group_at_another_place():
    module = grouped(nn.Conv2d, 2, 4)
    with torch.no_grad():
        for unit in (0, 5):
            module[0].weight[unit] = module[0].bias[unit] = 0
    small, report = check(module, sequences(*IMAGES))
    assert report.structure["2.weight"] == {1: [[1, 2], [0, 1]]}
    assert small[2].weight.shape == (4, 2, 3, 3)
    assert (small[2].groups, small[2].in_channels) == (2, 4)


def test_channels_go_from_a_convolution_with_several_outputs_for_each_input():
    module = grouped(nn.Conv2d, 6, 12)
    with torch.no_grad():
        module[4].weight[:, [2, 3, 8]] = 0
    small, _ = check(module, sequences(*IMAGES))
    assert (small[2].groups, small[2].in_channels, small[2].out_channels) == (5, 5, 10)


@pytest.mark.parametrize("norm", [nn.GroupNorm(3, 6), nn.InstanceNorm2d(6, affine=True)])
def test_groups_of_a_normalisation_go_where_nothing_depends_on_them(norm):
    module = grouped(nn.Conv2d, 1, 6, behind=copy.deepcopy(norm), padding=0)
    with torch.no_grad():
        module[4].weight[:, [0, 1]] = 0
        module[3].weight[[4, 5]] = 0
        module[3].bias.normal_()
    small, report = check(module, sequences(*IMAGES))
    assert small[2].out_channels == 2
    assert len(small[3].weight) == 2
    assert getattr(small[3], "num_groups", 1) == 1
    assert report.structure["3.bias"] == {0: [2, 3]}


def test_half_a_group_of_a_normalisation_stays():
    module = grouped(nn.Conv2d, 1, 6, behind=nn.GroupNorm(3, 6))
    with torch.no_grad():
        module[4].weight[:, [0, 5]] = 0
    assert check(module, sequences(*IMAGES))[1].structure == {}
