"""Residual networks, and the data."""

from sklearn.model_selection import train_test_split
from torch import nn

from benchmarks import data, modules

CHANNELS = {"digits": 1, "fashion_mnist": 1, "cifar_10": 3}


class Block(nn.Module):
    """Two convolutions, and around them the identity or one of 1 x 1.

    Parameters
    ----------
    n_inputs, n_outputs, stride : int
    is_normalised : bool, default=False
        Whether batch normalisation comes after the two, in place of their biases.
    """

    def __init__(self, n_inputs, n_outputs, stride, is_normalised=False):
        super().__init__()
        self.conv1 = nn.Conv2d(n_inputs, n_outputs, 3, stride, 1, bias=not is_normalised)
        self.conv2 = nn.Conv2d(n_outputs, n_outputs, 3, 1, 1, bias=not is_normalised)
        changes = stride > 1 or n_inputs != n_outputs
        self.around = nn.Conv2d(n_inputs, n_outputs, 1, stride) if changes else nn.Identity()
        self.norm1, self.norm2 = (
            nn.BatchNorm2d(n_outputs) if is_normalised else nn.Identity() for _ in range(2)
        )

    def forward(self, x):
        branch = self.conv2(self.norm1(self.conv1(x)).relu())
        return (self.norm2(branch) + self.around(x)).relu()


class ResidualNetwork(nn.Module):
    """A convolution, three blocks, the mean over places, and a dense layer; no normalisation."""

    def __init__(self, widths=(16, 32, 64)):
        super().__init__()
        self.conv = nn.Conv2d(1, widths[0], 3, 1, 1)
        self.block1 = Block(widths[0], widths[0], 1)
        self.block2 = Block(widths[0], widths[1], 2)
        self.block3 = Block(widths[1], widths[2], 2)
        self.output = nn.Linear(widths[2], 10)

    def forward(self, x):
        x = self.block3(self.block2(self.block1(self.conv(x).relu())))
        return self.output(x.mean((2, 3)))


class ResNet(nn.Module):
    """The residual network of He et al. (2016) for small images, of 6 n + 2 layers.

    Parameters
    ----------
    n_channels : int
    n_blocks : int
        n, the blocks of each width.
    widths : tuple of three int
    """

    def __init__(self, n_channels, n_blocks=3, widths=(16, 32, 64)):
        super().__init__()
        self.conv = nn.Conv2d(n_channels, widths[0], 3, 1, 1, bias=False)
        self.norm = nn.BatchNorm2d(widths[0])
        before, blocks = widths[0], []
        for width in widths:
            for number in range(n_blocks):
                stride = 2 if number == 0 and width != widths[0] else 1
                blocks.append(Block(before, width, stride, is_normalised=True))
                before = width
        self.blocks = nn.Sequential(*blocks)
        self.output = nn.Linear(before, 10)

    def forward(self, x):
        x = self.blocks(self.norm(self.conv(x)).relu())
        return self.output(x.mean((2, 3)))


def network(name):
    """Return a new network for a data set."""
    module = ResidualNetwork() if name == "digits" else ResNet(CHANNELS[name])
    return modules.placed(module)


def splits(name, seed):
    """Return training, validation and test data, each as a pair of tensors."""
    X, X_test, y, y_test = data.split(data.load(name), seed)
    side = int((X.shape[1] // CHANNELS[name]) ** 0.5)
    X, X_val, y, y_val = train_test_split(X, y, test_size=0.2, random_state=seed, stratify=y)
    mean, scale = X.mean(), X.std()
    return [
        (modules.images(part, side, mean, scale), modules.labels(labels))
        for part, labels in ((X, y), (X_val, y_val), (X_test, y_test))
    ]
