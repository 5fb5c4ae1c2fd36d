"""What runs under an old interpreter (3.6 or newer), with NumPy and the framework; nothing of symnet is imported."""
