"""The gate: what must hold before a change of the contract may land; checks return their findings."""
