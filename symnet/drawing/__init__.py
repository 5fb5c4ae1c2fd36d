"""Pictures: a network as lectures draw it, and the graph of a computation, as SVG and as TikZ."""
