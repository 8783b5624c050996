package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/textproto"
	"os"
	"strconv"
)

type request struct {
	Method string
	Params json.RawMessage
	ID     json.RawMessage
}

func call(method string, params json.RawMessage) any {
	switch method {
	case "say":
		named, listed := struct{ Text string }{}, []string{""}
		if json.Unmarshal(params, &named) != nil && json.Unmarshal(params, &listed) == nil {
			named.Text = listed[0]
		}
		return "You said: " + named.Text
	case "sum":
		var numbers []float64
		json.Unmarshal(params, &numbers)
		sum := 0.0
		for _, number := range numbers {
			sum += number
		}
		return sum
	}
	return nil // The others are in docs/service.md.
}

func serve(connection net.Conn) {
	defer connection.Close()
	reader := bufio.NewReader(connection)
	for {
		header, err := textproto.NewReader(reader).ReadMIMEHeader()
		if err != nil {
			return
		}
		length, _ := strconv.Atoi(header.Get("Content-Length"))
		body := make([]byte, length)
		var asked request
		if _, err := io.ReadFull(reader, body); err != nil || json.Unmarshal(body, &asked) != nil {
			return
		}
		reply, _ := json.Marshal(map[string]any{"jsonrpc": "2.0", "result": call(asked.Method, asked.Params), "id": asked.ID})
		fmt.Fprintf(connection, "Content-Length: %d\r\n\r\n%s", len(reply), reply)
	}
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	for {
		connection, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go serve(connection)
	}
}
