"""Functions of scipy.special in traced NumPy code."""

import math
from typing import Any

import numpy as np
from scipy import special

from tests.candidates.layers import LAYERS, Layer, proof


def test_erf_and_expit_are_followed() -> None:
    def gelu(x: Any, dout: Any) -> Any:
        cdf = 0.5 * (1 + special.erf(x / np.sqrt(2)))
        return x * cdf, dout * (cdf + x * np.exp(-x * x / 2) / math.sqrt(2 * math.pi))

    def sigmoid(x: Any, dout: Any) -> Any:
        out = special.expit(x)
        return out, dout * out * special.expit(-x)

    for name, function in (("gelu_erf", gelu), ("sigmoid", sigmoid)):
        layer: Layer = LAYERS[name]
        assert proof(function, layer, layer.sizes[0]).verdict == "proved"
