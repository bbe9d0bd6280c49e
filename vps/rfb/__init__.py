"""The VNC wire protocol (RFB 3.8, RFC 6143), as far as we speak it."""
