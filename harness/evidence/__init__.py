"""What supports a number: intervals and tests, verdicts, the paper's claims, departures, a cell's whole chain."""
