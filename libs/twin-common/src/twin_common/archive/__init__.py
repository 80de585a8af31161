"""What is kept of journals in object storage: sealed ranges, and where a partition was seen to reach."""
