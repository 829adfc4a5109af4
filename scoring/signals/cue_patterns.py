"""The patterns of the cues: alternatives are tried in order; every gap is bounded, so a scan is linear in the text."""

from __future__ import annotations

PATTERNS: dict[str, str] = {
    "off_platform_payment": (
        r"\b(?:pay|send|transfer|deposit|settle|wire)\b[^.!?\n]{0,40}\b(?:(?:pay\s?pal|venmo|zelle|cash\s?app|western union"
        r"|money\s?gram|gift\s?cards?|bitcoin|btc|usdt|crypto|bank transfer|wire transfer|wire|revolut|wise)|directly|outside"
        r"|privately)\b|\b(?:friends? (?:and|&) family|f ?& ?f)\b|\b(?:outside|off|without) (?:of )?(?:the |this )?(?:app|site"
        r"|platform|website)\b|\b(?:avoid|skip|save)\b[^.!?\n]{0,20}\b(?:fees?|commission)\b"
    ),
    "off_platform_contact": (
        r"\b(?:add|contact|message|write|text|reach|find|hit|talk|chat|continue|move)\b[^.!?\n]{0,30}\b(?:whats\s?app|telegram"
        r"|signal app|viber|we\s?chat|snap\s?chat|hangouts|kik|line app|insta(?:gram)?|dm me|text me|call me)\b"
        r"|\b(?:whats\s?app|telegram|signal app|viber|we\s?chat|snap\s?chat|hangouts|kik|line app|insta(?:gram)?|dm me|text me"
        r"|call me)\b\s*(?:me|:|\+?\d)"
    ),
    "payment_word": (
        r"\b(?:pay\s?pal|venmo|zelle|cash\s?app|western union|money\s?gram|gift\s?cards?|bitcoin|btc|usdt|crypto|bank transfer"
        r"|wire transfer|wire|revolut|wise)\b"
    ),
    "urgency": (
        r"\b(?:urgent(?:ly)?|right now|immediately|asap|within (?:the )?(?:next )?(?:\d+|an|one|two|few) (?:hours?|minutes?)"
        r"|last chance|act (?:now|fast)|before (?:it is|it's) too late|expires? (?:today|tonight|soon)|final (?:notice|warning)"
        r"|hurry)\b"
    ),
    "private_data": (
        r"\b(?:send|give|share|tell|confirm|verify|provide|enter|need|reply with|what(?:'s| is))\b[^.!?\n]{0,40}\b(?:passwords?"
        r"|pass\s?code|pin(?: code| number)?|cvv|cvc|card (?:number|details)|verification code|security code|6[- ]digit code"
        r"|one[- ]time code|otp|ssn|social security|passport|bank details|account number|sort code|iban|login|date of birth)\b"
    ),
    "advance_fee": (
        r"\b(?:(?:customs?|shipping|release|processing|insurance|courier|handling|activation|clearance|refundable"
        r"|admin(?:istration)?) (?:fee|charge|deposit|tax)|pay (?:a |the )?(?:small )?(?:fee|deposit)\b|inheritance|lottery"
        r"|you (?:have |'ve )?won|prize|claim your|beneficiary|overpaid|send (?:back )?the (?:rest|difference))\b"
    ),
    "impersonation": (
        r"\b(?:(?:this is|i am|i'm|we are|we're|from)\b[^.!?\n]{0,30}\b(?:support|security|customer (?:service|care)"
        r"|trust (?:and|&) safety|verification|fraud|billing|safety|help ?desk|payments?) (?:team|department|desk|agent|centre"
        r"|center|staff)|official (?:support|representative|admin)|account (?:has been|is|was|will be) (?:limited|suspended"
        r"|locked|blocked|restricted|closed))\b"
    ),
    "harassment": (
        r"\b(?:you(?:'re| are)?|ur|u) (?:such an? |an? |so |a total |really |nothing but )?(?:idiot|stupid|moron|pathetic|loser"
        r"|worthless|disgusting|liar|trash|joke|clown|dumb|ugly|useless)|\b(?:shut up|get lost|i know where you live"
        r"|i will find you|i'll find you|watch your back|you will regret|you'll regret|nobody likes you|drop dead|go to hell)\b"
    ),
    "promotion": (
        r"\b(?:subscribe|check out (?:my|our|this)|follow (?:me|us|back)|free (?:gift|entry|trial|ringtone)|click (?:here"
        r"|the link|this)|earn \W?\d+|(?:make|earn) (?:money|cash)|work from home|limited offer|txt \w+ to"
        r"|text \w+ to \d+|unsubscribe|call now)\b"
    ),
    "link": (
        r"(?:https?://|www\.)\S+|(?<![@\w.-])[a-z0-9][a-z0-9-]{1,40}\.(?:com|net|org|info|biz|co|io|me|ru|cn|xyz|top|shop|site|online"
        r"|club|link|live|app|tk|ly)\b(?:/\S*)?"
    ),
    "phone": r"(?<![\w.])\+?\d(?:[\s().-]{0,2}\d){8,14}(?!\w)",
    "handle": r"(?<![\w@.])@[A-Za-z][\w.]{2,30}\b",
    "email": r"\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{2,63}){1,4}\b",
}  # fmt: skip
