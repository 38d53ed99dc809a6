# ruff: noqa: RUF001 - the letters that look alike are the subject of this table
"""Letters and signs that stand for others."""

LOOKALIKES = str.maketrans(
    "авеёзіїкмнорстухѕјԁԛԝһӏєгпияґьӓӧαβγεζηικνορτυχωϲσɑɡɩʀʟɴʏᴀᴄᴅᴇᴊᴋᴍᴏᴘᴛᴜᴠᴡᴢɪɢʜꜱꜰʙցօսոհ",
    "abeeeiikmhopctyxsjdqwhl3rnurrbaoabyeznikvoptuxwcoagirlnyacdejkmoptuvwzighsfbgounh",
)
"""Cyrillic, Greek, Armenian and phonetic letters (lower case) that a reader takes for Latin ones."""

PLAIN_LETTERS = str.maketrans(
    {"ı": "i", "ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h"}
)
"""Latin letters that are no base letter with an accent."""

LEET = str.maketrans("01345789@$!|€£+", "oieastbgasiielt")
"""Digits and signs written for letters."""

LEET_AS_L = LEET | str.maketrans("1!|", "lll")
"""The same, reading the upright strokes as an l."""
