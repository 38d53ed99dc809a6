"""Builders of the files that TikTok hands out, in its three layouts, with invented people."""

import io
import json
import zipfile

OWN = "lottekookt"
REGION = "NL"
PARTNERS = ("sanne.test", "bram.test")
VIDEO = "7672400000000000101"


def comments(count, *, suffix=" UTC"):
    return [
        {
            "date": f"2026-0{n % 9 + 1}-1{n % 7} 10:{n // 60 % 60:02d}:{n % 60:02d}{suffix}",
            "comment": f"Dank je wel, nummer {n}",
            "photo": "N/A",
            "video": "",
            "sticker": "None",
            "originalPostUrl": f"https://www.tiktok.com/@iemand/video/{VIDEO}",
        }
        for n in range(count)
    ]


def chats():
    return {
        f"Chat History with {PARTNERS[0]}:": [
            {
                "Date": "2026-03-01 09:00:00",
                "From": PARTNERS[0],
                "Content": "Hoi Lotte, waar koop je die pan?",
            },
            {"Date": "2026-03-01 09:05:00", "From": OWN, "Content": "Bij de winkel om de hoek."},
            {"Date": "2026-03-01 09:06:00", "From": PARTNERS[0], "Content": "ok"},
            {"Date": "2026-03-01 09:06:00", "From": PARTNERS[0], "Content": "ok"},
        ],
        f"Chat History with {PARTNERS[1]}:": [
            {"Date": "2026-03-02 09:00:00 UTC", "From": PARTNERS[1], "Content": "Samenwerken?"},
        ],
    }


def posts(*, likes="120", disclosure="Paid partnership"):
    return [
        {
            "Date": "2026-02-01 18:00:00", "Link": f"https://www.tiktokv.com/share/video/{VIDEO}/", "Likes": likes,
            "WhoCanView": "Public", "AllowComments": "Yes", "ContentDisclosure": disclosure, "AIGeneratedContent": "No",
            "Sound": "origineel", "Location": "Ergens", "Title": "N/A",
        }
    ]  # fmt: skip


def lives():
    return [
        {
            "LiveStartTime": "2026-04-01 20:00:00", "LiveEndTime": "2026-04-01 21:00:00", "LiveDuration": "01:00:00",
            "RoomId": "7400000000000000001", "RoomTitle": "Soep", "TotalEarning": "1.234 diamonds", "TotalLike": 10,
            "TotalView": 200, "TotalGifter": 3, "MutedList": ["iemand.test"],
        }
    ]  # fmt: skip


def followers():
    return [
        {"UserName": "volger1.test", "Date": "2026-01-01 00:00:00"},
        {"UserName": "volger2.test", "Date": "2026-01-01 00:00:00"},
    ]


PROFILE = {
    "accountRegion": REGION,
    "userName": OWN,
    "emailAddress": "geheim@example.org",
    "birthDate": "1990-01-01",
}
TRANSACTIONS = [{"Date": "2026-05-01 00:00:00", "SomethingNew": {"a": [1, 2]}, "Amount": "€ 1.500"}]
WATCHED = {"VideoList": [{"Date": "2026-01-01 00:00:00", "Link": "https://www.tiktokv.com/share/video/1/"}]}


def layout(generation, *, count=5, **more):
    """Return the document of a generation: 2026, 2025 or "older"."""
    written, said, shown = comments(count), chats(), posts(**more)
    if generation == 2026:
        return {
            "Comment": {"Comments": {"CommentsList": written}},
            "Direct Message": {"Direct Messages": {"ChatHistory": said}, "Group Chat": {"GroupChat": {}}},
            "Post": {"Posts": {"VideoList": shown}, "Recently Deleted Posts": {"PostList": None}},
            "Income+ Wallet": {
                "Transaction History": {"TransactionsList": TRANSACTIONS},
                "Coin Purchase History": {
                    "CoinPurchaseHistoryList": [{"Date": "2026-05-02 00:00:00", "Type": "Recharge", "CoinAmount": 70}]
                },
            },
            "Your Activity": {
                "Purchases": {
                    "SendGifts": {
                        "SendGifts": [{"Date": "2026-05-03 00:00:00", "GiftAmount": "1", "UserName": "bram.test"}]
                    },
                    "BuyGifts": {"BuyGifts": [{"Date": "2026-05-04 00:00:00", "Price": "€0.40"}]},
                },
                "Watch History": WATCHED,
            },
            "TikTok Live": {"Go Live History": {"GoLiveList": lives()}},
            "Profile And Settings": {
                "Profile Info": {"ProfileMap": PROFILE}, "Follower": {"FansList": followers()},
            },
            "Likes and Favorites": {"Like List": {"ItemFavoriteList": None}},
        }  # fmt: skip
    if generation == 2025:
        return {
            "Comment": {"Comments": {"CommentsList": written}},
            "Direct Message": {"Direct Messages": {"ChatHistory": said}},
            "Post": {"Posts": {"VideoList": shown}},
            "Income Plus Wallet Transactions": {"Transaction History": {"TransactionsList": []}},
            "Tiktok Live": {"Go Live History": {"GoLiveList": lives()}},
            "Your Activity": {"Follower": {"FansList": followers()}, "Watch History": WATCHED},
            "Profile": {"Profile Info": {"ProfileMap": PROFILE}},
        }
    lower = [
        {k.lower(): v for k, v in one.items() if k != "originalPostUrl"} | {"url": one["originalPostUrl"]}
        for one in comments(count, suffix="")
    ]
    return {
        "Activity": {"Follower List": {"FansList": followers()}, "Purchase History": {"SendGifts": {"SendGifts": {}}}},
        "Comment": {"CommentsList": lower},
        "Direct Messages": {"Chat History": {"ChatHistory": said}},
        "Video": {"Videos": {"VideoList": shown}},
        "Tiktok Live": {"Go Live History": {"GoLiveList": []}},
        "Profile": {"Profile Information": {"ProfileMap": PROFILE}},
    }  # fmt: skip


def as_json(document, **more):
    return json.dumps(document, ensure_ascii=False, **more).encode()


def zipped(**files):
    """Return a zip; names use `__` for a dot."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in files.items():
            info = zipfile.ZipInfo(name.replace("__", "."), date_time=(2026, 3, 1, 12, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            package.writestr(info, content)
    return out.getvalue()


def export_zip(generation, **more):
    name = "user_data__json" if generation == "older" else "user_data_tiktok__json"
    return zipped(**{name: as_json(layout(generation, **more))})


def portability_zip(**more):
    """The Data Portability zip: the same JSON, a category a file."""
    whole = layout(2026, **more)
    return zipped(
        **{f"{name.replace(' ', '_')}__json": as_json({name: part}) for name, part in whole.items()}
    )
