"""How long a text is."""


def length(text: str) -> int:
    """Return how long a text is by the strictest counting: UTF-16 units, as TikTok counts captions and browsers count fields.

    How TikTok counts replies and messages is not documented; no other counting gives more.
    """
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
