"""Batch normalization whose variance is E x^2 - (E x)^2. See docs/validate.md."""

import numpy as np


def batchnorm_forward(x, gamma, beta, eps):
    mean = x.mean(axis=0)
    variance = (x * x).mean(axis=0) - mean * mean
    return gamma * (x - mean) / np.sqrt(variance + eps) + beta
