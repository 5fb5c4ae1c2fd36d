"""Hand-written NumPy layers and a tape, forward and backward, rows are objects.

This is the second, independent road to every number symnet derives: nothing here knows SymPy or any symbolic
room. Functions keep the floating type they are given.
"""

from symnet.numeric.reference.activations import ACTIVATIONS, Activation
from symnet.numeric.reference.layers import (
    batchnorm_backward,
    batchnorm_forward,
    dense_backward,
    dense_forward,
    dropout_at_test,
    dropout_backward,
    dropout_forward,
    sgd_step,
    squared_error,
    squared_error_backward,
)
from symnet.numeric.reference.tape import Node, Tape

__all__ = [
    "ACTIVATIONS",
    "Activation",
    "Node",
    "Tape",
    "batchnorm_backward",
    "batchnorm_forward",
    "dense_backward",
    "dense_forward",
    "dropout_at_test",
    "dropout_backward",
    "dropout_forward",
    "sgd_step",
    "squared_error",
    "squared_error_backward",
]
