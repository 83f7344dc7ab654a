"""Writes the table of benches/README.md from criterion's estimates and from whole commands. Called by benches/run.sh."""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy
from scipy.optimize import curve_fit
from simfaas.ServerlessSimulator import ServerlessSimulator

target = Path(sys.argv[1])
tool = target / "release" / "powercurve"
readme = Path("benches/README.md")
rows = []


def row(what, measured, beside, ratio):
    rows.append(f"| {what} | {measured} | {beside} | {ratio} |")


def seconds(group, name):
    """Mean time of one iteration of a criterion benchmark."""
    estimates = target / "criterion" / group / name / "new" / "estimates.json"
    return json.loads(estimates.read_text())["mean"]["point_estimate"] / 1e9


# a process starts with the peak memory of the one that made it: a small one has to do that
STARTER = """
import os, subprocess, sys, time
start = time.perf_counter()
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(child.pid, 0)
print(time.perf_counter() - start, usage.ru_maxrss / 1024)
sys.exit(status != 0)
"""


def timed(*args, repeat=3):
    """The least time of a command, in seconds, and the most memory it had, in MB."""
    runs = [subprocess.check_output([sys.executable, "-S", "-c", STARTER, tool, *args], text=True) for _ in range(repeat)]
    times, memories = zip(*(map(float, run.split()) for run in runs))
    return min(times), max(memories)


def simulated():
    for name in ["prime-numbers", "third-party-api"]:
        ours, bare = (100_000 / seconds("simulate", f"{name} {kind}") for kind in ["simulated", "drawn"])
        row(f"simulated invocations a second, `{name}` at 512 MB, one core", f"{ours / 1e6:.2f} M",
            f"drawing the same random numbers: {bare / 1e6:.2f} M", f"{ours / bare:.2f}")
    one, two = (seconds("simulate on cores", str(cores)) for cores in [1, 2])
    row("the same on two cores, `thumbnail`", f"{320_000 / two / 1e6:.2f} M", f"on one: {320_000 / one / 1e6:.2f} M", f"{one / two:.2f}")


def simfaas():
    """Invocations of 1.6 s in series: what third-party-api is."""
    simulator = ServerlessSimulator(arrival_rate=0.5, warm_service_rate=1 / 1.6, cold_service_rate=1 / 2.0,
                                    expiration_threshold=600, max_time=40_000)
    start = time.perf_counter()
    simulator.generate_trace(debug_print=False, progress=False)
    theirs = simulator.total_req_count / (time.perf_counter() - start)
    took, _ = timed("simulate", "third-party-api", "--memory", "128..1000:97", "--invocations", "100000")
    ours = 1_000_000 / took
    row("simulated invocations a second, whole command, all cores", f"{ours / 1e6:.2f} M", f"SimFaaS 0.2.2: {theirs:.0f}", f"{ours / theirs:.0f}")


def classified():
    runs = 4096
    parse = runs / seconds("classify", "serde_json")
    read = runs / seconds("classify", "read")
    row("runs of six sizes read from JSONL a second, one core", f"{read / 1e3:.0f} k", f"serde_json to a tree: {parse / 1e3:.0f} k", f"{read / parse:.2f}")
    for cores in [1, 2]:
        ours = runs / seconds("classify", f"classified on {cores}")
        row(f"runs of six sizes classified from JSONL a second, {cores} core{'s'[:cores - 1]}", f"{ours / 1e3:.1f} k",
            f"serde_json to a tree: {parse / 1e3:.0f} k", f"{ours / parse:.3f}")


def fitted():
    """The exponential form that people fit to such curves."""
    form = lambda m, a, b, c: a * numpy.exp(-m / b) + c
    runs = [json.loads(line) for line in Path("datasets/real-runs.jsonl").read_text().splitlines()]
    runs = [(numpy.array(r["memory_mb"], float), numpy.array(r["duration_ms"], float)) for r in runs
            if len(r["memory_mb"]) >= 4 and None not in r["duration_ms"]][:100]
    start = time.perf_counter()
    for m, d in runs:
        try:
            curve_fit(form, m, d, p0=(d[0], 500, d[-1]))
        except RuntimeError:
            pass  # it does not converge on every run
    theirs = (time.perf_counter() - start) / len(runs)
    for what, name in [("a fit with restarts over patterns", "fit"), ("a prediction with intervals", "predict")]:
        ours = seconds("recorded", name) / 100
        row(f"{what}, one run on one core", f"{1e3 * ours:.2f} ms", f"scipy curve_fit of `a exp(-m/b) + c`: {1e3 * theirs:.2f} ms",
            f"{theirs / ours:.2f}")


def logs():
    ours, grep = seconds("statistics", "text"), seconds("statistics", "grep -c REPORT text")
    row("statistics of 100,000 REPORT lines", f"{1e3 * ours:.1f} ms", f"`grep -c REPORT`: {1e3 * grep:.1f} ms", f"{grep / ours:.2f}")


def start_up():
    version, _ = timed("--version", repeat=20)
    answer, _ = timed("classify", "datasets/examples/lpt-output.json", repeat=20)
    row("start-up: `--version`; `classify` of one run", f"{1e3 * version:.1f} ms; {1e3 * answer:.1f} ms", "", "")


def memory():
    for millions in [1, 10, 100]:
        sizes = f"128..{128 + (10 * millions - 1)}:1"
        took, mb = timed("simulate", "prime-numbers", "--memory", sizes, "--invocations", "100000", "--format", "csv", repeat=1)
        row(f"{millions} million invocations simulated", f"{took:.1f} s, {mb:.0f} MB", "", "")
    with tempfile.TemporaryDirectory() as folder:
        for runs in [1_000, 10_000, 100_000, 1_000_000]:
            path = Path(folder) / "runs.jsonl"
            with path.open("w") as file:
                for i in range(runs):
                    d = [round(i % 89 + (500 + i % 997) * 1769 / min(m, 1769), 2) for m in (128, 256, 512, 1024, 1769, 3008)]
                    file.write(json.dumps({"id": f"run-{i}", "memory_mb": [128, 256, 512, 1024, 1769, 3008], "duration_ms": d}) + "\n")
            command = "recommend" if runs > 10_000 else "classify"
            took, mb = timed(command, str(path), "--format", "jsonl", repeat=1)
            row(f"`{command}` of {runs:,} runs", f"{took:.1f} s, {mb:.0f} MB", "", "")


for measure in [simulated, simfaas, classified, fitted, logs, start_up, memory]:
    measure()

cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.processor())
gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
head = readme.read_text().split("<!-- measured -->")[0]
readme.write_text(
    head + "<!-- measured -->\n\n"
    f"Measured on {cpu}, {os.cpu_count()} cores, {gib:.0f} GiB, {platform.system()} {platform.release().split('-')[0]}, "
    f"{subprocess.check_output(['rustc', '--version'], text=True).split(' (')[0]}.\n\n"
    "| what | powercurve | beside it | ratio |\n|---|---:|---:|---:|\n" + "\n".join(rows) + "\n")
print(readme.read_text())
