"""The honest part of a made-up world: buyers, households, offices, carriers and business customers."""

from __future__ import annotations

from typing import TypeVar

from scoring.training.starters.order_world import COUNTRIES, DAYS, Buyer, World, moment

T = TypeVar("T")

GIFT, NEW_DEVICE, NEW_CARD, TRAVEL, RETRY = 0.08, 0.04, 0.04, 0.03, 0.02


def populate(world: World) -> list[Buyer]:
    """Draw the buyers, tie some of them together, write their orders; returns them (takeovers need victims)."""
    rng = world.rng
    people = [world.buyer() for _ in range(world.buyers)]
    _households(world, people[: world.buyers // 5])
    _offices(world, people[world.buyers // 5 : world.buyers // 3])
    _carriers(world, people[world.buyers // 3 : world.buyers // 2])
    for buyer in rng.sample(people, k=max(1, len(people) // 120)):
        buyer.rate, buyer.merchants = rng.uniform(0.15, 0.8), buyer.merchants[:2]  # business customers
        buyer.opened = min(buyer.opened, -rng.uniform(30, 900))
    for buyer in people:
        _shop(world, buyer)
    return people


def _households(world: World, people: list[Buyer]) -> None:
    while people:
        size = world.rng.choice((2, 2, 3, 4))
        family, people = people[:size], people[size:]
        head = family[0]
        for member in family[1:]:
            member.ips, member.address = head.ips, head.address
            if world.rng.random() < 0.6:
                member.devices = [head.devices[0], *member.devices[:1]]
            if world.rng.random() < 0.3:
                member.cards = [head.cards[0], *member.cards]


def _offices(world: World, people: list[Buyer]) -> None:
    while people:
        size = world.rng.choice((8, 15, 30))
        staff, people = people[:size], people[size:]
        shared = [world.ip()]
        for member in staff:
            member.ips = shared + (member.ips[:1] if world.rng.random() < 0.5 else [])
            if world.rng.random() < 0.3:
                member.address = staff[0].address


def _carriers(world: World, people: list[Buyer]) -> None:
    pool = [world.ip() for _ in range(3)]
    for member in people:
        member.ips = [world.rng.choice(pool), *member.ips[:1]]


def _shop(world: World, buyer: Buyer) -> None:
    rng = world.rng
    first = min(rng.lognormvariate(-1.5, 3.0), 60.0)  # minutes to weeks after signing up
    when = buyer.opened + first if buyer.opened >= 0 else rng.expovariate(buyer.rate)
    while when < DAYS:
        placed = max(world.time_of_day(when), buyer.opened) if when - max(buyer.opened, 0) > 1 else when
        _order(world, buyer, placed)
        when += rng.expovariate(buyer.rate)


def _order(world: World, buyer: Buyer, when: float) -> None:
    rng = world.rng
    if rng.random() < NEW_DEVICE:
        buyer.devices.append(world.token("d"))
    if rng.random() < NEW_CARD:
        buyer.cards.append(world.card())
    card, device = _habit(world, buyer.cards), _habit(world, buyer.devices)
    merchant = rng.choice(buyer.merchants)
    amount = world.amount(merchant, buyer.level)
    travelling = rng.random() < TRAVEL
    shipping = world.place(buyer.country) if rng.random() < GIFT else buyer.address
    for attempt in range(1 if rng.random() > RETRY else rng.choice((2, 3))):
        world.order(
            when + attempt * rng.uniform(0.0005, 0.004), amount, merchant, user_id=buyer.user, device_id=device, card_hash=card[0],
            card_bin=card[1], ip=world.ip() if travelling else rng.choice(buyer.ips),
            ip_country=rng.choice(COUNTRIES) if travelling else buyer.country, card_country=buyer.country, billing=buyer.address,
            shipping=shipping, two_factor=rng.random() < 0.7, prior_orders=buyer.orders + int(max(0.0, -buyer.opened) * buyer.rate),
            account_created_at=moment(buyer.opened), email=f"{buyer.user}@example.org",
        )  # fmt: skip
        buyer.orders += 1


def _habit(world: World, choices: list[T]) -> T:
    """Mostly the first, else the newest or any."""
    draw = world.rng.random()
    return choices[0] if draw < 0.7 else choices[-1] if draw < 0.9 else world.rng.choice(choices)

