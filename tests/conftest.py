"""Hypothesis runs the same examples every time: a red test must be red for everybody."""

from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")
