"""Reviews that readers reported and two people decided, so that the pages of the checks have something to show."""

from __future__ import annotations

from django.db import transaction

from console.accounts.models import Source, User
from console.cases.models import Case
from console.demo.told import say, score_now, settle
from console.flow import item_report, items_receive
from console.intake.models import Item
from console.intake.parsing import parse_item
from console.quality.checks import check_open
from console.quality.gold import gold_mark
from console.quality.measuring import measure
from console.quality.models import Check
from console.verdicts.models import Verdict

KIND = "review"
ALLOW = ""
# text, what Rita said, what the second said ("" is allow, else a clause)
DECIDED: tuple[tuple[str, str, str], ...] = (
    ("The lamp arrived with a bent foot, and the shop sent a new one in two days.", ALLOW, ALLOW),
    ("Whoever wrote the manual is a fool and should be told so.", "4.4", "4.4"),
    ("The seller is a crook. Everybody in that shop is a crook.", "4.4", "4.4"),
    ("Colour as in the picture, cloth a little thin.", ALLOW, ALLOW),
    ("Buy followers cheap, message me for the list.", "4.5", "4.5"),
    ("Five stars! Find my own shop under my name, half the price.", "4.5", "4.6"),
    ("I am the cousin of the owner and I can only praise this bakery.", "4.6", "4.6"),
    ("My neighbour owns it, so of course I like it.", ALLOW, "4.6"),
    ("The courier lives at number 12, go and ring his bell at night.", "4.8", "4.8"),
    ("Waiter called Tom was rude, food was fine.", ALLOW, "4.8"),
    ("Not about the kettle: the weather was dreadful all week.", "4.7", "4.7"),
    ("Nice view from my window today, nothing else to say.", "4.7", "4.7"),
    ("Broke after a week. Very disappointed.", ALLOW, ALLOW),
    ("The worst soup of my life, and I have had many soups.", ALLOW, ALLOW),
    ("You will be sorry that you sold me this. I know where you park.", "4.3", "4.3"),
    ("I will come by with a hammer, you will see.", "4.3", "4.4"),
    ("Good value, would buy again.", ALLOW, ALLOW),
    ("Chair is comfortable, the screws are not all there.", ALLOW, ALLOW),
)
KNOWN = (0, 1, 2, 4, 8, 14)  # of these everybody may be sure


def demo_checked(source: Source, first: User, second: User, lead: User) -> int:
    """Through the real pipeline, undo skipped; returns how many items were new."""
    rows = [
        {"kind": KIND, "external_id": f"demo-checked-{n}", "payload": {"text": text}} for n, (text, _, _) in enumerate(DECIDED)
    ]
    with transaction.atomic():  # before a worker may score them
        received = items_receive(source=source, rows=[parse_item(row) for row in rows], actor="system")
        if any(answer.result != "created" for answer in received):
            return 0
        items = [Item.objects.get(pk=answer.id) for answer in received]
        for item in items:
            item_report(item=item, reporter="reader-1", reason="other", text="Please look at this.", actor="system")
        score_now(items)
    for item, (_, said, again) in zip(items, DECIDED, strict=True):
        case = Case.objects.get(item=item)
        verdict = say(case, first, said)
        settle([item])
        say(_second(verdict).case, second, again)
        settle([item])
    for number in KNOWN:
        said = DECIDED[number][1]
        gold_mark(item=items[number], outcome="enforce" if said else "allow", clauses=[said] if said else [], note="", user=lead)
    measure(KIND)
    return len(items)


def _second(verdict: Verdict) -> Check:
    drawn = Check.objects.filter(about=verdict, purpose=Check.Purpose.SECOND).first()
    if drawn is not None:
        return drawn
    with transaction.atomic():
        return check_open(
            purpose=Check.Purpose.SECOND, item=verdict.item, queue=verdict.case.queue, severity=verdict.severity, label="",
            probability=1.0, about=verdict,
        )  # fmt: skip
