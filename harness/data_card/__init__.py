"""A data set shown and documented: its rows, what its labels give away, what stands in two places."""
