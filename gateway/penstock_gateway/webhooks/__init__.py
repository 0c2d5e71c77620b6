"""Webhooks: who sent it, may it run, what does it hold."""
