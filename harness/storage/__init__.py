"""Files written whole or not at all, sealed by a checksum, one process at each; answers kept beside a record."""
