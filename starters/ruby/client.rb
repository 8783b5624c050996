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
calls = words.each_slice(2).with_index(1).to_h { |call, id| [id, call] }
socket = TCPSocket.new("127.0.0.1", Integer(port))
calls.each do |id, (method, params)|
  body = JSON.generate({ "jsonrpc" => "2.0", "id" => id, "method" => method, "params" => JSON.parse(params) })
  socket.write("Content-Length: #{body.bytesize}\r\n\r\n#{body}")
end
replies = {}
while replies.size < calls.size
  message = receive(socket)
  replies[message["id"]] = message if calls.key?(message["id"]) && !message.key?("method")
end
calls.each_key do |id|
  error = replies[id]["error"]
  puts error ? "error #{error["code"]} #{error["message"]}" : JSON.generate(replies[id]["result"])
end
