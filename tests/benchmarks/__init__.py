import os

for library in ("OMP", "OPENBLAS", "MKL"):  # one thread; read when NumPy is loaded
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")
