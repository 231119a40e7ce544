"""Networks that are hard to make smaller, as functions, with example inputs."""

import torch
from torch import nn
from torch.nn import functional

IMAGES = (6, 1, 28, 28)


class Lambda(nn.Module):
    """Some modules, and how they are called."""

    def __init__(self, call, **modules):
        super().__init__()
        self.call = call
        for name, module in modules.items():
            self.add_module(name, module)

    def forward(self, x):
        return self.call(self, x)


def batch_norm(n):
    module = nn.BatchNorm2d(n)
    nn.init.uniform_(module.weight, 0.5, 1.5)
    nn.init.normal_(module.bias)
    module.running_mean.normal_()
    module.running_var.uniform_(0.5, 2)
    return module


def lenet(padding=0, by_view=False):
    def call(m, x):
        x = functional.max_pool2d(torch.relu(m.c1(x)), 2)
        x = functional.max_pool2d(torch.relu(m.c2(x)), 2)
        x = x.view(-1, 12 * 16) if by_view else x.flatten(1)
        return m.f2(torch.relu(m.f1(x)))

    size = 7 if padding else 4
    return Lambda(
        call,
        c1=nn.Conv2d(1, 8, 5, padding=padding),
        c2=nn.Conv2d(8, 12, 5, padding=padding),
        f1=nn.Linear(12 * size**2, 30),
        f2=nn.Linear(30, 10),
    )


def with_batch_norm():
    def call(m, x):
        x = torch.relu(m.b1(m.c1(x)))
        x = torch.relu(m.b2(m.c2(x)))
        return m.f(x.mean((2, 3)))

    c1, c2 = (nn.Conv2d(n, 8, 3, padding=1, bias=False) for n in (1, 8))
    return Lambda(call, c1=c1, b1=batch_norm(8), c2=c2, b2=batch_norm(8), f=nn.Linear(8, 10))


def block(n_in, n_out, stride):
    def call(m, x):
        y = torch.relu(m.b1(m.c1(x)))
        y = m.b2(m.c2(y))
        y += m.s(x)
        return functional.relu(y, inplace=True)

    shortcut = nn.Identity()
    if stride > 1:
        shortcut = nn.Sequential(nn.Conv2d(n_in, n_out, 1, stride, bias=False), batch_norm(n_out))
    return Lambda(
        call,
        c1=nn.Conv2d(n_in, n_out, 3, stride, 1, bias=False),
        b1=batch_norm(n_out),
        c2=nn.Conv2d(n_out, n_out, 3, 1, 1, bias=False),
        b2=batch_norm(n_out),
        s=shortcut,
    )


def residual():
    def call(m, x):
        x = torch.relu(m.b(m.c(x)))
        return m.f(m.l2(m.l1(x)).mean((2, 3)))

    stem = {"c": nn.Conv2d(1, 8, 3, 1, 1, bias=False), "b": batch_norm(8)}
    return Lambda(call, **stem, l1=block(8, 8, 1), l2=block(8, 16, 2), f=nn.Linear(16, 10))


def concatenated():
    def call(m, x):
        x = torch.cat([torch.relu(m.a(x)), torch.relu(m.b(x))], 1)
        return m.f(torch.relu(m.c(x)).mean((2, 3)))

    a, b = nn.Conv2d(1, 6, 3, padding=1), nn.Conv2d(1, 5, 3, padding=1)
    return Lambda(call, a=a, b=b, c=nn.Conv2d(11, 7, 1), f=nn.Linear(7, 10))


def between(middle, n_between=8):
    """Something between a convolution and another."""

    def call(m, x):
        x = torch.relu(m.d(torch.relu(m.a(x))))
        return m.f(torch.relu(m.c(x)).mean((2, 3)))

    a, c = nn.Conv2d(1, 8, 3, padding=1), nn.Conv2d(n_between, 7, 1)
    return Lambda(call, a=a, d=middle, c=c, f=nn.Linear(7, 10))


