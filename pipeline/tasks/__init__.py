"""Luigi tasks: when each step runs. The only folder that imports luigi."""
