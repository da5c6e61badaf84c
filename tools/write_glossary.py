"""Write docs/glossary.md from the words in bayesneuron/diagnostics/columns.py."""

from pathlib import Path

from bayesneuron.diagnostics.glossary import page

Path(__file__).parents[1].joinpath("docs/glossary.md").write_text(page())
