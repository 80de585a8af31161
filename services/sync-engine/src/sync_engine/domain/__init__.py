"""What the sync engine knows of frames, clocks, commands and latency. Pure: every time is handed in, in
ns.
"""
