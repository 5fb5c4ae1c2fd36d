"""symnet: symbolic derivation and verification of neural-network mathematics."""
