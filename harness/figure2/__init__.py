"""Behind `figures`: both halves of Figure 2, run, as tidy data, and in results/."""
