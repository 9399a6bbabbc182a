"""Speed beside that of peers, in one interleaved run. Timing never goes into the tests."""
