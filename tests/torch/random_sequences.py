"""Networks of sequences put together at random: recurrent layers, attention, and others."""

import torch
from torch import nn
from torch.nn import functional


class Heads(nn.Module):
    """Attention written out, by whatever number of heads its weights have."""

    def __init__(self, width, n_heads, is_fused, is_packed, is_causal):
        super().__init__()
        self.size, self.is_fused, self.is_causal = width // n_heads, is_fused, is_causal
        self.packed = nn.Linear(width, 3 * width) if is_packed else None
        self.queries, self.keys, self.values = (nn.Linear(width, width) for _ in range(3))
        self.out = nn.Linear(width, width)

    def forward(self, x):
        if self.packed is None:
            parts = self.queries(x), self.keys(x), self.values(x)
        else:
            parts = self.packed(x).chunk(3, -1)
        q, k, v = (part.view(*x.shape[:2], -1, self.size).transpose(1, 2) for part in parts)
        if self.is_fused:
            y = functional.scaled_dot_product_attention(q, k, v, is_causal=self.is_causal)
        else:
            scores = q @ k.transpose(-2, -1) / self.size**0.5
            if self.is_causal:
                ones = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool)
                scores = scores.masked_fill(~ones.tril(), -torch.inf)
            y = scores.softmax(-1) @ v
        return self.out(y.transpose(1, 2).reshape(*x.shape[:2], -1))


class RandomSequences(nn.Module):
    """Layers that follow each other, and a linear one at the end.

    Parameters
    ----------
    draw : callable
        ``draw(n)`` returns a number from 0 to n - 1.
    """

    def __init__(self, draw):
        super().__init__()
        self.parts, self.steps, self.width = nn.ModuleList(), [], 3
        for _ in range(1 + draw(4)):
            _STEPS[draw(len(_STEPS))](self, draw)
        self.reads, n_last = _read_out(self, draw)
        self.head = nn.Linear(n_last, 2)

    def add(self, module, width, call=lambda part, x: part(x)):
        """Add a module, and how it is called."""
        self.parts.append(module)
        self.steps.append(call)
        self.width = width

    def forward(self, x):
        for part, step in zip(self.parts, self.steps, strict=True):
            x = step(part, x)
        return self.head(self.reads(x))


def _linear(network, draw):
    width = 4 * (1 + draw(2))
    network.add(nn.Linear(network.width, width, bias=bool(draw(3))), width)


def _activation(network, draw):
    network.add((nn.ReLU(), nn.Tanh(), nn.Sigmoid(), nn.Dropout())[draw(4)], network.width)


def _gated(network, draw):
    if network.width % 2 == 0:
        network.add(nn.GLU(), network.width // 2)


def _normalisation(network, draw):
    network.add(nn.LayerNorm(network.width), network.width)


def _recurrent(network, draw):
    kind = (nn.LSTM, nn.GRU, nn.RNN)[draw(3)]
    n_units, n_layers, two_sided = 2 + draw(4), 1 + draw(2), bool(draw(2))
    options = {"nonlinearity": ("relu", "tanh")[draw(2)]} if kind is nn.RNN else {}
    module = kind(
        network.width,
        n_units,
        n_layers,
        bidirectional=two_sided,
        bias=bool(draw(3)),
        batch_first=True,
        dropout=0.1 * (n_layers > 1),
        **options,
    )
    network.add(module, n_units * (1 + two_sided), lambda part, x: part(x)[0])


def _attention(network, draw):
    if network.width % 4:
        _linear(network, draw)
    width, n_heads = network.width, 2 * (1 + draw(2))
    needs_weights, is_masked, adds = draw(2), draw(3), draw(2)
    first, other_width = draw(2), (width, 3)[draw(2)]
    sizes = {"kdim": other_width, "vdim": other_width} if draw(2) else {}
    module = nn.MultiheadAttention(
        width, n_heads, batch_first=bool(first), bias=bool(draw(3)), **sizes
    )

    def call(part, x):
        z = x.flip(1)[:, :, : part.kdim] if sizes or draw_other else x
        mask = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1) if is_masked else None
        padding = torch.arange(x.shape[1])[None].expand(len(x), -1) > 1 if is_masked > 1 else None
        q, k = (x, z) if first else (x.transpose(0, 1), z.transpose(0, 1))
        y = part(q, k, k, padding, need_weights=bool(needs_weights), attn_mask=mask)[0]
        y = y if first else y.transpose(0, 1)
        return x + y if adds else y

    draw_other = draw(2)
    network.add(module, width, call)


def _heads(network, draw):
    if network.width % 4:
        _linear(network, draw)
    n_heads = 2 * (1 + draw(2))
    network.add(Heads(network.width, n_heads, draw(2), draw(2), bool(draw(2))), network.width)


_STEPS = [_linear, _activation, _activation, _gated, _normalisation]
_STEPS += [_recurrent, _recurrent, _attention, _attention, _heads, _heads]


def _read_out(network, draw):
    """Return what makes one row per sample of the last sequence, and how long it is."""
    kind = draw(4)
    if kind == 0:
        return (lambda x: x.mean(1)), network.width
    if kind == 1:
        return (lambda x: x[:, -1]), network.width
    n_units, two_sided = 4, bool(draw(2))
    network.last = nn.GRU(network.width, n_units, 2, bidirectional=two_sided, batch_first=True)
    if kind == 2:
        return (lambda x: network.last(x)[1][-1]), n_units
    return (lambda x: network.last(x)[1].transpose(0, 1).flatten(1)), n_units * (2 + 2 * two_sided)


def thin_out_units(network, seed):
    """Give random weights, zero for whole heads, for rows of all gates, and for what reads them."""
    generator = torch.Generator().manual_seed(seed)

    def mask(n, share):
        return torch.rand(n, generator=generator) < share

    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) / 2)
        for module in network.modules():
            if isinstance(module, nn.RNNBase):
                dead = mask(module.hidden_size, 0.5)
                for name, parameter in module.named_parameters():
                    rows = parameter.view(-1, module.hidden_size, *parameter.shape[1:])
                    rows[:, dead] = 0
                    if "weight_hh" in name:
                        parameter[:, mask(module.hidden_size, 0.3)] = 0
            elif isinstance(module, nn.Linear):
                n_each = 2 if module.in_features % 2 == 0 else 1
                columns = module.weight.unflatten(1, (-1, n_each))
                columns[:, mask(columns.shape[1], 0.5)] = 0
                module.weight[mask(len(module.weight), 0.2)] = 0
            elif isinstance(module, nn.MultiheadAttention):
                columns = module.out_proj.weight.unflatten(1, (module.num_heads, -1))
                columns[:, mask(module.num_heads, 0.5)] = 0
    return network
