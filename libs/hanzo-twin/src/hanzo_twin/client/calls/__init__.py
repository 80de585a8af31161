"""Every operation of the API, as a value that a client carries out."""