def transposed():
    def call(m, x):
        return m.c(torch.relu(m.d(torch.relu(m.a(x)))))

    a, d = nn.Conv2d(1, 8, 3, padding=1), nn.ConvTranspose2d(8, 6, 2, 2)
    return Lambda(call, a=a, d=d, c=nn.Conv2d(6, 3, 1))


def attention():
    def call(m, x):
        x = m.e(x[:, 0])
        x = x + m.m(x, x, x, need_weights=False)[0]
        x = x + m.f2(functional.gelu(m.f1(x)))
        return m.o(x.mean(1))

    return Lambda(
        call,
        e=nn.Linear(28, 16),
        m=nn.MultiheadAttention(16, 4, batch_first=True),
        f1=nn.Linear(16, 32),
        f2=nn.Linear(32, 16),
        o=nn.Linear(16, 10),
    )


def recurrent():
    def call(m, x):
        return m.o(m.l(x[:, 0])[0][:, -1])

    return Lambda(call, l=nn.LSTM(28, 16, batch_first=True), o=nn.Linear(16, 10))


class Floor(nn.Module):
    def forward(self, x):
        return torch.div(x, 0.5, rounding_mode="floor")


def dense(*between_them):
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 20), *between_them, nn.Linear(20, 10))


def used_twice():
    def call(m, x):
        x = torch.relu(m.a(x[:, 0].mean(1)))
        x = torch.relu(m.b(x))
        return m.o(torch.relu(m.b(x)))

    return Lambda(call, a=nn.Linear(28, 12), b=nn.Linear(12, 12), o=nn.Linear(12, 10))


def value_dependent():
    def call(m, x):
        x = m.a(x.flatten(1))
        if x.sum() > 0:
            x = x * 1.0
        return m.b(torch.relu(x))

    return Lambda(call, a=nn.Linear(784, 20), b=nn.Linear(20, 10))


def unet():
    """Down and up, with what came before beside what comes back."""

    def call(m, x):
        one = torch.relu(m.b1(m.d1(x)))
        two = torch.relu(m.d2(functional.max_pool2d(one, 2)))
        up = torch.cat([m.u(two), one], 1)
        return m.o(torch.relu(m.c(up)))

    return Lambda(
        call,
        d1=nn.Conv2d(1, 6, 3, padding=1),
        b1=batch_norm(6),
        d2=nn.Conv2d(6, 8, 3, padding=1),
        u=nn.ConvTranspose2d(8, 6, 2, 2),
        c=nn.Conv2d(12, 5, 3, padding=1),
        o=nn.Conv2d(5, 2, 1),
    )


def gated():
    """Channels multiplied by what is squeezed from them, and a scale of their own."""

    def call(m, x):
        x = torch.relu(m.a(x))
        gate = torch.sigmoid(m.e(torch.relu(m.s(x.mean((2, 3))))))
        return m.f((x * gate.unsqueeze(-1).unsqueeze(-1)).amax((2, 3)))

    s, e = nn.Linear(8, 4), nn.Linear(4, 8)
    return Lambda(call, a=nn.Conv2d(1, 8, 3), s=s, e=e, f=nn.Linear(8, 10))


def transformer():
    def call(m, x):
        return m.o(m.l(m.e(x[:, 0])).mean(1))

    layer = nn.TransformerEncoderLayer(16, 4, 24, batch_first=True, activation="gelu")
    return Lambda(call, e=nn.Linear(28, 16), l=layer, o=nn.Linear(16, 10))


def shapes():
    """Axes other than that of the units are padded, cut, joined, split, moved and picked from."""

    def call(m, x):
        x = functional.pad(torch.relu(m.a(x)), (1, 1, 1, 1), mode="reflect")
        x = x[:, :, 2:].mean(2, keepdim=True).squeeze(2)
        one, two = torch.cat([x, 2 * x], 2).chunk(2, dim=2)
        x = (one + two).permute(0, 2, 1).unflatten(1, (4, 7))
        return m.f(x.select(1, 0).mean(1))

    return Lambda(call, a=nn.Conv2d(1, 8, 3), f=nn.Linear(8, 10))


