"""Sphinx configuration."""

from importlib.metadata import version as installed

project = "bayesneuron"
author = "The bayesneuron developers"
copyright = "2026, The bayesneuron developers"
release = version = installed("bayesneuron")
extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
]
myst_enable_extensions = ["dollarmath", "deflist"]
myst_heading_anchors = 3
autosummary_generate = True
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "bayesneuron"
nitpicky = False
