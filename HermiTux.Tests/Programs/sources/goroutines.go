package main

import (
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

type node struct{ next *node; value int }

func recovered(f func()) (text string) {
	defer func() {
		if r := recover(); r != nil {
			text = fmt.Sprint(r)
		}
	}()
	f()
	return "no panic"
}

func main() {
	// Channels and goroutines.
	jobs, results := make(chan int, 8), make(chan int, 8)
	var workers sync.WaitGroup
	for w := 0; w < 16; w++ {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for j := range jobs {
				results <- j * j
			}
		}()
	}
	go func() {
		for i := 0; i < 1000; i++ {
			jobs <- i
		}
		close(jobs)
		workers.Wait()
		close(results)
	}()
	sum := 0
	for r := range results {
		sum += r
	}
	fmt.Println("sum", sum)

	// Mutexes and atomics.
	var lock sync.Mutex
	var counter int
	var atomicCounter int64
	var group sync.WaitGroup
	for g := 0; g < 50; g++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for i := 0; i < 200; i++ {
				lock.Lock()
				counter++
				lock.Unlock()
				atomic.AddInt64(&atomicCounter, 1)
				if i%50 == 0 {
					runtime.Gosched()
				}
			}
		}()
	}
	group.Wait()
	fmt.Println("counters", counter, atomicCounter)

	// Panics from faults.
	var n *node
	fmt.Println(recovered(func() { fmt.Println(n.value) }))
	fmt.Println(recovered(func() { n.next = &node{} }))
	zero := len(os.Args) - 1
	fmt.Println(recovered(func() { fmt.Println(1 / zero) }))
	list := []int{1, 2, 3}
	fmt.Println(recovered(func() { fmt.Println(list[zero+7]) }))

	// Timers, select, a spinning goroutine that must be preempted.
	stop := int32(0)
	go func() {
		for atomic.LoadInt32(&stop) == 0 {
		}
	}()
	start := time.Now()
	timer := time.NewTimer(20 * time.Millisecond)
	ticker := time.NewTicker(5 * time.Millisecond)
	ticks := 0
	for done := false; !done || ticks == 0; {
		select {
		case <-ticker.C:
			ticks++
		case <-timer.C:
			done = true
		}
	}
	atomic.StoreInt32(&stop, 1)
	fmt.Println("timers", ticks > 0, time.Since(start) >= 20*time.Millisecond)

	// A loop without calls, preempted by a signal so that the collector can stop the world.
	var spinning int64
	go func() {
		for {
			spinning++
		}
	}()
	time.Sleep(5 * time.Millisecond)
	runtime.GC()
	fmt.Println("collected under a spinning goroutine")

	// Garbage collection.
	var head *node
	for i := 0; i < 200000; i++ {
		head = &node{head, i}
		if i%1000 == 0 {
			head = nil
		}
	}
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	fmt.Println("collections", stats.NumGC > 0, head != nil)

	// Maps and sorting.
	words := map[string]int{}
	for _, word := range strings.Fields("the quick brown fox jumps over the lazy dog the end") {
		words[word]++
	}
	keys := make([]string, 0)
	for k := range words {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		fmt.Print(k, "=", words[k], " ")
	}
	fmt.Println()

	// Signals, pipes through the poller, files.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR1)
	syscall.Kill(os.Getpid(), syscall.SIGUSR1)
	fmt.Println("signal", <-signals)
	reader, writer, err := os.Pipe()
	if err != nil {
		fmt.Println(err)
	}
	go func() {
		time.Sleep(time.Millisecond)
		writer.Write([]byte("through a pipe"))
		writer.Close()
	}()
	buffer := make([]byte, 100)
	count, _ := reader.Read(buffer)
	fmt.Println(string(buffer[:count]))
	reader, _, _ = os.Pipe()
	reader.SetReadDeadline(time.Now().Add(5 * time.Millisecond))
	_, err = reader.Read(buffer)
	fmt.Println(err)
	_, err = os.ReadFile("/nonexistent/file")
	fmt.Println(err)
	defer fmt.Println("deferred")
	var m map[string]int
	if len(os.Args) > 1 {
		m["x"] = 1
	}
}
