"""Pictures of paths, fits and networks; they need matplotlib, and only when they are drawn."""

from sgnn.display.biplot import BiplotDisplay
from sgnn.display.feature_path import FeaturePathDisplay
from sgnn.display.first_layer import FirstLayerDisplay
from sgnn.display.network import NetworkDisplay
from sgnn.display.neurons import NeuronsDisplay
from sgnn.display.path import PathDisplay
from sgnn.display.stability import StabilityDisplay

__all__ = [
    "BiplotDisplay",
    "FeaturePathDisplay",
    "FirstLayerDisplay",
    "NetworkDisplay",
    "NeuronsDisplay",
    "PathDisplay",
    "StabilityDisplay",
]
