"""Layers and functions as people write them in TensorFlow and Keras."""

import keras
import tensorflow as tf


class LayerNorm(keras.layers.Layer):
    def build(self, shape):
        self.gamma = self.add_weight(shape=(shape[-1],), name="gamma", initializer="ones")
        self.beta = self.add_weight(shape=(shape[-1],), name="beta", initializer="zeros")

    def call(self, x):
        mean, variance = tf.nn.moments(x, axes=-1, keepdims=True)
        return self.gamma * (x - mean) / tf.sqrt(variance + 1e-3) + self.beta


class Drop(keras.layers.Layer):
    def __init__(self, rate):
        super().__init__()
        self.rate = rate

    def call(self, x, training=False):
        return tf.nn.dropout(x, self.rate) if training else x


def wrong_axis(x, gamma, beta, eps):
    mean, variance = tf.nn.moments(x, axes=[1], keepdims=True)
    return gamma * (x - mean) / tf.sqrt(variance + eps) + beta


@tf.custom_gradient
def sigmoid(x):
    y = tf.sigmoid(x)
    return y, lambda g: g * y


ROWS = [
    ("LayerNorm", "layer_norm", "agrees", ""),
    ("Drop", "dropout", "agrees", ""),
    ("wrong_axis", "batch_norm", "wrong", "axis"),
    ("sigmoid", "sigmoid", "wrong", "factor-lost"),
]
