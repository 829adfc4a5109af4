"""Blocks: the typed pieces from which a review screen is drawn. One template per `type` in templates/blocks/.

A kind's card() returns blocks; nothing else in the product knows how a kind looks. `area` says where a block
stands: "content" (largest), "context" (beside it), "evidence" (folded until asked for; absent in blind mode).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

Area = Literal["content", "context", "evidence"]
Mark = Literal["", "match", "mismatch", "high", "low", "missing"]
Tone = Literal["", "good", "bad", "warn"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Code points [start, end) of a text, with the label in words."""

    start: int
    end: int
    label: str = ""
    weight: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TextBlock:
    """Text as it was written; `spans` is evidence, `hidden` are characters that do not look like what they are."""

    type: ClassVar[str] = "text"
    area: Area = "content"
    field: str
    title: str = ""
    text: str
    meta: str = ""  # one line above the text: stars, subject
    rating: float | None = None  # stars of 5
    spans: Sequence[Span] = ()
    hidden: Sequence[Span] = ()
    normalised: str | None = None  # None when nothing changed
    undone: Sequence[Span] = ()  # places of `normalised` that were written otherwise, with how in words
    translation: str | None = None  # brought by the item; stands beside the text, never in its place


@dataclass(frozen=True, slots=True, kw_only=True)
class Shield:
    """What is shown instead of code points [start, end): a link that cannot be followed, or private data behind a mask."""

    start: int
    end: int
    shown: str
    kind: str  # url, email, iban, card, phone, address
    secret: bool  # may be looked at by who holds the case; the look is written down


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    index: int
    sender: str
    own: bool  # drawn on the right: the account under review
    text: str
    at: str = ""  # ISO time or ""
    image: str | None = None
    flagged: bool = False
    spans: Sequence[Span] = ()
    shields: Sequence[Shield] = ()
    field: str = ""  # path of the text in the payload, for marks and looks
    badge: str = ""  # how old the sender's account is
    gap: str = ""  # the time since the turn before, where it was long
    read: str = ""  # what the picture says


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A step of a talk that turns bad; `index` is the turn that reached it, None when none did."""

    title: str
    index: int | None = None
    last: bool = False  # the furthest that was reached


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationBlock:
    type: ClassVar[str] = "conversation"
    area: Area = "content"
    title: str = "Conversation"
    turns: Sequence[Turn]
    stages: Sequence[Stage] = ()  # an opinion: empty until the evidence is shown
    total: int = 0  # turns of the whole talk


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    t: float  # seconds
    image: str | None = None  # media derivative id (already blurred and grey), if one was kept
    score: float | None = None
    label: str = ""
    text: str = ""  # read by OCR


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Words of a film at their time."""

    t: float
    text: str
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FramesBlock:
    """A video as a strip of blurred frames; `matches` say which known content it equals."""

    type: ClassVar[str] = "frames"
    area: Area = "content"
    title: str = ""
    media: str | None = None
    duration_s: float | None = None
    frames: Sequence[Frame] = ()
    matches: Sequence[str] = ()
    known: str = ""  # what the bank said, when it said nothing
    lines: Sequence[Line] = ()  # heard and read
    heat: Sequence[tuple[float, float]] = ()  # (seconds, score): an opinion
    flashes: Sequence[tuple[float, float]] = ()  # parts that flash, seconds
    flashes_upto: float | None = None  # looked at so far only
    flashes_known: bool = False
    rate: float | None = None  # frames a second


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    name: str
    value: str
    note: str = ""
    url: str = ""  # http(s) or "": what the value is a link to, opened only by a person
    mark: Mark = ""
    percentile: int | None = None  # 0-100: above 55, more than so many in 100 have less; below 45, so many of 100 are below or equal


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsBlock:
    type: ClassVar[str] = "facts"
    area: Area = "context"
    title: str
    facts: Sequence[Fact]
    note: str = ""  # with what the facts are compared


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """When the world moves on by itself: `word` + "in 38 min". Times are ISO."""

    word: str  # "Ships"
    at: str
    since: str = ""
    note: str = ""  # where the time comes from, when nobody said it


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureBlock:
    """One figure that says what it is about, with what hangs on it."""

    type: ClassVar[str] = "figure"
    area: Area = "content"
    caption: str
    figure: str
    unit: str = ""
    facts: Sequence[Fact] = ()
    deadline: Deadline | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    name: str  # in words: "Card used 5 times in the last hour"
    weight: float  # signed, in log-odds: above 0 speaks for risk
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonsBlock:
    """Ranked reasons for and against; `counterfactual` is a sentence that was tested by scoring again."""

    type: ClassVar[str] = "reasons"
    area: Area = "evidence"
    title: str = "Reasons"
    speaks_for: Sequence[Reason] = ()
    speaks_against: Sequence[Reason] = ()
    counterfactual: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A value, and who says so. `url` is http(s) or "": it is shown as a link, and opened only by a person."""

    value: str
    source: str = ""
    date: str = ""  # ISO time or ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordField:
    name: str  # key in the verdict's `fields`
    title: str
    value: str
    note: str = ""
    told: Told | None = None  # where the value now comes from
    candidates: Sequence[Told] = ()  # what others say instead
    checks: Sequence[Fact] = ()
    chance_right: float | None = None  # None in blind mode


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordBlock:
    """A record to verify field by field: right, wrong or unknown."""

    type: ClassVar[str] = "record"
    area: Area = "content"
    title: str = ""
    fields: Sequence[RecordField]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    attribute: str  # "Device"
    value: str  # shortened
    others: int  # items that share it
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedItem:
    """An item that shares attributes with the one under review, or (`by` names it) with an item that does."""

    id: str
    name: str
    shares: Sequence[str]  # attributes, as Link.attribute names them
    by: str = ""  # id of the item between
    note: str = ""  # "466.00 EUR"
    ended: str = ""  # in words
    tone: Tone = ""
    at: str = ""  # ISO time


@dataclass(frozen=True, slots=True, kw_only=True)
class LinksBlock:
    """Attributes that this item shares with others, and which others: drawn as a graph, with its table."""

    type: ClassVar[str] = "links"
    area: Area = "content"
    title: str = "Shared with earlier items"
    note: str = ""
    this: str = "This item"
    links: Sequence[Link]
    linked: Sequence[LinkedItem] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    x: float
    y: float  # 0-1
    words: str = ""  # on the axis, or beside the point


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveBlock:
    """A share that changes over time, and where this item stands on it; drawn with its table."""

    type: ClassVar[str] = "curve"
    area: Area = "content"
    title: str
    unit: str  # of x: "months"
    points: Sequence[CurvePoint]
    here: CurvePoint | None = None
    sentence: str = ""  # the same in words
    note: str = ""  # where the curve comes from


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareRow:
    title: str
    mine: str
    theirs: str
    same: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareBlock:
    """This record beside another that may be the same; the verdict's `fields` may say so under "same:<id>"."""

    type: ClassVar[str] = "compare"
    area: Area = "content"
    title: str
    id: str
    name: str
    note: str = ""  # what they share
    rows: Sequence[CompareRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedBlock:
    """Other items that share an attribute, as a list to open from."""

    type: ClassVar[str] = "related"
    area: Area = "context"
    title: str = "Shared with others"
    items: Sequence[LinkedItem] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeBlock:
    """One sentence: what could not be checked, and what that means."""

    type: ClassVar[str] = "notice"
    area: Area = "content"
    text: str
    tone: Literal["info", "caution"] = "info"


Block = (
    TextBlock | ConversationBlock | FramesBlock | FactsBlock | FigureBlock | ReasonsBlock | RecordBlock | LinksBlock | CurveBlock
    | CompareBlock | RelatedBlock | NoticeBlock
)
BLOCK_TYPES = (
    TextBlock, ConversationBlock, FramesBlock, FactsBlock, FigureBlock, ReasonsBlock, RecordBlock, LinksBlock, CurveBlock, CompareBlock,
    RelatedBlock, NoticeBlock,
)  # fmt: skip
