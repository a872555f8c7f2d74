"""Judge what this machine, or dyno, offers: memory, disk, an address, the time of the last backup. Reads the disk."""

import shutil
from pathlib import Path

from qabot.doctor.finding import Finding, in_bytes, ok, problem, unknown, warning

DISK_WARNING, DISK_PROBLEM = 2**30, 100 * 2**20  # bytes free


def check_memory(available: int, needed: int, processes: int, wanted: int, workers: int = 1) -> Finding:
    """Bytes; `processes` of the `wanted` web processes are started, since no more fit."""
    started = f"{processes} web process{'' if processes == 1 else 'es'}"
    beside = {0: "no worker", 1: "a worker"}.get(workers, f"{workers} workers")
    detail = f"{in_bytes(available)}; {started} and {beside} take {in_bytes(needed)}."
    if needed > available:
        return problem(
            "memory", detail, "Use a provider for embedding, a worker dyno, or heroku ps:type web=standard-2x"
        )
    if processes < wanted:
        advice = "More would not fit into memory or database connections. A larger dyno or plan takes more."
        return warning("memory", f"{detail} WEB_CONCURRENCY asks for {wanted}.", advice)
    return ok("memory", detail)


def check_disk(folder: Path, *, lasting: bool) -> Finding:
    """`lasting`: the folder holds the database. A dyno's disk holds nothing but what is being uploaded."""
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(existing).free
    detail = f"{in_bytes(free)} free for {'the database' if lasting else 'uploads under way'}."
    advice = "Make room on the disk." if lasting else "Restart the dyno: heroku ps:restart"
    if free < DISK_PROBLEM:
        return problem("disk", detail, advice)
    return warning("disk", detail, advice) if free < DISK_WARNING and lasting else ok("disk", detail)


def check_address(address: str, *, on_dyno: bool) -> Finding:
    """Links that are printed and sent begin with it."""
    if on_dyno and address == "https://herokuapp.com":
        return warning(
            "site address",
            "SITE_URL is not set: printed links and those in e-mail lead nowhere.",
            "Run: heroku config:set SITE_URL=https://YOUR-APP.herokuapp.com",
        )
    return ok("site address", f"{address}.")


def check_backups(*, on_dyno: bool) -> Finding:
    advice = "Look with: heroku pg:backups and heroku pg:backups:schedules" if on_dyno else "bin/backup FILE makes one."
    return unknown("backups", "Their age cannot be seen from here.", advice)
