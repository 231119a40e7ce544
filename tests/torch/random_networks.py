"""Networks put together at random from what convolutional networks are made of."""

import torch
from torch import nn
from torch.nn import functional

_ACTIVATIONS = torch.relu, torch.sigmoid, torch.tanh, functional.leaky_relu, functional.gelu


class RandomNetwork(nn.Module):
    """Operations on a growing list of images of one size, of which the last ones are read out.

    Parameters
    ----------
    draw : callable
        ``draw(n)`` returns a number from 0 to n - 1.
    """

    def __init__(self, draw):
        super().__init__()
        self.parts, self.steps, self.sizes = nn.ModuleList(), [], [2]
        for _ in range(2 + draw(8)):
            kind = _STEPS[draw(len(_STEPS))]
            kind(self, draw, draw(len(self.sizes)))
        self.flattens = draw(2)
        n_last = self.sizes[-1] * (16 if self.flattens else 1)
        self.head = nn.Linear(n_last, 2)

    def add(self, n_channels, step):
        """Add what computes an image of some channels from all images before."""
        self.steps.append(step)
        self.sizes.append(n_channels)

    def part(self, module):
        """Keep a module."""
        self.parts.append(module)
        return len(self.parts) - 1

    def forward(self, x):
        images = [x]
        for step in self.steps:
            images.append(step(self.parts, images))
        last = images[-1]
        return self.head(last.flatten(1) if self.flattens else last.mean((2, 3)))


