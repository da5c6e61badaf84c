"""The command: from a file to a report."""
