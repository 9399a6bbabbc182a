"""Has the code regressed? What `regression` measures, what is expected of it, and how the answer is told."""