def _convolution(network, draw, source):
    kernel, n_out = (1, 3)[draw(2)], 2 + draw(4)
    padding = (kernel // 2, "same")[draw(2)] if kernel > 1 else 0
    mode = ("zeros", "circular")[draw(2)]
    part = network.part(
        nn.Conv2d(
            network.sizes[source],
            n_out,
            kernel,
            padding=padding,
            padding_mode=mode,
            bias=bool(draw(2)),
        )
    )
    network.add(n_out, lambda parts, images: parts[part](images[source]))


def _depthwise(network, draw, source):
    n = network.sizes[source]
    part = network.part(nn.Conv2d(n, n, 3, padding=1, groups=n, bias=bool(draw(2))))
    network.add(n, lambda parts, images: parts[part](images[source]))


def _grouped(network, draw, source):
    """A convolution in groups, with as many, fewer or more outputs, or a transposed one."""
    n = network.sizes[source]
    n_groups = next((k for k in (2, 3) if n % k == 0), n)
    n_out, kind = n_groups * (1 + draw(3)), (nn.Conv2d, nn.ConvTranspose2d)[draw(2)]
    part = network.part(kind(n, n_out, 3, padding=1, groups=n_groups, bias=bool(draw(2))))
    network.add(n_out, lambda parts, images: parts[part](images[source]))


def _transposed(network, draw, source):
    n_out = 2 + draw(3)
    part = network.part(nn.ConvTranspose2d(network.sizes[source], n_out, 2, 2))
    network.add(n_out, lambda parts, images: functional.avg_pool2d(parts[part](images[source]), 2))


def _normalised(network, draw, source):
    part = network.part(nn.BatchNorm2d(network.sizes[source]))
    network.add(network.sizes[source], lambda parts, images: parts[part](images[source]))


def _activated(network, draw, source):
    function = _ACTIVATIONS[draw(len(_ACTIVATIONS))]
    network.add(network.sizes[source], lambda parts, images: function(images[source]))


def _with_another(network, draw, source):
    """The sum, difference or product with another image of as many channels, or one beside it."""
    same = [i for i, n in enumerate(network.sizes) if n == network.sizes[source]]
    other, kind = same[draw(len(same))], draw(3)
    function = (torch.add, torch.sub, torch.mul)[kind]
    network.add(
        network.sizes[source], lambda parts, images: function(images[source], images[other])
    )


def _concatenated(network, draw, source):
    other = draw(len(network.sizes))
    n = network.sizes[source] + network.sizes[other]
    network.add(n, lambda parts, images: torch.cat([images[source], images[other]], 1))


def _pooled(network, draw, source):
    kind = draw(4)

    def pool(parts, images):
        x = images[source]
        if kind == 0:
            return functional.max_pool2d(x, 3, 1, 1)
        if kind == 1:
            return functional.avg_pool2d(x, 3, 1, 1)
        if kind == 2:
            return functional.avg_pool2d(functional.interpolate(x, scale_factor=2), 2)
        return functional.pad(x[:, :, 1:-1, 1:-1], (1, 1, 1, 1))

    network.add(network.sizes[source], pool)


def _gated(network, draw, source):
    n = network.sizes[source]
    part = network.part(nn.Linear(n, n))

    def gate(parts, images):
        x = images[source]
        return x * torch.sigmoid(parts[part](x.mean((2, 3))))[:, :, None, None]

    network.add(n, gate)


def _on_last_axis(network, draw, source):
    n_out = 2 + draw(3)
    part = network.part(nn.Linear(network.sizes[source], n_out, bias=bool(draw(2))))

    def linear(parts, images):
        rows = images[source].flatten(2).transpose(1, 2)
        return parts[part](rows).transpose(1, 2).unflatten(2, (4, 4))

    network.add(n_out, linear)


def _half(network, draw, source):
    if network.sizes[source] % 2:
        return
    half = draw(2)
    network.add(network.sizes[source] // 2, lambda parts, images: images[source].chunk(2, 1)[half])


def _again(network, draw, source):
    """A layer that is there already, on another image."""
    fitting = [
        (index, part.out_channels)
        for index, part in enumerate(network.parts)
        if isinstance(part, nn.Conv2d) and part.in_channels == network.sizes[source]
    ]
    if fitting:
        part, n_out = fitting[draw(len(fitting))]
        network.add(n_out, lambda parts, images: parts[part](images[source]))


def _in_groups(network, draw, source):
    n = network.sizes[source]
    n_groups = next((k for k in (3, 2) if n % k == 0), 1)
    kinds = nn.GroupNorm(n_groups, n), nn.PReLU(n), nn.InstanceNorm2d(n, affine=True)
    part = network.part(kinds[draw(3)])
    network.add(n, lambda parts, images: parts[part](images[source]))


_STEPS = [
    _convolution,
    _convolution,
    _convolution,
    _normalised,
    _activated,
    _activated,
    _with_another,
    _with_another,
    _concatenated,
    _depthwise,
    _grouped,
    _grouped,
    _transposed,
    _pooled,
    _gated,
    _on_last_axis,
    _half,
    _again,
    _in_groups,
]


def thin_out(network, seed):
    """Give a network random weights and statistics, many of them zero, as training does."""
    generator = torch.Generator().manual_seed(seed)

    def mask(n, share):
        return torch.rand(n, generator=generator) < share

    with torch.no_grad():
        for name, tensor in (*network.named_parameters(), *network.named_buffers()):
            if not tensor.is_floating_point():
                continue
            tensor.copy_(torch.randn(tensor.shape, generator=generator))
            if name.endswith("running_var"):
                tensor.abs_().add_(0.1)
            if tensor.ndim > 1:
                tensor.mul_(tensor.shape[0] / tensor.numel())
                tensor[mask(tensor.shape[0], 0.4)] = 0
                tensor[:, mask(tensor.shape[1], 0.3)] = 0
            else:
                tensor[mask(len(tensor), 0.4) & torch.tensor("var" not in name)] = 0
        for module in network.modules():
            if getattr(module, "groups", 1) > 1:
                rows = module.weight.unflatten(0, (module.groups, -1))
                rows[mask(module.groups, 0.3)] = 0
                rows[:, 0] = 0
            elif isinstance(module, nn.GroupNorm):
                dead = mask(module.num_groups, 0.4)
                for of_channels in (module.weight, module.bias):
                    of_channels.unflatten(0, (module.num_groups, -1))[dead] = 0
    return network
