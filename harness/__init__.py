"""Measures: tasks, data, metrics, the runner, records, tables and the command line. Never imports torch."""

__version__ = "0.1.0"
