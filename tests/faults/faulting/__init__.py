"""Faults under load, and a judge that believes no service.

A `cell.Cell` injects one kind of fault, again and again, into a `stage.Stage`: a whole platform under load. `load` and
`plants` make the load and write down what was sent and answered; `checker` compares that with raw topics and with
PostgreSQL.
A new cell is a function and one line in `registry`.
"""
