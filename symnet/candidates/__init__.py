"""Somebody else's implementation under test."""
