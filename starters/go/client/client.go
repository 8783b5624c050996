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

type message struct {
	ID     int
	Method string
	Result json.RawMessage
	Error  *struct {
		Code    int
		Message string
	}
}

func main() {
	calls := os.Args[2:]
	connection, err := net.Dial("tcp", "127.0.0.1:"+os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	for i := 0; i+1 < len(calls); i += 2 {
		request, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": i/2 + 1, "method": calls[i], "params": json.RawMessage(calls[i+1])})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Fprintf(connection, "Content-Length: %d\r\n\r\n%s", len(request), request)
	}
	replies := map[int]message{}
	reader := bufio.NewReader(connection)
	for len(replies) < len(calls)/2 {
		header, err := textproto.NewReader(reader).ReadMIMEHeader()
		if err != nil {
			log.Fatal("the server has ended the connection: ", err)
		}
		length, _ := strconv.Atoi(header.Get("Content-Length"))
		body := make([]byte, length)
		if _, err := io.ReadFull(reader, body); err != nil {
			log.Fatal("the server has ended the connection: ", err)
		}
		var came message
		if json.Unmarshal(body, &came) == nil && came.Method == "" && came.ID >= 1 && came.ID <= len(calls)/2 {
			replies[came.ID] = came
		}
	}
	for id := 1; id <= len(calls)/2; id++ {
		if came := replies[id]; came.Error != nil {
			fmt.Println("error", came.Error.Code, came.Error.Message)
		} else {
			fmt.Println(string(came.Result))
		}
	}
}
