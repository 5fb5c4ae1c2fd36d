"""Presets of frameworks, one module each; a framework is imported only when a target names its module."""
