"""Evidence packs and the stand-alone verifier that travels in them."""
