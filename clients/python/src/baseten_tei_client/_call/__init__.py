"""One call by a service: its texts are checked, batched and sent, and the answers put in order."""
