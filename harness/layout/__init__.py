"""How a table is shown: its rows beside the paper's, laid out, and written in each format."""
