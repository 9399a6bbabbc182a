"""Before anything is trained: what will run and its price, what the machine has, data and weights gathered."""
