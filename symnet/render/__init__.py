"""Pictures of a derivation: LaTeX, plain text, values by hand; all in the reading order of a slide."""
