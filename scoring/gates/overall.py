"""Gates on the test as a whole: can it tell, does the challenger score what it must, is it better, is it worse anywhere?"""

from __future__ import annotations

from scoring.gates.gate import About, Gate, Row, Table, Trial, Word, points, several
from scoring.training.compare import ALARM, METRICS, MIN_OF_EACH, MIN_TEST, WORDS, Difference
from scoring.training.dataset import DatasetError, check_leaks
from scoring.training.evaluate import evaluate_risk
from scoring.training.labels import breaks_policy
from scoring.training.seen import fingerprint, read_seen

LEAST_AUROC = 0.6  # for the first model of a kind: clearly better than a coin
LABEL_TOLERANCE = 0.05  # how much lower the average precision of a rare label may look within luck

ENOUGH = About(
    name="enough", title="The test can tell", failed="the test is too small to tell",
    measures="How many items the frozen test holds, and how many of them break policy.",
    limit=f"{MIN_TEST} items, {MIN_OF_EACH} of each class.",
)  # fmt: skip
LEAKS = About(
    name="leaks", title="No leak from training to test", failed="the test leaks",
    measures="Whether an item, account, conversation or near-identical text stands in two parts, or in what the serving model learnt from.",
    limit="None.",
)  # fmt: skip
COMPLETE = About(
    name="complete", title="It scores what the serving model scores", failed="it scores less than the serving model",
    measures="Labels of the test that only one of the two knows, and items left without a score.", limit="Nothing is lost.",
)  # fmt: skip
GAIN = About(
    name="gain", title="Better on the frozen test, not by luck", failed="it is not better beyond luck",
    measures="Five measures of the risk and the average precision of each label, with paired bootstrap ranges.",
    limit="At least one is better beyond luck.",
)  # fmt: skip
WHOLE = About(
    name="whole", title="Worse nowhere on the whole test", failed="it is worse on the whole test", measures=GAIN.measures,
    limit=f"None is worse beyond luck; an equally good model is stopped here at most {2 * 100 * ALARM:.0f} times in 100.",
)  # fmt: skip


def enough(trial: Trial) -> Gate:
    n, harmful = len(trial.examples), sum(map(breaks_policy, trial.examples))
    if n < MIN_TEST or min(harmful, n - harmful) < MIN_OF_EACH:
        return ENOUGH.gate(
            "refused",
            f"The test is too small to tell: {n} items, {harmful} harmful and {n - harmful} harmless; "
            f"{MIN_TEST} items with {MIN_OF_EACH} of each are needed.",
        )
    return ENOUGH.gate("passed", f"{n:,} items, of which {harmful:,} break policy.")


def leaks(trial: Trial) -> Gate:
    known = read_seen(trial.champion.bundle) if trial.champion and trial.champion.bundle else frozenset()
    seen = sum(fingerprint(trial.kind, e.item) in known for e in trial.examples) if known else 0
    if seen:
        return LEAKS.gate("refused", f"The serving model has learnt from {several(seen, 'item')} of the test.")
    if trial.parts is None:
        return LEAKS.not_measured("What the challenger was trained on is not known here.")
    try:
        check_leaks(trial.parts, trial.kind)
    except DatasetError as error:
        return LEAKS.gate("refused", f"{str(error)[:1].upper()}{str(error)[1:]}.")
    return LEAKS.gate("passed", "Nothing stands in two parts.")


def complete(trial: Trial) -> Gate:
    c = trial.comparison
    missing = sum(s.risk is None for s in trial.challenger.scores)
    if c is None:
        return COMPLETE.gate("passed" if not missing else "reported", f"It leaves {several(missing, 'item')} without a score.")
    lost = [f"The challenger does not score {name}, which the champion does and the test needs." for name in c.missing_labels]
    if c.unscored_challenger > c.unscored_champion:
        lost.append(f"It leaves {c.unscored_challenger} items without a score; the champion leaves {c.unscored_champion}.")
    return COMPLETE.gate("refused", " ".join(lost)) if lost else COMPLETE.gate("passed", "Every label and every item that it should.")


def gain(trial: Trial) -> Gate:
    c = trial.comparison
    if c is None:
        return _first(trial)
    gains = [f"{_capital(WORDS[name])} is better beyond luck: {moved(c.metrics[name])}." for name in METRICS if c.metrics[name].better]
    # To name the right label is a gain of its own: it picks the clause that people and statements of reasons go by.
    gains += [f"Average precision of {name} is better beyond luck: {moved(row)}." for name, row in c.labels.items() if row.better]
    if gains:
        return GAIN.gate("passed", " ".join(gains))
    close = ", ".join(f"{WORDS[name]} {moved(c.metrics[name])}" for name in ("ap", "recall_at_1pct_fpr", "brier"))
    return GAIN.gate("refused", f"No gain beyond luck: {close}. The champion stays.")


def _first(trial: Trial) -> Gate:
    auroc = evaluate_risk(trial.challenger.scores, trial.examples).get("auroc") or 0.0
    passed = auroc >= LEAST_AUROC
    sentence = f"No model serves yet; this one ranks {auroc:.0%} of pairs right, {'enough' if passed else 'too few'} to begin with."
    return GAIN.gate("passed" if passed else "refused", sentence)


def whole(trial: Trial) -> Gate:
    c = trial.comparison
    if c is None:
        return WHOLE.not_measured("No model serves yet, so there is nothing to be worse than.")
    against = [f"{_capital(WORDS[name])} is worse beyond luck: {moved(row)}." for name, row in c.metrics.items() if row.worse]
    against += [f"Average precision of {name} is worse beyond luck: {moved(row)}." for name, row in c.labels.items() if row.worse]
    doubts = [f"{name} ({moved(row)})" for name, row in c.labels.items() if not row.worse and _may_be_worse(row)]
    doubt = f"The test cannot rule out that it is worse at {', '.join(doubts)}." if doubts else ""
    tables = [Table(title="Each label", columns=("harmful", "serves", "new"), rows=[_label(*pair) for pair in c.labels.items()],
                    note="Average precision in points of 100.")] if c.labels else []  # fmt: skip
    if against:
        return WHOLE.gate("refused", " ".join(against), tables=tables)
    return WHOLE.gate("passed", doubt or "Nowhere beyond luck.", tables=tables)


def _may_be_worse(row: Difference) -> bool:
    return row.difference is not None and row.difference < -LABEL_TOLERANCE


def _label(name: str, row: Difference) -> Row:
    cells = (f"{row.positives or 0:,}", points(row.champion), points(row.challenger))
    if row.difference is None or row.low is None or row.high is None:
        return Row(name=name, cells=cells, word="few")
    word: Word = "worse" if row.worse else "better" if row.better else "maybe" if row.high < 0 else "same"
    return Row(name=name, cells=cells, gap=(100 * row.low, 100 * row.difference, 100 * row.high), word=word)


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]


def moved(row: Difference) -> str:
    if row.difference is None:
        return "cannot be measured"
    return f"{row.champion:.3f} to {row.challenger:.3f} (difference {row.difference:+.3f}, interval {row.low:+.3f} to {row.high:+.3f})"
