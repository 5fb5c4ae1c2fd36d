"""Networks of named neurons and of layers, their dropout masks, and the equations they write."""

from symnet.network.layers import Activate, Bias, Dense, Normalize, Softmax, layered
from symnet.network.network import Network, Normalization
from symnet.network.neurons import Loss, Neuron, Norm

__all__ = [
    "Activate",
    "Bias",
    "Dense",
    "Loss",
    "Network",
    "Neuron",
    "Norm",
    "Normalization",
    "Normalize",
    "Softmax",
    "layered",
]
