"""Stored values over REST: previews as JSON, the bytes as MessagePack."""
