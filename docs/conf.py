"""Sphinx configuration."""

import sys
from importlib.metadata import version as installed
from types import ModuleType

import bayesneuron

# Namespaces live in their rooms (`bayesneuron.geometry.distances`); pages name them as users do.
for name in bayesneuron.__all__:
    if isinstance(getattr(bayesneuron, name), ModuleType):
        sys.modules[f"bayesneuron.{name}"] = getattr(bayesneuron, name)

project = "bayesneuron"
author = "The bayesneuron developers"
copyright = "2026, The bayesneuron developers"
release = version = installed("bayesneuron")
extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx-mathjax-offline",  # MathJax among the site's own files
    "sphinx.ext.mathjax",
    "sphinx_design",
]
myst_enable_extensions = ["colon_fence", "dollarmath", "deflist", "html_image"]
myst_heading_anchors = 3
autosummary_generate = True
templates_path = ["_templates"]
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "bayesneuron"
html_static_path = ["_static"]
html_css_files = ["style.css"]
nitpicky = False


def escape_bars(app, what, name, obj, options, lines):
    """Let |ρ| in a docstring be a size, not reStructuredText's substitution."""
    example = False
    for i, line in enumerate(lines):
        example = line.lstrip().startswith(">>>") or (example and bool(line.strip()))
        if not example:
            parts = line.split("``")  # every other one is code
            parts[::2] = [part.replace("|", r"\|") for part in parts[::2]]
            lines[i] = "``".join(parts)


def setup(app):
    """After numpydoc, whose priority is the default 500."""
    app.connect("autodoc-process-docstring", escape_bars, priority=900)
