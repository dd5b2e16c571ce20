"""The table in which injector.cc counts calls, and from which it takes how wrong the clocks are."""
import mmap
import struct

ROW = struct.Struct("<QQI20s24s")
ROWS = 1024


def put_clocks(path, realtime_s=0, monotonic_s=0, boottime_s=0):
    """Forward, by so many seconds. Before the recorder is started, too."""
    with open(path, "a+b") as file:
        file.truncate(ROW.size * ROWS + 8 * 3)
    with open(path, "r+b") as file, mmap.mmap(file.fileno(), 0) as table:
        for n, seconds in enumerate((realtime_s, monotonic_s, boottime_s)):
            at = ROW.size * ROWS + 8 * n
            table[at:at + 8] = struct.pack("<q", int(seconds * 1e9))


def read_table(path):
    """{(process, call): (calls, injected)}, and what crashed as a list of "process: how"."""
    rows, crashes = {}, []
    data = path.read_bytes()[:ROW.size * ROWS] if path.exists() else b""
    for at in range(0, len(data) // ROW.size * ROW.size, ROW.size):
        calls, injected, taken, process, call = ROW.unpack_from(data, at)
        if taken != 2:
            break
        process, call = (text.split(b"\0")[0].decode() for text in (process, call))
        if call.startswith("crash: "):
            crashes.append(f"{process}: {call[7:]}")
        else:
            rows[process, call] = (calls, injected)
    return rows, crashes
