"""Corrections: the smallest edit of a printed formula that makes it right."""

from symnet.correction.correct import Edit, correct_formula, edit_latex, printable, smallest_edit

__all__ = ["Edit", "correct_formula", "edit_latex", "printable", "smallest_edit"]
