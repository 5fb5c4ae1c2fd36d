"""Frameworks that want a Python of their own: `engine` asks, and `worker/serve.py` answers under that interpreter."""
