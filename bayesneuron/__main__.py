"""``python -m bayesneuron``."""

from bayesneuron.app.cli import main

main()
