require "json"
require "socket"

def receive(socket)
  header = socket.gets("\r\n\r\n") or abort("the server has ended the connection")
  length = Integer(header[/^content-length:\s*(\d+)/i, 1])
  body = socket.read(length)
  body&.bytesize == length or abort("the server has ended the connection")
  JSON.parse(body.force_encoding("UTF-8"))
end

port, *words = ARGV
calls = words.slice_before { |word| !word.start_with?("{", "[") }.to_a
socket = TCPSocket.new("127.0.0.1", Integer(port))
calls.each_with_index do |(method, params), id|
  call = { "jsonrpc" => "2.0", "id" => id, "method" => method, "params" => params && JSON.parse(params) }
  body = JSON.generate(call.compact)
  socket.write("Content-Length: #{body.bytesize}\r\n\r\n#{body}")
end
replies = {}
while replies.size < calls.size
  message = receive(socket)
  replies[message["id"]] = message if (0...calls.size).cover?(message["id"]) && !message.key?("method")
end
calls.each_index do |id|
  error = replies[id]["error"]
  puts error ? "error #{error["code"]} #{error["message"]}" : JSON.generate(replies[id]["result"])
end
