"""What an answer is, without HTTP or bus."""
