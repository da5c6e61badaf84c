"""``python -m bayesneuron``."""

from bayesneuron.cli import main

main()