def reshaped():
    def call(m, x):
        x = torch.relu(m.a(x)).amax(3)
        return m.f(x.reshape(x.shape[0], -1))

    return Lambda(call, a=nn.Conv2d(1, 8, 3), f=nn.Linear(8 * 26, 10))


# Name, network, layer, its units that get weights of zero; what else zeroes them with their biases.
CASES = {
    "biases": (lenet, "c1", [1, 3], {}),
    "padded": (lambda: lenet(2), "c1", [1, 3], {}),
    "flattened": (lenet, "c2", [0, 5], {}),
    "viewed": (lambda: lenet(by_view=True), "c2", [0, 5], {}),
    "batch norm": (with_batch_norm, "c1", [1, 3], {"b1": ()}),
    "inside a block": (residual, "l1.c1", [1, 3], {"l1.b1": ()}),
    "coupled by a block": (residual, "c", [1, 3], {"b": (), "l1.c2": (), "l1.b2": ()}),
    "concatenated": (concatenated, "b", [1, 3], {}),
    "depthwise": (lambda: between(nn.Conv2d(8, 8, 3, 1, 1, groups=8)), "a", [1, 3], {"d": ()}),
    "grouped, out": (lambda: between(nn.Conv2d(8, 12, 3, 1, 1, 1, 2), 12), "d", [1, 7], {}),
    "grouped, in": (lambda: between(nn.Conv2d(8, 12, 3, 1, 1, 1, 2), 12), "a", [1, 6], {}),
    "grouped, uneven": (lambda: between(nn.Conv2d(8, 12, 3, 1, 1, 1, 2), 12), "a", [1, 2], {}),
    "group norm": (lambda: between(nn.GroupNorm(2, 8)), "a", [1, 5], {}),
    "layer norm": (lambda: dense(nn.LayerNorm(20)), "1", [1, 5], {}),
    "transposed, out": (transposed, "d", [1, 3], {}),
    "transposed, in": (transposed, "a", [1, 3], {}),
    "embedding of attention": (attention, "e", [1, 3], {}),
    "feed-forward": (attention, "f1", [1, 3, 9], {}),
    "recurrent": (recurrent, "l", [1, 3], {}),
    "sigmoid": (lambda: dense(nn.Sigmoid()), "1", [1, 3], {}),
    "used twice": (used_twice, "b", [1, 3], {}),
    "up and down": (unet, "d1", [1, 3], {"b1": ()}),
    "up": (unet, "u", [0, 2], {}),
    "gated": (gated, "a", [2, 5], {}),
    "gate": (gated, "e", [2, 5], {}),
    "transformer": (transformer, "l.linear1", [0, 7, 20], {}),
    "prelu": (lambda: dense(nn.PReLU(20)), "1", [1, 3], {}),
    "shapes": (shapes, "a", [1, 3], {}),
    "reshaped": (reshaped, "a", [1, 3], {}),
    "one slope": (lambda: dense(nn.PReLU()), "1", [1, 3], {}),
    "rounded": (lambda: dense(Floor()), "1", [1, 3], {}),
    "dropout": (lambda: dense(nn.Dropout(), nn.ReLU(inplace=True)), "1", [1, 3], {}),
}


def kill(network, name, units, with_bias, others=()):
    """Give units weights of zero, and zero biases if asked."""
    module = network.get_submodule(name)
    with torch.no_grad():
        if isinstance(module, nn.LSTM):
            rows = [unit + 16 * gate for gate in range(4) for unit in units]
            for parameter in module.parameters():
                if parameter.ndim > 1 or with_bias:
                    parameter[rows] = 0
        elif isinstance(module, nn.ConvTranspose2d):
            module.weight[:, units] = 0
        else:
            module.weight[units] = 0
        if with_bias:
            for one in (module, *(network.get_submodule(other) for other in others)):
                if isinstance(getattr(one, "bias", None), torch.Tensor):
                    one.bias[units] = 0
                if isinstance(one, nn.BatchNorm2d):
                    one.running_mean[units] = 0
                elif one is not module:
                    one.weight[units] = 0
