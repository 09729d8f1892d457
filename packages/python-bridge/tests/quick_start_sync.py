"""The synchronous snippet of docs/python.md."""

# #region sync
from boxlite.sync import BoxliteRuntime

with BoxliteRuntime.open() as runtime, runtime.create() as box:
    print(box.run("echo", ["hello from a VM"]).stdout, end="")
    for line in box.exec("sh", ["-c", "echo a; echo b"]).stdout.lines():
        print(line)
# #endregion
