"""The dishonest part of a made-up world. Each attack writes the orders of one pattern; strength and pace vary widely."""

from __future__ import annotations

from collections.abc import Callable

from scoring.training.starters.order_world import COUNTRIES, DAYS, Buyer, World, moment

MINUTE, HOUR = 1 / 1440, 1 / 24


def attack(world: World, people: list[Buyer]) -> None:
    """Attack until about `world.fraud` of all orders are fraud, in proportions that each world draws."""
    rng = world.rng
    goal = int(len(world.lines) * world.fraud / (1 - world.fraud))
    attacks: list[Callable[[], int]] = [
        lambda: card_testing(world), lambda: takeover(world, rng.choice(people)), lambda: ring(world), lambda: stolen_card(world)
    ]  # fmt: skip
    taste = [rng.uniform(0.1, 0.5), rng.uniform(0.3, 1.0), rng.uniform(0.1, 0.8), rng.uniform(0.5, 2.0)]
    done = 0
    while done < goal:
        done += rng.choices(attacks, weights=taste)[0]()


def card_testing(world: World) -> int:
    """Many cards in minutes, small or equal amounts, one device or one address on the network, often one issuer."""
    rng = world.rng
    start, merchant = rng.uniform(0, DAYS), rng.randrange(len(world.merchants))
    count, pace = rng.randint(5, 25), rng.uniform(0.1, 4.0) * MINUTE
    thief, one_user = world.buyer(opened=start - rng.expovariate(2.0)), rng.random() < 0.5
    bin_, amount = rng.choice(world.bins), world.amount(merchant, rng.choice((0.02, 0.1, 0.5)))
    same = rng.random() < 0.6
    for i in range(count):
        card = world.card()
        user = thief.user if one_user else world.token("u")
        world.order(
            start + i * pace * rng.uniform(0.5, 1.5), amount if same else round(amount * rng.uniform(0.5, 2), 2), merchant, "card_testing",
            user_id=user, device_id=thief.devices[0], card_hash=card[0], card_bin=bin_ if rng.random() < 0.6 else card[1], ip=thief.ips[0],
            ip_country=rng.choice(COUNTRIES), card_country=rng.choice(COUNTRIES), billing=world.place(thief.country), two_factor=False,
            shipping=thief.address, prior_orders=0, account_created_at=moment(thief.opened), email=f"{user}@example.org",
        )  # fmt: skip
    return count


def takeover(world: World, victim: Buyer) -> int:
    """An old account: new device and network, often a new address, dearer than ever, several in a day."""
    rng = world.rng
    start = rng.uniform(max(victim.opened, 5.0), DAYS) if victim.opened < DAYS - 1 else DAYS - 0.5
    device, ip, address, country = world.token("d"), world.ip(), world.place(victim.country), rng.choice(COUNTRIES)
    cards = [victim.cards[0], *(world.card() for _ in range(rng.choice((0, 1, 2))))]
    count, when = rng.choice((1, 2, 2, 3, 5)), start
    for _ in range(count):
        card, merchant = rng.choice(cards), rng.randrange(len(world.merchants))
        world.order(
            when, world.amount(merchant, max(victim.level, 0.7) * rng.uniform(1.5, 5)), merchant, "account_takeover", user_id=victim.user,
            device_id=device, card_hash=card[0], card_bin=card[1], ip=ip, ip_country=country if rng.random() < 0.6 else victim.country,
            card_country=victim.country, billing=victim.address, shipping=address if rng.random() < 0.8 else victim.address,
            two_factor=rng.random() < 0.1, prior_orders=victim.orders, account_created_at=moment(victim.opened),
            email=f"{victim.user}@example.org",
        )  # fmt: skip
        when += rng.expovariate(1.0) * rng.choice((0.2, 2.0, 8.0)) * HOUR
    return count


def ring(world: World) -> int:
    """Accounts of one hand: signed up and ordering in the same minute or after a rest, sharing devices, cards or addresses."""
    rng = world.rng
    size, hands = rng.randint(3, 14), [world.token("d") for _ in range(rng.choice((1, 1, 2)))]
    ips, cards = [world.ip() for _ in range(rng.choice((1, 1, 3)))], [world.card() for _ in range(rng.choice((1, 3, size)))]
    address, merchant = world.place(world.home), rng.randrange(len(world.merchants))
    start, pace = rng.uniform(0, DAYS - 1), rng.choice((0.0, 1.0, 10.0, 240.0)) * MINUTE
    at_once, rest, level = rng.random() < 0.7, rng.uniform(0.1, 20.0), rng.choice((0.8, 1.0, 1.5))
    base = world.amount(merchant, level)
    for i in range(size):
        user, card = world.token("u"), rng.choice(cards)
        when = start + i * pace * rng.uniform(0.6, 1.4)
        opened = when - (rng.uniform(0, 0.7) * MINUTE if at_once else rest)
        world.order(
            when, base if rng.random() < 0.5 else world.amount(merchant, level), merchant, "fraud_ring", user_id=user,
            device_id=rng.choice(hands), card_hash=card[0], card_bin=card[1], ip=rng.choice(ips), ip_country=world.home,
            card_country=rng.choice((world.home, *COUNTRIES)), billing=world.place(world.home),
            shipping=address if rng.random() < 0.6 else world.place(world.home), two_factor=rng.random() < 0.2, prior_orders=0,
            account_created_at=moment(opened), email=f"{user}@example.org",
        )  # fmt: skip
    return size


def stolen_card(world: World) -> int:
    """A throwaway account spends one to four cards as fast as it can, dear things, until they are blocked."""
    rng = world.rng
    start = rng.uniform(0, DAYS)
    thief = world.buyer(opened=start - rng.choice((rng.expovariate(3.0), rng.expovariate(0.2), rng.expovariate(0.01))))
    cards = [world.card() for _ in range(rng.choice((1, 1, 2, 4)))]
    devices = [world.token("d") for _ in range(rng.choice((1, 1, 1, 2, 3)))]
    merchants = [rng.randrange(len(world.merchants)) for _ in range(rng.choice((1, 1, 2, 4)))]
    level, count, when = rng.uniform(1.0, 4.0), rng.choice((1, 2, 3, 5, 8, 12)), start
    home, gap = rng.choice(COUNTRIES), rng.choice((0.05, 0.4, 3.0, 14.0))
    for i in range(count):
        card, merchant = rng.choice(cards), rng.choice(merchants)
        world.order(
            when, world.amount(merchant, level), merchant, "stolen_card", user_id=thief.user, device_id=rng.choice(devices),
            card_hash=card[0], card_bin=card[1], ip=thief.ips[0], ip_country=thief.country,
            card_country=home if rng.random() < 0.6 else thief.country, billing=world.place(home), shipping=thief.address,
            two_factor=rng.random() < 0.1, prior_orders=i, account_created_at=moment(thief.opened), email=f"{thief.user}@example.org",
        )  # fmt: skip
        when += rng.expovariate(1.0) * gap * HOUR
    return count
