"""How the store is reached: connections, pools, faults, named queries."""
