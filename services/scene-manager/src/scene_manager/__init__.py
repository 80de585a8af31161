"""The control plane: what twins and scenes there are, what each shall do, and where."""
