"""What the REST API speaks, for the gateway that answers and for whoever asks it; nothing here knows the store or the cluster."""
