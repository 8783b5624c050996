package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/textproto"
	"os"
	"strconv"
	"strings"
)

type request struct {
	Version string          `json:"jsonrpc"`
	ID      int             `json:"id"`
	Method  string          `json:"method"`
	Params  json.RawMessage `json:"params,omitempty"`
}

type message struct {
	ID     *int
	Method string
	Result json.RawMessage
	Error  *struct {
		Code    int
		Message string
	}
}

func main() {
	var calls []request
	for _, word := range os.Args[2:] {
		if strings.HasPrefix(word, "{") || strings.HasPrefix(word, "[") {
			calls[len(calls)-1].Params = json.RawMessage(word)
		} else {
			calls = append(calls, request{Version: "2.0", ID: len(calls), Method: word})
		}
	}
	connection, err := net.Dial("tcp", "127.0.0.1:"+os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	for _, call := range calls {
		body, err := json.Marshal(call)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Fprintf(connection, "Content-Length: %d\r\n\r\n%s", len(body), body)
	}
	replies := map[int]message{}
	reader := bufio.NewReader(connection)
	for len(replies) < len(calls) {
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
		if json.Unmarshal(body, &came) == nil && came.Method == "" && came.ID != nil && *came.ID < len(calls) {
			replies[*came.ID] = came
		}
	}
	for id := range calls {
		if came := replies[id]; came.Error != nil {
			fmt.Println("error", came.Error.Code, came.Error.Message)
		} else {
			var line bytes.Buffer
			json.Compact(&line, came.Result)
			fmt.Println(line.String())
		}
	}
}
