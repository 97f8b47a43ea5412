use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{mpsc, Arc, Barrier, Condvar, Mutex, Once, RwLock};
use std::thread;
use std::time::{Duration, Instant};

static STARTED: Once = Once::new();
thread_local! { static LOCAL: std::cell::Cell<u32> = std::cell::Cell::new(7); }

fn main() {
    let (sender, receiver) = mpsc::channel();
    let counter = Arc::new(Mutex::new(0));
    let atomic = Arc::new(AtomicUsize::new(0));
    let threads: Vec<_> = (0..8)
        .map(|n| {
            let (sender, counter, atomic) = (sender.clone(), counter.clone(), atomic.clone());
            thread::Builder::new().name(format!("worker {n}")).spawn(move || {
                STARTED.call_once(|| println!("once"));
                LOCAL.with(|l| l.set(l.get() + n));
                for _ in 0..500 {
                    *counter.lock().unwrap() += 1;
                    atomic.fetch_add(1, Ordering::SeqCst);
                }
                sender.send(LOCAL.with(|l| l.get())).unwrap();
                thread::current().name().unwrap().len()
            }).unwrap()
        })
        .collect();
    drop(sender);
    let names: usize = threads.into_iter().map(|t| t.join().unwrap()).sum();
    let mut got: Vec<u32> = receiver.iter().collect();
    got.sort();
    println!("{names} {got:?} {} {}", counter.lock().unwrap(), atomic.load(Ordering::SeqCst));

    let failed = thread::spawn(|| { let v: Vec<i32> = Vec::new(); v[3] }).join();
    println!("panic caught {}", failed.is_err());
    let caught = std::panic::catch_unwind(|| { panic!("on purpose") });
    println!("unwound {}", caught.unwrap_err().downcast_ref::<&str>().unwrap());
    let poisoned = Arc::new(Mutex::new(1));
    let other = poisoned.clone();
    let _ = thread::spawn(move || { let _guard = other.lock().unwrap(); panic!("with the lock") }).join();
    println!("poisoned {}", poisoned.is_poisoned());

    let pair = Arc::new((Mutex::new(false), Condvar::new()));
    let signal = pair.clone();
    let t = thread::spawn(move || { thread::sleep(Duration::from_millis(5)); *signal.0.lock().unwrap() = true; signal.1.notify_all(); });
    let mut ready = pair.0.lock().unwrap();
    while !*ready { ready = pair.1.wait(ready).unwrap(); }
    drop(ready);
    t.join().unwrap();
    let (_guard, timeout) = pair.1.wait_timeout(Mutex::new(()).lock().map(|_| pair.0.lock().unwrap()).unwrap(), Duration::from_millis(3)).unwrap();
    println!("timed out {}", timeout.timed_out());

    let map = Arc::new(RwLock::new(HashMap::new()));
    let barrier = Arc::new(Barrier::new(4));
    thread::scope(|s| {
        for n in 0..4 {
            let (map, barrier) = (&map, &barrier);
            s.spawn(move || { map.write().unwrap().insert(n, n * n); barrier.wait(); assert_eq!(map.read().unwrap().len(), 4); });
        }
    });
    let mut entries: Vec<_> = map.read().unwrap().iter().map(|(k, v)| (*k, *v)).collect();
    entries.sort();
    println!("{entries:?}");
    // A thread of its own: the last thread of a scope may unpark the one that opened it after the scope's end.
    let waited = thread::spawn(|| { let start = Instant::now(); thread::park_timeout(Duration::from_millis(10)); start.elapsed() >= Duration::from_millis(9) });
    println!("{}", waited.join().unwrap());
    println!("{:?}", std::fs::read("/nonexistent").map_err(|e| e.kind()));
    let deep = thread::Builder::new().stack_size(1 << 20).spawn(|| { fn sum(n: u64) -> u64 { if n == 0 { 0 } else { n + sum(n - 1) } } sum(5000) }).unwrap();
    println!("{}", deep.join().unwrap());
    std::process::exit(7);
}
