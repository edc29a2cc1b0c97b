"""Every fault changes what its name says, and nothing else."""
