"""One operator process: its replica, Lease, leader and probes."""
