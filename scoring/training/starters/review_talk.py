"""Templated texts of our own for the review starter: counterfactual pairs and kinds of harm that the open sets lack.

Every harmful sentence has neighbours that share its words and break nothing: denied, quoted in order to condemn it,
aimed at a thing, said of oneself. Wording is mild on purpose; what matters is who is said to be what.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

GROUPS = (
    "immigrants", "refugees", "foreigners", "Muslims", "Jews", "Christians", "Hindus", "Buddhists", "women", "men", "gay people", "lesbians",
    "trans people", "disabled people", "blind people", "deaf people", "old people", "young people", "black people", "white people", "Asians",
    "Africans", "Mexicans", "Indians", "Chinese people", "Poles", "Romanians", "Turks", "Arabs", "Roma people", "autistic people", "queer people",
)  # fmt: skip
ONE = (
    "a gay man", "a Muslim", "a Jew", "a black woman", "a trans woman", "an immigrant", "a disabled man", "a woman", "a lesbian", "a refugee", "an Asian woman",
    "a deaf man", "an old woman", "a Christian", "a Mexican", "a queer person",
)  # fmt: skip
LOW = ("vermin", "scum", "a plague", "parasites", "animals", "filth", "trash", "a disease", "disgusting", "subhuman", "worthless", "stupid and dirty", "thieves, all of them", "inferior")
GONE = ("sent away", "locked up", "thrown out of the country", "wiped out", "kept out of this shop", "banned from everywhere", "beaten", "put down")
THINGS = ("this phone", "this blender", "the battery", "this film", "the plot", "the wifi", "this chair", "the app", "this kettle", "the traffic here", "this song", "the packaging", "the manual", "this hotel lift", "the mattress")
ROLES = ("waiter", "receptionist", "driver", "owner", "seller", "cook", "manager", "cashier", "guide", "doctor", "landlord", "courier")
INSULTS = ("idiot", "moron", "fool", "clown", "pig", "liar", "loser", "muppet", "halfwit", "cretin", "rat", "disgrace to mankind")
PLACES = ("cafe", "hotel", "barber shop", "pharmacy", "clinic", "bakery", "gym", "garage", "bookshop", "restaurant", "museum", "campsite")
NAMES = ("Anna Berg", "Tom Keller", "Mara Novak", "Luca Rossi", "Ines Dahl", "Hugo Lindt", "Vera Toth", "Samir Adler")
STREETS = ("Mill Lane", "Elm Street", "Harbour Road", "Station Road", "Park Avenue", "Church Street", "Garden Close")
SITES = ("bestdeals.example.com", "cheap-watch.shop", "mychannel.tv", "free-gifts.info", "fastloans.biz", "www.win-today.net")
WORKED = ("works well", "arrived on time", "tastes great", "is comfortable", "was a waste of money", "broke after a week", "smells odd", "is too loud", "does what it says")
KNOWN = ("hate", "harassment", "threat", "sexual", "profanity", "spam", "privacy")


@dataclass(frozen=True, slots=True)
class Template:
    """`form` with slots in braces; every label not in `harms` is 0. `function` names what it probes and groups it in a split."""

    function: str
    form: str
    harms: tuple[str, ...] = ()


def _templates(function: str, harms: Sequence[str], *forms: str) -> list[Template]:
    return [Template(function, form, tuple(harms)) for form in forms]


TEMPLATES: tuple[Template, ...] = (
    *_templates("derogation", ["hate"], "{groups} are {low}", "All {groups} are {low}.", "I hate {groups}.", "I can't stand {groups}, they are {low}", "{groups} make me sick", "you know what {groups} are? {low}", "Typical {groups}: {low}.", "Never trust {groups}, they are {low}", "This {place} is full of {groups}. {low}, the lot.", "I despise every single one of those {groups}"),
    *_templates("exclusion", ["hate"], "{groups} should be {gone}", "All {groups} must be {gone}.", "Why are {groups} not {gone} yet?", "This {place} would be better without {groups}.", "{groups} do not belong here", "We don't want {groups} in our {place}", "Nobody should hire {groups}.", "No {groups} allowed, please, they ruin every {place}"),
    *_templates("negated-good", ["hate"], "{groups} deserve no respect", "{groups} are not real people", "{groups} do not deserve to live here", "There is nothing good about {groups}.", "{groups} will never be our equals"),
    *_templates("hate-person", ["hate", "harassment"], "You are just {one}, and people like you are {low}", "The {role} is {one}, so of course the service was {low}", "Go back to where you came from, {groups} are not welcome", "Served by {one}. Disgusting, they are all {low}."),
    *_templates("hate-threat", ["hate", "threat"], "I will beat up all {groups} I meet", "Let's hunt {groups} down tonight", "Someone should shoot {groups}", "{groups} should be killed, every one of them", "We will burn down the houses of {groups}"),
    *_templates("negation", [], "I do not hate {groups}.", "{groups} are not {low}", "No, {groups} are not {low}, and you know it", "I would never say that {groups} are {low}.", "{groups} should not be {gone}", "Nobody should say that {groups} are {low}", "It is not true that {groups} are {low}."),
    *_templates("quoted", [], "The {role} said '{groups} are {low}'. We left at once.", "A sign at the {place} read \"no {groups}\". Shameful.", "\"{groups} should be {gone}\" is what he told us. Horrible, avoid this {place}.", "My neighbour thinks {groups} are {low}, which is wrong and cruel.", "He wrote that all {groups} must be {gone}. Please report him."),
    *_templates("counter-speech", [], "Whoever says {groups} are {low} should be ashamed.", "Saying \"I hate {groups}\" is never acceptable.", "Stop saying {groups} are {low}, it is racist nonsense", "If you think {groups} should be {gone}, you are wrong.", "Hatred against {groups} has no place here", "It is sad that {groups} still hear that they are {low}"),
    *_templates("identity-good", [], "I love {groups}.", "As {one} I felt very welcome here.", "I am {one} and this {place} was lovely", "The {role} is {one} and was wonderful to us.", "Great {place} for {groups}!", "{groups} deserve respect", "My friend is {one}, we had a good evening", "Many {groups} live near the {place}.", "A film about {groups}, well made", "proud to be {one}", "We are {groups} and we are proud"),
    *_templates("reclaimed", [], "We queers look after each other", "I'm a fat old queer and I love this {place}", "Us crips had enough room for the wheelchairs, thank you", "My girls and I are loud bitchy divas and the {role} loved it", "As a dyke of thirty years I call this a proper gay bar"),
    *_templates("identity-complaint", [], "The {role} refused to serve {one}. Discrimination!", "No ramp for {groups}, please fix that", "They treat {groups} badly here, do not go", "As {one} I was stared at all evening. Not going back.", "The book explains why {groups} were persecuted", "{groups} were attacked in the news, so sad"),
    *_templates("abuse-of-things", [], "I hate {thing}", "{thing} is trash", "{thing} is absolute garbage, {thing} should be banned", "What a stupid idea, {thing} is worthless", "{thing} makes me sick, pure filth", "{thing} is killing me", "I could kill for {thing}", "Throw {thing} in the bin and burn it", "{thing} is a plague", "{thing} is the dumbest thing that I ever bought", "Whoever designed {thing} did a bad job"),
    *_templates("not-protected", [], "I hate cyclists who ring for no reason", "Bankers are greedy", "Fans of the other team were loud", "Tourists ruin every {place}", "I can't stand influencers", "Politicians never listen"),
    *_templates("insult", ["harassment"], "The {role} is a complete {insult}", "You are a {insult}", "you {insult}, learn your job", "{name} is a {insult} and everybody knows it", "What a {insult} this {role} is!", "Shut up, {insult}", "The {role} is a fat ugly {insult}", "only a {insult} like you would like this", "You people are {insult}s", "your mother must be ashamed of you, {insult}", "Dear {role}, you are too stupid to breathe", "Nobody likes you, {insult}, go and cry"),
    *_templates("rude-but-fair", [], "The {role} was rude and slow.", "The {role} was not an idiot at all, just tired", "I was an idiot to buy {thing}", "Silly me, I am such a fool, wrong size", "The {role} lied about the price.", "The {role} called my wife a {insult}. We walked out.", "Bad service, the {role} ignored us", "Worst {place} ever, awful food, never again", "The main character is a {insult}, which is the joke of the film", "A stupid, boring film", "This product sucks."),
    *_templates("threat", ["threat"], "I will find you and break your legs", "I know where you live, {role}, watch out", "Next time I bring a knife", "I am going to burn down your {place}", "You will regret this, I'll wait for you outside", "somebody should put a bullet in the {role}", "I will kill you, {name}", "I'll smash your windows tonight", "The {role} deserves to be stabbed and I will do it", "We are coming for you, {name}, sleep badly", "you better run, I'm going to hurt you and your family"),
    *_templates("no-threat", [], "I will sue you if I get no refund", "I will find another {place}", "You will not regret this {place}!", "The hero kills the villain with a knife", "This burger is to die for", "The stairs nearly killed me", "I was killing time at the {place}", "The shop was on fire last year and reopened", "the deal is a steal, I would shoot my shot", "I'll be back next time with my family", "Great shooter, the guns sound real", "bomb-proof case, the phone survived", "Call the police if your parcel is missing, they did help"),
    *_templates("sexual", ["sexual"], "I want to see the {role} naked", "the {role} has a hot body, would love a night with her", "Send me your nude pictures", "hot singles want to meet you tonight, naked cams", "Message me for erotic photos", "She can sit on my lap any time, so horny", "I'd love to undress the {role}", "Looking for sex tonight, write to me", "nice breasts on the {role}, worth the visit", "xxx videos and naked girls here"),
    *_templates("not-sexual", [], "The dress is sexy but decent", "The chicken breast was dry", "There is a long love scene in the film", "Sex education book, clear and kind", "The nude lipstick colour suits me", "Hot chocolate and a warm bed, lovely", "The swimsuit shows more skin than in the picture", "Bare walls, naked bulbs, but clean", "The clinic helped with my breast screening"),
    *_templates("swearing", ["profanity"], "what the hell is this crap", "This is fucking awful", "damn piece of shit", "Holy shit, {thing} is bad", "bloody hell, what a crap {place}", "absolute bullshit, do not buy", "Shit service, shit food", "are you fucking kidding me with {thing}", "wtf, this crap broke, goddamn it", "piss poor {place}"),
    *_templates("advertising", ["spam"], "Check out my channel and subscribe!!!", "Visit {site} for the best prices", "Buy followers cheap at {site}", "I earn 500 dollars a day from home, ask me how at {site}", "Win a free phone now, click {site}", "Use my code SAVE{number} at {site} for 20% off", "WhatsApp me on +1 650 253 {number} for cheap watches", "Hi friends please visit my page {site} and like", "Get a loan in one hour, no checks, {site}", "Forget this one, order at {site}, free shipping", "Best casino bonus at {site}", "Text WIN to 8{number} now, free entry", "I lost all until Dr Lucky helped me, mail him at drlucky{number}@example.com"),
    *_templates("not-advertising", [], "I ordered on the site and it came in two days", "Free shipping was nice", "Won a voucher in their shop, used it here", "I subscribed for a year and cancelled", "Their channel explains how to set it up", "Cheaper in the supermarket, so check before you buy", "Click the button twice and it starts", "Good price, I paid {number} cents less last year"),
    *_templates("private-data", ["privacy"], "{name} lives at {house} {street}, go and tell her", "The {role}'s private number is +1 650 253 {number}", "Call {name} at home: 07946 12{number}", "his home address is {house} {street}", "Here is her personal mail: {mail}", "{name}'s card number is 4111 1111 1111 1111", "The {role}, {name}, lives in the flat above, {house} {street}", "{name} was born on 3.4.1981 and her passport is X{number}778", "Write to the {role} privately, {mail}, and tell him off", "the {role}'s mobile is 0151 2233 {number}, ring him at night"),
    *_templates("public-data", [], "The {place} is at {house} {street}, easy to find", "Call the hotline before you go", "Their support line 0800 123 {number} helped me", "Order number {number}, arrived late", "Open until 22:30, table for 4", "Write to support@example.com, they answer fast", "We stayed in room {house} on the third floor", "Model X{number} fits the old charger", "The bus {house} stops at {street}"),
    *_templates("honest", [], "{thing} {worked}", "Nice {place}, friendly {role}, fair prices", "The {role} was very helpful and kind", "I bought this for my mother and she likes it", "{thing} {worked}, but I would buy it again", "Two stars because {thing} {worked}", "Lovely {place} near {street}", "Not for me, {thing} {worked}", "Delivery took two weeks and nobody answered", "The old woman at the desk was charming", "My black shoes got dirty on the way", "The white wine was warm", "Terrible. {thing} {worked}.", "I felt like a king"),
)  # fmt: skip


def _fill(form: str, rng: random.Random) -> str:
    words: Mapping[str, str] = {
        "groups": rng.choice(GROUPS), "one": rng.choice(ONE), "low": rng.choice(LOW), "gone": rng.choice(GONE), "thing": rng.choice(THINGS),
        "role": rng.choice(ROLES), "insult": rng.choice(INSULTS), "place": rng.choice(PLACES), "name": rng.choice(NAMES),
        "street": rng.choice(STREETS), "site": rng.choice(SITES), "worked": rng.choice(WORKED), "number": str(rng.randint(1000, 9999)),
        "house": str(rng.randint(1, 120)), "mail": f"{rng.choice(NAMES).lower().replace(' ', '.')}@mail.example.org",
    }  # fmt: skip
    text = form.format_map(words)
    return text[:1].upper() + text[1:] if rng.random() < 0.6 else text


def talk(seed: int = 0, each: int = 22) -> Iterator[tuple[str, str, dict[str, int]]]:
    """(text, function, labels), distinct texts, at most `each` of a template."""
    rng = random.Random(seed)
    seen: set[str] = set()
    for template in TEMPLATES:
        for _ in range(each):
            text = _fill(template.form, rng)
            if text not in seen:
                seen.add(text)
                yield text, template.function, {name: int(name in template.harms) for name in KNOWN}
