"""Runs the lessons and compares or stores their outputs; called by notebooks.sh."""

import argparse
import difflib
import pathlib
import sys
import time

import jupytext
import nbclient
import nbformat

FOLDER = pathlib.Path("notebooks")


def run(source):
    """The notebook of a Markdown source, with the outputs of a fresh kernel."""
    notebook = jupytext.read(source)
    notebook.metadata = {"kernelspec": {"display_name": "Rust", "language": "rust", "name": "rust"}}
    for number, cell in enumerate(notebook.cells):
        # a random id would change with every run
        cell.id = f"cell-{number}"
        cell.metadata = {}
    client = nbclient.NotebookClient(
        notebook, timeout=1800, record_timing=False, resources={"metadata": {"path": str(source.parent)}}
    )
    client.execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    if not outputs:
        raise RuntimeError("no cell has an output: expected a lesson with code")
    for output in outputs:
        # the kernel reports an error that `?` passes on as words on stderr only
        if output.output_type == "error" or output.get("name") == "stderr":
            raise RuntimeError(output.get("text") or "\n".join(output.traceback))
        # the kernel falls back to the debug form of a value when the line that shows it needed a second look
        if output.get("data", {}).keys() == {"text/plain"}:
            raise RuntimeError(f"shown as text only: {output.data['text/plain'][:80]}: name the value, then show it")
    nbformat.validate(notebook)
    return nbformat.writes(notebook, indent=1) + "\n"


def differences(stored, fresh, name):
    """What is no longer as it is stored, in short."""
    lines = difflib.unified_diff(stored.splitlines(), fresh.splitlines(), f"{name} (stored)", f"{name} (fresh)", n=0)
    return "\n".join(line[:160] for line, _ in zip(lines, range(20)))


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--write", action="store_true", help="store the outputs")
    arguments.add_argument("sources", nargs="*", type=pathlib.Path)
    chosen = arguments.parse_args()
    failed = False
    for source in chosen.sources or sorted(FOLDER.glob("[0-9]-*.md")):
        begin = time.monotonic()
        target = source.with_suffix(".ipynb")
        try:
            fresh = run(source)
        except (nbclient.exceptions.CellExecutionError, RuntimeError) as error:
            # what the compiler says is the name of the error
            print(f"{source}: {getattr(error, 'ename', '')}\n{error}", file=sys.stderr)
            failed = True
            continue
        stored = target.read_text() if target.exists() else ""
        if chosen.write:
            target.write_text(fresh)
        elif stored != fresh:
            print(f"{differences(stored, fresh, target)}\n{target}: outputs differ: run .ci/notebooks.sh --write", file=sys.stderr)
            failed = True
        print(f"{target}: {time.monotonic() - begin:.0f} s", flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
