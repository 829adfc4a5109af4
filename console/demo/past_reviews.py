"""Reviews of four weeks, put together from parts, each with what a careful reader says of it ("" is fine, else the clause)."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle

PLACES = (
    "Kettle Lane Tearoom", "Harbour Street Garage", "Noodle Bar Nine", "Florist on the Square", "Bakery Lind", "City Museum",
    "Riverside Hotel", "Book Corner", "Mill Road Cinema", "Orchard Bikes", "Lighthouse Campsite",
)  # fmt: skip
BEGINNINGS = (
    "We came here on a rainy Tuesday.", "My second visit this year.", "Booked by phone in the morning.", "I had walked past it for years.",
    "Came with my parents and two small cousins.", "Stopped on the way to the coast.", "A friend had told me about it.",
    "First time for us.", "I go there about once a month.", "Found it by chance.", "Went straight after work.", "A birthday present.",
    "We had an hour before the train.",
)  # fmt: skip
MIDDLES = (
    "Everything was ready when we arrived.", "Parking took longer than the visit itself.", "The prices are fair for the centre of town.",
    "They had run out of half of the list.", "The man at the desk explained it all twice, with patience.", "It was loud, and a little cold near the door.",
    "Clean, bright and well looked after.", "The bill was higher than the offer, and they put it right at once.",
    "We waited twenty minutes and were told why.", "The room smelt of fresh paint.", "Good light to read by, and soft chairs.",
    "The sign outside is easy to miss.", "Smaller than the pictures make it look.", "They found what I had forgotten last time and kept it for me.",
    "The door is too narrow for a pram.", "Not one thing to complain about.", "The music was well chosen.",
)  # fmt: skip
ENDS = (
    "We will be back.", "Bring cash.", "Worth the detour.", "Once is enough for me.", "Ask for a table at the window.",
    "Three stars for the effort.", "Recommended for families.", "Next time I would book ahead.", "All in all a good afternoon.",
    "Nothing special, nothing wrong.", "My mother loved it.",
)  # fmt: skip
GERMAN = (
    "Sehr freundlich, aber am Samstag viel zu voll.", "Das Brot ist gut, die Schlange lang.", "Wir haben uns wohl gefühlt und kommen wieder.",
    "Die Reparatur war schnell und der Preis in Ordnung.", "Leider war das halbe Museum geschlossen, und niemand hat es uns vorher gesagt.",
    "Ruhiges Zimmer, dünne Wände, gutes Frühstück.", "Die Blumen hielten nur zwei Tage.", "Für Kinder gibt es hier wenig zu tun.",
    "Nette Bedienung, die Suppe kam lauwarm.", "Schöne Aussicht über den Hafen, steile Treppe.", "Der Film war gut, der Sitz war es nicht.",
    "Wir mussten lange warten, bekamen aber einen Kaffee dafür.",
)  # fmt: skip
BROKEN = (
    ("4.4", "The woman at the till is a stupid cow."), ("4.4", "The owner is a pathetic liar and a fat idiot."),
    ("4.4", "You are all losers, total idiots, every one of you."), ("4.4", "The cook is a moron, and his waiter is a bigger one."),
    ("4.4", "What an idiot that driver is, a complete brainless moron."), ("4.4", "Her husband is a dumb fool and so is she."),
    ("4.5", "Win a free phone, text WIN to this number now!!!"), ("4.5", "Check out my channel and subscribe, new video every day!"),
    ("4.5", "Cheap tickets, limited offer, click the link at tickets-4u.example now!!!"),
    ("4.5", "Earn 900 a day from home, message me for the free bonus!"), ("4.5", "Half price watches at www.watch-deal.example, buy now, offer ends today!"),
    ("4.5", "Call now to claim your free prize, only fifty left!"),
    ("4.3", "I will wait outside and break your legs."), ("4.3", "Somebody should burn this shop down with him in it."),
    ("4.3", "I know where the manager lives and I will hurt him."),
    ("4.1", "People from that country are vermin and should all be sent away."), ("4.1", "Never buy from women, they are too stupid to run a shop."),
    ("4.8", "The driver's private number is 555 0134 567, call him at night."), ("4.8", "She lives at 12 Mill Lane, flat 3, go and see for yourself."),
    ("4.4", "The receptionist is a fat idiot."), ("4.4", "You are a pathetic liar, everyone should know your face."),
    ("4.4", "That mechanic is a complete moron and a coward."), ("4.4", "The guide is an ugly old fool."),
    ("4.5", "Follow my page for free coupons and win big!"), ("4.5", "Buy followers cheap, click the link in my profile now!!!"),
    ("4.5", "Congratulations, you have been selected for a free holiday, call now!"), ("4.3", "You will pay for this, I will smash your windows tonight."),
    ("4.3", "I will find out where you sleep and hurt you."), ("4.1", "Send them all back where they came from, the dirty animals."),
    ("4.1", "Old people are too stupid to drive and should be locked away."),
    ("4.6", "As the owner I can say that we are the best in town."),
)  # fmt: skip
FINE = 112  # so many in the language that the model has learnt
AUTHORS = 61
AGES = (3, 400, 5, 820, 2, 1500)  # of accounts, in days: new ones, and old ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    text: str
    place: str
    stars: int
    clause: str
    author: str
    days: int  # that the account had existed


def past_reviews() -> list[Past]:
    """In the order in which they came; the same each time."""
    told = [("", text) for text in (*_fine(), *GERMAN)]
    told += [(clause, f"{text} {end}") for (clause, text), end in zip(BROKEN, cycle(ENDS), strict=False)]
    random.Random(4).shuffle(told)
    return [
        Past(
            text=text, place=PLACES[n % len(PLACES)], stars=1 if clause else 2 + n % 4, clause=clause, author=f"guest-{n % AUTHORS + 1}",
            days=AGES[n % AUTHORS % len(AGES)],
        )
        for n, (clause, text) in enumerate(told)
    ]  # fmt: skip


def _fine() -> Iterator[str]:
    """The lengths of the lists share no factor, so no three come together twice."""
    for n in range(FINE):
        yield " ".join((BEGINNINGS[n % len(BEGINNINGS)], MIDDLES[n % len(MIDDLES)], ENDS[n % len(ENDS)]))
