"""multiprocessing with every way to start a process: pool, queue, shared memory, manager, lock."""

import multiprocessing
from multiprocessing import shared_memory


def square(number: int) -> int:
    return number * number


def put(queue, lock, value, name: str) -> None:  # type: ignore[no-untyped-def]
    block = shared_memory.SharedMemory(name)
    with lock:
        value.value += block.buf[0]
    block.close()
    queue.put(multiprocessing.current_process().name)


def use(method: str) -> str:
    context = multiprocessing.get_context(method)
    with context.Pool(2) as pool:
        assert pool.map(square, range(10)) == [n * n for n in range(10)]
    block = shared_memory.SharedMemory(create=True, size=16)
    try:
        block.buf[0] = 21
        queue, lock, value = context.Queue(), context.Lock(), context.Value("i", 0)
        children = [
            context.Process(target=put, args=(queue, lock, value, block.name), name=f"child {n}")
            for n in range(2)
        ]
        for child in children:
            child.start()
        assert sorted(queue.get(timeout=60) for _ in children) == ["child 0", "child 1"]
        for child in children:
            child.join()
        assert value.value == 42, value.value
    finally:
        block.close()
        block.unlink()
    with context.Manager() as manager:
        shared = manager.dict(answer=42)
        assert dict(shared) == {"answer": 42}
    return method


if __name__ == "__main__":
    print(*map(use, multiprocessing.get_all_start_methods()))
