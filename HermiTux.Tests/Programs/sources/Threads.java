import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;
import java.util.stream.*;

public class Threads {
    static int depth;
    static void deep() { depth++; deep(); }
    static class Node { Node next; int value; Node(Node n, int v) { next = n; value = v; } }

    public static void main(String[] args) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(8);
        List<Future<Integer>> futures = new ArrayList<>();
        for (int i = 0; i < 200; i++) { final int n = i; futures.add(pool.submit(() -> n * n)); }
        int sum = 0;
        for (Future<Integer> f : futures) sum += f.get();
        System.out.println("sum " + sum);
        pool.shutdown();
        System.out.println("ended " + pool.awaitTermination(10, TimeUnit.SECONDS));

        try { Node n = null; System.out.println(n.value); } catch (NullPointerException e) { System.out.println("npe " + e.getMessage()); }
        try { System.out.println(1 / (args.length - args.length)); } catch (ArithmeticException e) { System.out.println(e.getMessage()); }
        try { deep(); } catch (StackOverflowError e) { System.out.println("overflow " + (depth > 500)); }
        try { int[] a = new int[3]; a[depth] = 1; } catch (ArrayIndexOutOfBoundsException e) { System.out.println("bounds"); }

        AtomicLong total = new AtomicLong();
        Object lock = new Object();
        int[] plain = new int[1];
        Thread[] ts = new Thread[6];
        for (int t = 0; t < ts.length; t++) {
            ts[t] = new Thread(() -> { for (int i = 0; i < 2000; i++) { total.incrementAndGet(); synchronized (lock) { plain[0]++; } } });
            ts[t].start();
        }
        for (Thread t : ts) t.join();
        System.out.println(total.get() + " " + plain[0]);

        Node head = null;
        for (int i = 0; i < 300000; i++) { head = new Node(head, i); if (i % 1000 == 0) head = null; }
        System.gc();
        System.out.println("gc " + (head != null));

        System.out.println(IntStream.range(0, 10000).parallel().filter(x -> x % 7 == 0).sum());
        CompletableFuture<String> c = CompletableFuture.supplyAsync(() -> "future").thenApply(s -> s + "!");
        System.out.println(c.get());
        BlockingQueue<Integer> q = new ArrayBlockingQueue<>(4);
        Thread producer = new Thread(() -> { try { for (int i = 0; i < 100; i++) q.put(i); q.put(-1); } catch (InterruptedException e) { } });
        producer.start();
        int got = 0;
        for (int v; (v = q.take()) >= 0; ) got += v;
        System.out.println("queue " + got);
        Thread sleeper = new Thread(() -> { try { Thread.sleep(100000); } catch (InterruptedException e) { System.out.println("interrupted"); } });
        sleeper.start(); Thread.sleep(5); sleeper.interrupt(); sleeper.join();
        ScheduledExecutorService s = Executors.newScheduledThreadPool(1);
        System.out.println(s.schedule(() -> "scheduled", 5, TimeUnit.MILLISECONDS).get());
        s.shutdown();
        throw new IllegalStateException("end");
    }

}
