"""What every app needs: jobs, outbox, idempotency keys, ids, time of the database."""
