"""A pretend provider over real HTTP and WebSocket, for the demo and the tests."""
