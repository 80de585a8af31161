"""What is true of twins and scenes: no Kafka, database or wall clock in here."""
