"""Use psutil: this process, the machine, through /proc."""

import os
import tempfile

import psutil


def probe_process() -> str:
    """What it says of this process is true."""
    me = psutil.Process()
    assert me.pid == os.getpid()
    assert me.ppid() == os.getppid()
    assert me.memory_info().rss > 1 << 20
    assert me.num_threads() >= 1
    assert me.cpu_times().user >= 0
    with tempfile.NamedTemporaryFile() as file:
        assert file.name in [one.path for one in me.open_files()]
    me.cpu_affinity(me.cpu_affinity())
    return "process, memory, threads and affinity are right"


def probe_machine() -> str:
    """Memory, processors and network interfaces are found."""
    memory = psutil.virtual_memory()
    assert 0 < memory.available <= memory.total
    assert psutil.cpu_count() >= 1
    assert psutil.boot_time() > 0
    assert any(name.startswith("lo") for name in psutil.net_if_addrs())
    return f"{psutil.cpu_count()} processors, network interfaces"
