"""Draws of a network's weights, and what they say."""
