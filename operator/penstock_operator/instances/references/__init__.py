"""What an Instance refers to, and what is wrong with it: Integration and version, ConfigMaps, Secrets of connections and webhooks."""
