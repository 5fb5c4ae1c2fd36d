"""Text from outside, read by grammars and never executed: network files and the LaTeX of slides."""
