"""Somebody's own code, run on exact symbols and compared with a derivation by the prover.

`trace(function, symbols("x", 5, 2), …)` answers the cases of the code; `prove_traced` says of each output whether it is
that of a derivation, for the shapes that were traced.
"""

from symnet.candidates.tracing.array import Traced, symbols
from symnet.candidates.tracing.compare import Proof, prove_traced
from symnet.candidates.tracing.place import Untraceable
from symnet.candidates.tracing.trace import Case, Masks, trace

__all__ = ["Case", "Masks", "Proof", "Traced", "Untraceable", "prove_traced", "symbols", "trace"]
