"""Other people's numeric implementations: run on probes, compared with the derivation, and judged."""
