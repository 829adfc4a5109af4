#!/bin/sh
# second-look web | worker | beat | prepare | any other manage.py command
set -eu

cd /srv/second-look

case "${1:-web}" in
  web)
    exec python -m granian --interface wsgi --no-ws --host 0.0.0.0 --port 8000 \
      --workers "${WEB_WORKERS:-2}" --blocking-threads "${WEB_THREADS:-4}" --respawn-failed-workers --workers-kill-timeout 25 \
      console.wsgi:application
    ;;
  worker)
    exec python -m celery --app workers.app worker --queues "${LANES:-light}" --concurrency "${WORKER_PROCESSES:-1}" \
      --hostname "${LANES:-light}@%h" --loglevel WARNING --without-gossip --without-mingle --without-heartbeat
    ;;
  beat)
    # Two of them do no harm: each tick may run twice.
    exec python -m celery --app workers.app beat --scheduler celery.beat:Scheduler --loglevel WARNING
    ;;
  *)
    exec python manage.py "$@"
    ;;
esac
