"""Templated texts of our own for the review starter: counterfactual pairs and kinds of harm that the open sets lack.

Every harmful sentence has neighbours that share its words and break nothing: denied, quoted in order to condemn it,
aimed at a thing, said of oneself. Wording is mild on purpose; what matters is who is said to be what.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_name("review_talk.txt")
GROUPS = (
    "immigrants", "refugees", "foreigners", "Muslims", "Jews", "Christians", "Hindus", "Buddhists", "women", "men", "gay people",
    "lesbians", "trans people", "disabled people", "blind people", "deaf people", "old people", "young people", "black people",
    "white people", "Asians", "Africans", "Mexicans", "Indians", "Chinese people", "Poles", "Romanians", "Turks", "Arabs",
    "Roma people", "autistic people", "queer people",
)  # fmt: skip
ONE = (
    "a gay man", "a Muslim", "a Jew", "a black woman", "a trans woman", "an immigrant", "a disabled man", "a woman", "a lesbian",
    "a refugee", "an Asian woman", "a deaf man", "an old woman", "a Christian", "a Mexican", "a queer person",
)  # fmt: skip
LOW = (
    "vermin", "scum", "a plague", "parasites", "animals", "filth", "trash", "a disease", "disgusting", "subhuman", "worthless",
    "stupid and dirty", "thieves, all of them", "inferior",
)  # fmt: skip
GONE = (
    "sent away", "locked up", "thrown out of the country", "wiped out", "kept out of this shop", "banned from everywhere", "beaten",
    "put down",
)  # fmt: skip
THINGS = (
    "this phone", "this blender", "the battery", "this film", "the plot", "the wifi", "this chair", "the app", "this kettle",
    "the traffic here", "this song", "the packaging", "the manual", "this hotel lift", "the mattress",
)  # fmt: skip
ROLES = ("waiter", "receptionist", "driver", "owner", "seller", "cook", "manager", "cashier", "guide", "doctor", "landlord", "courier")
INSULTS = ("idiot", "moron", "fool", "clown", "pig", "liar", "loser", "muppet", "halfwit", "cretin", "rat", "disgrace to mankind")
PLACES = ("cafe", "hotel", "barber shop", "pharmacy", "clinic", "bakery", "gym", "garage", "bookshop", "restaurant", "museum", "campsite")
NAMES = ("Anna Berg", "Tom Keller", "Mara Novak", "Luca Rossi", "Ines Dahl", "Hugo Lindt", "Vera Toth", "Samir Adler")
STREETS = ("Mill Lane", "Elm Street", "Harbour Road", "Station Road", "Park Avenue", "Church Street", "Garden Close")
SITES = ("bestdeals.example.com", "cheap-watch.shop", "mychannel.tv", "free-gifts.info", "fastloans.biz", "www.win-today.net")
WORKED = (
    "works well", "arrived on time", "tastes great", "is comfortable", "was a waste of money", "broke after a week", "smells odd",
    "is too loud", "does what it says",
)  # fmt: skip
BODY = ("legs", "arm", "nose", "neck", "fingers", "face", "back")
HURT = ("hurt", "beat up", "stab", "shoot", "kill", "run over", "strangle", "cut", "punch")
HURT_DONE = ("hurt", "beaten up", "stabbed", "shot", "killed", "run over", "hanged", "burned")
KNOWN = ("hate", "harassment", "threat", "sexual", "profanity", "spam", "privacy")


@dataclass(frozen=True, slots=True)
class Template:
    """`form` with slots in braces; every label not in `harms` is 0. `function` names what it probes and groups it in a split."""

    function: str
    form: str
    harms: tuple[str, ...] = ()


def read_templates(path: Path = FILE) -> list[Template]:
    """Raises ValueError on a form before the first heading or with a slot that there is not."""
    function, harms, found = "", (), []  # type: str, tuple[str, ...], list[Template]
    for line in path.read_text("utf-8").splitlines():
        if heading := re.fullmatch(r"\[([\w-]+)(?:: ([\w ]+))?\]", line):
            function, harms = heading.group(1), tuple((heading.group(2) or "").split())
        elif line.strip() and not line.startswith(";"):
            if not function or not set(harms) <= set(KNOWN):
                raise ValueError(f"{path.name}: {line!r} stands under no heading or an unknown label")
            found.append(Template(function, line, harms))
    return found


def _fill(form: str, rng: random.Random) -> str:
    words: Mapping[str, str] = {
        "groups": rng.choice(GROUPS), "one": rng.choice(ONE), "low": rng.choice(LOW), "gone": rng.choice(GONE), "thing": rng.choice(THINGS),
        "role": rng.choice(ROLES), "insult": rng.choice(INSULTS), "place": rng.choice(PLACES), "name": rng.choice(NAMES),
        "street": rng.choice(STREETS), "site": rng.choice(SITES), "worked": rng.choice(WORKED), "number": str(rng.randint(1000, 9999)),
        "body": rng.choice(BODY), "hurt": rng.choice(HURT), "hurt_done": rng.choice(HURT_DONE),
        "house": str(rng.randint(1, 120)), "mail": f"{rng.choice(NAMES).lower().replace(' ', '.')}@mail.example.org",
    }  # fmt: skip
    text = form.format_map(words)
    return text[:1].upper() + text[1:] if rng.random() < 0.6 else text


def talk(seed: int = 0, each: int = 30) -> Iterator[tuple[str, str, dict[str, int]]]:
    """(text, function, labels), distinct texts, at most `each` of a template."""
    rng = random.Random(seed)
    seen: set[str] = set()
    for template in read_templates():
        for _ in range(each):
            text = _fill(template.form, rng)
            if text not in seen:
                seen.add(text)
                yield text, template.function, {name: int(name in template.harms) for name in KNOWN}
