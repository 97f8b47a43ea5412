package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %d", r.Method, r.URL.Path, len(body))
	})
	go http.Serve(listener, nil)
	var group sync.WaitGroup
	answers := make([]string, 20)
	for i := range answers {
		group.Add(1)
		go func(i int) {
			defer group.Done()
			response, err := http.Post(fmt.Sprintf("http://%s/%d", listener.Addr(), i), "text/plain", strings.NewReader(strings.Repeat("x", i*10000)))
			if err != nil {
				answers[i] = err.Error()
				return
			}
			body, _ := io.ReadAll(response.Body)
			response.Body.Close()
			answers[i] = string(body)
		}(i)
	}
	group.Wait()
	fmt.Println(strings.Join(answers, "\n"))
	connection, _ := net.Dial("tcp", listener.Addr().String())
	connection.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	_, err = connection.Read(make([]byte, 1))
	fmt.Println(err.(net.Error).Timeout())
	listener.Close()
	_, err = net.Dial("tcp", listener.Addr().String())
	fmt.Println(strings.Contains(err.Error(), "connection refused"))
	one, _ := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: "@go-test", Net: "unixgram"})
	two, _ := net.DialUnix("unixgram", nil, one.LocalAddr().(*net.UnixAddr))
	two.Write([]byte("datagram"))
	buffer := make([]byte, 100)
	n, _ := one.Read(buffer)
	fmt.Println(string(buffer[:n]))
	interfaces, _ := net.Interfaces()
	fmt.Println(interfaces[0].Name, interfaces[0].MTU)
}
