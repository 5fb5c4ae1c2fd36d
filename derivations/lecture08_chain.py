"""Lecture 8, "everything is very complicated": a chain of three neurons, normalized everywhere (lines 432-543).

The slide normalizes w_1 x to x and goes on from there; `chain` is that network, `whole` the one with w_1 in it.
The bias w_02 stands outside f on one slide (line 488) and inside it on the next (line 511): `outside` and `chain`.
f is abstract, so every verdict holds for every smooth activation.
"""

from collections.abc import Sequence

from sympy import Add, Expr, Mul, Pow, S, Symbol

from symnet.claims import Finding, Reading, Section, Slide, combine, shown
from symnet.differentiate import adjoint_name, gradient, paths
from symnet.equations import Derivation, names_used, rewrite_uses
from symnet.errors import UnbalancedError
from symnet.expressions import product, subexpressions, substitute, total
from symnet.network import Network
from symnet.operations import Call, call, sqrt
from symnet.reading.load import network
from symnet.sums import normal_form
from symnet.truth.assumptions import monotone, nonzero, positive
from symnet.truth.verdict import Verdict, decide
from symnet.truth.witness import find_witness
