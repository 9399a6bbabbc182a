"""Several generated worlds, pre-trainings and seeds: run, read, judged, drawn."""
