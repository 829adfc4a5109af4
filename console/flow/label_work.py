"""Do a piece of work on labels, by its purpose. What is heavy is loaded here and not before."""

from __future__ import annotations

import logging
from uuid import UUID

from console.common.errors import DomainError
from console.training.label_work import WorkLog, WorkStopped
from console.training.models import LabelWork
from scoring.kind import load
from scoring.training.dataset import DatasetError

log = logging.getLogger(__name__)

_DO = {
    LabelWork.Purpose.IMPORT: "console.training.import_work:import_run",
    LabelWork.Purpose.DOUBTS: "console.training.doubts:doubts_run",
    LabelWork.Purpose.CHOOSE: "console.flow.choose_work:choose_run",
    LabelWork.Purpose.ALIKE: "console.flow.choose_work:alike_run",
}


def label_work_do(work_id: UUID | str) -> None:
    """Records its own failure in words. Raises only what another attempt may mend (a lost database)."""
    record = WorkLog.take(work_id)
    if record is None:
        return
    try:
        load(_DO[LabelWork.Purpose(record.work.purpose)])(record)
    except WorkStopped:
        log.info("label work %s was stopped", work_id)
    except (DomainError, DatasetError, ValueError, UnicodeDecodeError, OSError) as error:
        record.fail(str(error))
    except MemoryError:
        record.fail("There was not enough memory for this much data.")
