"""What is seen of a training as it runs, and what is kept of it; how it is stopped."""
