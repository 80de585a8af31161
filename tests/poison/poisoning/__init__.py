"""Writes each kind of bad record to each topic of a running platform, as a foreign producer would, and looks what
becomes of it.
"""
