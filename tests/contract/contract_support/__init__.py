"""What the contract tests of all consumers share."""
