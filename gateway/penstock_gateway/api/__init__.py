"""The REST API: who may do what, and the application that its routes stand in."""
