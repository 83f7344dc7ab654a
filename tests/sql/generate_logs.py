"""Writes logs of Lambda functions as CloudWatch keeps them, and tells what happened in them.

The same seed writes the same bytes. Run by itself it writes logs to measure with:

    python3 tests/sql/generate_logs.py FOLDER [INVOCATIONS]
"""

import gzip
import json
import math
import pathlib
import random
import sys
import uuid
from dataclasses import dataclass

START = 1_714_557_600.0  # 2024-05-01T10:00:00Z


@dataclass(frozen=True)
class Function:
    """How a function behaves and how it logs."""

    name: str
    form: str  # "text", "json", or "old text", which tells failures on lines of their own
    cpu_ms: float  # at 1769 MB
    wait_ms: float
    used_mb: int
    sizes: tuple
    weight: int  # invocations beside the other functions
    restores: bool = False  # SnapStart


FUNCTIONS = (
    Function("resize-image", "text", 180.0, 5.0, 96, (128, 256, 512, 1024, 1769, 3008), 30),
    Function("fetch_quotes", "json", 2.0, 120.0, 71, (128, 512, 1024), 20),
    Function("train.model", "old text", 900.0, 0.0, 230, (256, 512, 1024, 2048), 8),
    Function("render-page", "text", 25.0, 60.0, 180, (512, 1024, 2048), 12, restores=True),
    Function("index-document", "json", 40.0, 30.0, 150, (128, 256, 1024), 10, restores=True),
    Function("rare", "text", 12.0, 3.0, 60, (128, 3008), 0),
)

FEW = 25  # invocations of a function of weight 0
TIMEOUT_MS = 15_000.0


@dataclass(frozen=True)
class Invocation:
    """What really happened; `failure` is None, "timeout", "out_of_memory" or "error"."""

    function: str
    memory_mb: int
    duration_ms: float
    max_memory_used_mb: int
    init_ms: float | None
    failure: str | None
    restores: bool = False

    @property
    def billed_restore_ms(self):
        """Of a restore a part is billed apart."""
        return math.ceil(self.init_ms / 2) if self.init_ms is not None and self.restores else 0

    @property
    def billed_ms(self):
        """Without the restore: the handler, and since August 2025 the init."""
        return math.ceil(self.duration_ms + (0.0 if self.init_ms is None or self.restores else self.init_ms))


def invoke(rng, function):
    """One invocation."""
    memory = rng.choice(function.sizes)
    if function.used_mb >= memory:
        return Invocation(function.name, memory, round(rng.uniform(50.0, 900.0), 2), memory, None, "out_of_memory", function.restores)
    share = min(memory / 1769.0, 1.0)
    duration = (function.cpu_ms / share + function.wait_ms * rng.lognormvariate(0.0, 0.5)) * rng.lognormvariate(0.0, 0.08)
    used = function.used_mb + rng.randrange(0, 20)
    init = round(rng.lognormvariate(math.log(250.0), 0.3), 2) if rng.random() < 0.02 else None
    failure = None
    luck = rng.random()
    if luck < 0.004:
        duration, failure = TIMEOUT_MS, "timeout"
    elif luck < 0.006:
        failure = "error"
    elif luck < 0.02:
        duration *= rng.uniform(3.0, 20.0)
    return Invocation(function.name, memory, max(round(duration, 2), 0.01), used, init, failure, function.restores)


def time_stamp(seconds):
    """ISO 8601 in UTC, within one day."""
    total = round((seconds - START) * 1000) + 10 * 3_600_000
    minutes, ms = divmod(total, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"2024-05-{1 + hours // 24:02}T{hours % 24:02}:{minutes:02}:{ms // 1000:02}.{ms % 1000:03}Z"


def text_lines(function, call, request, now):
    """What an invocation leaves in a log of format Text."""
    yield f"{now} START RequestId: {request} Version: $LATEST"
    yield f"{now} {now}\t{request}\tINFO\tDuration: not the one that counts, Memory Size: neither"
    report = (
        f"{now} REPORT RequestId: {request}\tDuration: {call.duration_ms:.2f} ms\tBilled Duration: {call.billed_ms} ms"
        f"\tMemory Size: {call.memory_mb} MB\tMax Memory Used: {call.max_memory_used_mb} MB\t"
    )
    if call.init_ms is not None and function.restores:
        report += f"Restore Duration: {call.init_ms:.2f} ms\tBilled Restore Duration: {call.billed_restore_ms} ms\t"
    elif call.init_ms is not None:
        report += f"Init Duration: {call.init_ms:.2f} ms\t"
    old = function.form == "old text"
    if call.failure and not old:
        report += {
            "timeout": "Status: timeout",
            "out_of_memory": "Status: error\tError Type: Runtime.OutOfMemory",
            "error": "Status: error\tError Type: Runtime.Unknown",
        }[call.failure]
    yield f"{now} END RequestId: {request}"
    yield report
    if call.failure and old:
        yield {
            "timeout": f"{now} {now} {request} Task timed out after {TIMEOUT_MS / 1000:.2f} seconds",
            "out_of_memory": f"{now} RequestId: {request} Error: Runtime exited with error: signal: killed",
            "error": f"{now} RequestId: {request} Error: Runtime exited with error: exit status 1",
        }[call.failure]
    if int(request[0], 16) == 0:
        yield "XRAY TraceId: 1-5759e988-bd862e3fe1be46a994272793\tSegmentId: 53995c3f42cd8ad8\tSampled: true"


def json_lines(function, call, request, now):
    """What an invocation leaves in a log of format JSON."""
    metrics = {
        "durationMs": call.duration_ms,
        "billedDurationMs": call.billed_ms,
        "memorySizeMB": call.memory_mb,
        "maxMemoryUsedMB": call.max_memory_used_mb,
    }
    if call.init_ms is not None:
        metrics["restoreDurationMs" if function.restores else "initDurationMs"] = call.init_ms
    if call.billed_restore_ms:
        metrics["billedRestoreDurationMs"] = call.billed_restore_ms
    record = {"requestId": request, "metrics": metrics}
    record["status"] = {None: "success", "timeout": "timeout"}.get(call.failure, "error")
    if call.failure in ("out_of_memory", "error"):
        record["errorType"] = {"out_of_memory": "Runtime.OutOfMemory", "error": "Runtime.Unknown"}[call.failure]
    start = {"time": now, "type": "platform.start", "record": {"requestId": request, "version": "$LATEST"}}
    note = {"timestamp": now, "level": "INFO", "requestId": request, "message": "durationMs: 1, memorySizeMB: 2"}
    report = {"time": now, "type": "platform.report", "record": record}
    for event in (start, note, report):
        yield json.dumps(event, separators=(",", ":"))


def write(folder, invocations, seed=0):
    """Writes one file a function into the folder, every other one packed; returns all invocations."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    calls = []
    total = sum(function.weight for function in FUNCTIONS)
    for number, function in enumerate(FUNCTIONS):
        rng = random.Random(f"{seed} {function.name}")
        lines = json_lines if function.form == "json" else text_lines
        opener, ending = (gzip.open, ".log.gz") if number % 2 else (open, ".log")
        now = START
        with opener(folder / (function.name + ending), "wt", encoding="utf-8", newline="\n") as file:
            for _ in range(invocations * function.weight // total or FEW):
                call = invoke(rng, function)
                request = str(uuid.UUID(int=rng.getrandbits(128), version=4))
                now += 0.25
                file.writelines(line + "\n" for line in lines(function, call, request, time_stamp(now)))
                calls.append(call)
    return calls


if __name__ == "__main__":
    write(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 50_000)
