require "json"
require "socket"

METHODS = {
  "say" => ->(params) { "You said: #{params.is_a?(Hash) ? params["text"] : params[0]}" },
  "sum" => ->(params) { params.sum }
  # The others are in docs/service.md.
}.freeze

def serve(socket)
  while (header = socket.gets("\r\n\r\n"))
    length = Integer(header[/^content-length:\s*(\d+)/i, 1])
    body = socket.read(length)
    break if body.nil? || body.bytesize < length

    request = JSON.parse(body.force_encoding("UTF-8"))
    result = METHODS.fetch(request["method"]).call(request["params"])
    reply = JSON.generate({ "jsonrpc" => "2.0", "result" => result, "id" => request["id"] })
    socket.write("Content-Length: #{reply.bytesize}\r\n\r\n#{reply}")
  end
rescue SystemCallError
  # The client has left.
ensure
  socket.close
end

server = TCPServer.new("127.0.0.1", Integer(ARGV.fetch(0)))
loop { Thread.new(server.accept) { |socket| serve(socket) } }
