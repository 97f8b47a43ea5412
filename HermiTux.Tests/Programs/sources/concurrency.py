import asyncio, concurrent.futures, os, queue, select, signal, socket, sys, threading, time, mmap, tempfile, multiprocessing.dummy

async def worker(name, jobs, out):
    while True:
        n = await jobs.get()
        await asyncio.sleep(0.001)
        out.append(n * n)
        jobs.task_done()

async def main():
    jobs, out = asyncio.Queue(), []
    tasks = [asyncio.create_task(worker(i, jobs, out)) for i in range(5)]
    for n in range(50): jobs.put_nowait(n)
    await jobs.join()
    for t in tasks: t.cancel()
    print("asyncio", sum(out), sum(isinstance(r, asyncio.CancelledError) for r in await asyncio.gather(*tasks, return_exceptions=True)))
    try:
        await asyncio.wait_for(asyncio.sleep(10), 0.01)
    except asyncio.TimeoutError:
        print("timed out")
    loop = asyncio.get_running_loop()
    print("executor", await loop.run_in_executor(None, lambda: sum(range(1000))))
    got = asyncio.Event()
    loop.add_signal_handler(signal.SIGUSR1, got.set)
    os.kill(os.getpid(), signal.SIGUSR1)
    await asyncio.wait_for(got.wait(), 10)
    print("signal handled")
    r, w = os.pipe()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(r, "rb"))
    threading.Thread(target=lambda: (time.sleep(0.005), os.write(w, b"line\n"), os.close(w))).start()
    print(await reader.readline(), await reader.read())

asyncio.run(main())
with concurrent.futures.ThreadPoolExecutor(6) as pool:
    print(sorted(f.result() for f in concurrent.futures.as_completed([pool.submit(pow, 2, n) for n in range(10)])))
with multiprocessing.dummy.Pool(4) as pool:
    print(pool.map(lambda x: x * 3, range(10)))
b, local, seen = threading.Barrier(4), threading.local(), []
def meet(n):
    local.value = n
    b.wait(10)
    seen.append(local.value)
ts = [threading.Thread(target=meet, args=(n,)) for n in range(4)]
[t.start() for t in ts]; [t.join() for t in ts]
print(sorted(seen), hasattr(local, "value"))
s = threading.Semaphore(2)
with s, s: print(s.acquire(timeout=0.005))
try:
    queue.Queue(1).get(timeout=0.005)
except queue.Empty:
    print("empty")
def alarm(*_): raise TimeoutError("alarm")
signal.signal(signal.SIGALRM, alarm)
signal.setitimer(signal.ITIMER_REAL, 0.01)
try:
    select.select([], [], [], 10)
except TimeoutError as e:
    print(e)
p = select.epoll()
r, w = os.pipe()
p.register(r, select.EPOLLIN)
print(p.poll(0)); os.write(w, b"x"); print([e for _, e in p.poll(1)])
print(signal.sigtimedwait([signal.SIGUSR2], 0.001), os.sched_getaffinity(0) != set(), time.thread_time() > 0, time.process_time() > 0)
with tempfile.TemporaryFile() as f:
    f.write(b"0" * 4096); f.flush()
    m = mmap.mmap(f.fileno(), 4096); m[10:13] = b"abc"; m.flush(); f.seek(10); print(f.read(3))
def boom(): raise ValueError("in a thread")
threading.excepthook = lambda a: print("hook", a.exc_value)
t = threading.Thread(target=boom); t.start(); t.join()
sys.exit(5)
