"""The client of the provider's API: standard library and requests, nothing of ours and nothing of Django."""
