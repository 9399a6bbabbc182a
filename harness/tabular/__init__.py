"""What fills `tables`: their columns and cells, from records alone, and the published numbers."""
