"""Groups around units: what leaves them, what enters them."""

from sgnn.groups.base import Groups


class Outgoing(Groups):
    """All weights that leave one unit."""

    def axes(self, layer):
        return layer.inputs


class Incoming(Groups):
    """All weights that enter one unit, with the unit's bias."""

    with_bias = True

    def axes(self, layer):
        return layer.outputs
