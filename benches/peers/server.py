"""The Rust side: a program that answers requests about named arrays, one line of JSON each."""

import json
import subprocess
import tempfile
from pathlib import Path


class Server:
    """Starts the program, hands it arrays through files, and asks it to run kernels."""

    def __init__(self, program):
        self.process = subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()

    def load(self, name, array):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "pixels.raw"
            array.tofile(path)
            dtype = {"uint8": "u8", "uint16": "u16", "int16": "i16", "float32": "f32", "float64": "f64"}
            dtype = dtype.get(array.dtype.name, array.dtype.name)
            self.ask({"do": "load", "name": name, "path": str(path), "dtype": dtype, "shape": array.shape})

    def drop(self, name):
        self.ask({"do": "drop", "name": name})

    def run(self, request, runs, repeat):
        answer = self.ask({"do": "run", **request, "runs": runs, "repeat": repeat})
        return answer["values"], answer["nanoseconds"]

    def ask(self, request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"the Rust side stopped at {request}; its own message is above")
        answer = json.loads(line)
        if "error" in answer:
            raise SystemExit(f"the Rust side refused {request}: {answer['error']}")
        return answer
