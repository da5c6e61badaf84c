"""The network: a NumPyro model, its layout, its symmetries and its density."""
