"""What the programs and libraries of others say of what mockpki makes."""
