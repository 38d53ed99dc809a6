"""An imitation of the platform: its own process, its own code, nothing of the product."""
