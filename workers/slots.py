"""The slots of a worker: how many messages it may hold before it has told the broker that they are done."""

from __future__ import annotations

from kombu.transport import redis as transport
from kombu.transport import virtual
from redis.exceptions import RedisError


class QoS(transport.QoS):
    """A message that is done frees its slot, also when the broker is away and cannot be told.

    kombu keeps the slot then. With one slot the worker never asks for anything again: it does not even read the line that would tell
    it to connect anew (celery/celery#10302). What the broker still holds it gives out once more, and the job is found done.
    """

    def ack(self, delivery_tag: str) -> None:
        try:
            super().ack(delivery_tag)
        except RedisError:
            virtual.QoS.ack(self, delivery_tag)
            raise

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        try:
            super().reject(delivery_tag, requeue=requeue)
        except RedisError:
            virtual.QoS.ack(self, delivery_tag)
            raise


def free_slots_always() -> None:
    transport.Channel.QoS = QoS
