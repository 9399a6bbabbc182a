"""Behind `launch`: a table's cells one after the other, several at a time, or as a cluster's jobs."""
