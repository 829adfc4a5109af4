"""Reviews of invented places."""

from __future__ import annotations

# (minutes ago, author, subject, stars, text)
REVIEWS = [
    (412, "marta_k", "Kettle Lane Tearoom", 5, "Warm scones, proper butter, and they remembered my name. We will be back."),
    (398, "old_tom", "Kettle Lane Tearoom", 1, "We waited forty minutes for two bowls of soup, and when they came they were cold.\n\nI told the waiter and he laughed. What a complete muppet. The owner is a brainless turnip and everyone on Elm Lane should go round to her flat above the shop and tell her so.\n\nThe soup was fine when we came last year. Shame. N3ver ag a i n."),
    (371, "jo.b", "Harbour Street Garage", 2, "Slow, and twice the price they quoted on the phone. The repair itself was fine."),
    (365, "cheap-tix-4u", "Harbour Street Garage", 5, "BEST DEALS!!! Visit cheap-tix.example and message me for half price tickets, limited offer, click the link now!!!"),
    (340, "nadia", "Noodle Bar Nine", 5, "The broth alone is worth the trip. Small tables, kind people."),
    (322, "nadia", "Florist on the Square", 4, "Lovely bouquet, delivered on time. One rose was past its best."),
    (310, "grumpy.gus", "Noodle Bar Nine", 1, "The cook is an idiot and the woman at the till is a stupid cow. They should be ashamed."),
    (284, "p.lind", "Bakery Lind", 5, "I am the owner's cousin, but I would say it anyway: best rye in town."),
    (251, "sam_w", "Dentist Dr Adler", 1, "Dr Adler's private number is 030 5550 142 and she lives at 12 Mill Road, in case you want to complain in person."),
    (244, "sam.w2", "Dentist Dr Adler", 1, "Dr Adler's private number is 030 5550 142, and she lives at 12 Mill Road in case you want to complain in person!"),
    (239, "toothache", "Dentist Dr Adler", 2, "Dr Adler's private number is 030 5550 142 and she lives at 12 Mill Road, in case you want to complain in person"),
    (233, "walker", "City Museum", 3, "Fine collection, but the new wing was closed and nobody told us at the desk."),
    (190, "winwin777", "City Museum", 5, "I made 900 a day from home, ask me how, w w w . easy-cash . example, free bonus for the first fifty people"),
    (171, "hanna", "Riverside Hotel", 1, "I know which bus the night porter takes home. He should watch his back after what he did to our booking."),
    (148, "ben.ito", "Riverside Hotel", 4, "Quiet room, thin walls, excellent breakfast."),
    (120, "kai", "Riverside Hotel", 2, "My friend was called a stupid tourist by the guard. That word hurt her, and nobody said sorry."),
    (96, "lotte", "Book Corner", 5, "They found a copy that had been out of print for ten years."),
    (71, "zed", "Book Corner", 1, "Y0u are all |osers, t0tal idi0ts, and your shop sm3lls."),
    (45, "anon-221", "Book Corner", 1, "People like that should not be allowed to run a shop in our street, send them back where they came from."),
    (22, "rosa", "Bakery Lind", 4, "Good bread, long line on Saturday. Bring a book."),
]  # fmt: skip


def review_items() -> list[dict[str, object]]:
    return [
        {
            "kind": "review", "external_id": f"demo-review-{n}", "minutes_ago": ago,
            "payload": {"text": text, "rating": stars, "subject": subject},
            "actor": {"id": author, "name": author},
        }
        for n, (ago, author, subject, stars, text) in enumerate(REVIEWS, 1)
    ]  # fmt: skip
