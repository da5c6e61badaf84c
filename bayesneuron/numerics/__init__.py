"""Arrays and numbers that know nothing of networks."""
