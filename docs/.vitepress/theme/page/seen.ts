/** A message on the wire. */
export interface Seen {
  what: 'out' | 'in'
  text: string
  items?: number
}
type Look = (seen: Seen) => void

/** Characters of a message that are shown; of events, which have a line each, fewer. */
const [mostOfMessage, mostOfEvents] = [240, 75]

function shown(text: string, most = mostOfMessage): string {
  if (text.length <= most) return text
  // Events are not cut in two.
  const head = text.slice(0, most).replace(/\n\n[^\n]*$/, '\n\n')
  return `${head}… and ${(text.length - head.length).toLocaleString('en')} characters more`
}

/** `fetch`, with somebody who looks at what goes and comes. */
export function seenFetch(look: Look): typeof fetch {
  return async (input, init) => {
    const { headers, body, method } = init as { headers: Record<string, string>; body: string; method: string }
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\n`)
    look({ what: 'out', text: `${method} / HTTP/1.1\n${lines.join('')}\n${body}` })
    const response = await fetch(input, init)
    const type = response.headers.get('content-type') ?? ''
    look({ what: 'in', text: `HTTP/1.1 ${response.status} ${response.statusText}\ncontent-type: ${type}` })
    const isStream = type.startsWith('text/event-stream')
    const count = isStream ? eventCounter() : () => 0
    const decoder = new TextDecoder()
    const pass = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        const text = decoder.decode(chunk, { stream: true })
        const items = count(text)
        look({ what: 'in', text: shown(text.trimEnd(), isStream ? mostOfEvents : mostOfMessage), ...(items > 0 && { items }) })
        controller.enqueue(chunk)
      },
    })
    const { status, headers: answered } = response
    return new Response(response.body?.pipeThrough(pass) ?? null, { status, headers: answered })
  }
}

/** Counts the items among events, of which a chunk may have a part. */
function eventCounter(): (text: string) => number {
  let rest = ''
  return (text) => {
    const events = (rest + text).split('\n\n')
    rest = events.pop() ?? ''
    return events.filter((event) => event.startsWith('data:')).length
  }
}

/** The same for a WebSocket. */
export function seenSocket(socket: WebSocket, look: Look): WebSocket {
  const send = socket.send.bind(socket)
  socket.send = (data) => {
    look({ what: 'out', text: shown(String(data)) })
    send(data)
  }
  socket.addEventListener('message', ({ data }) => {
    const text = String(data)
    const { items } = ((JSON.parse(text) as { params?: { items?: unknown[] } }).params ?? {})
    look({ what: 'in', text: shown(text), ...(items && { items: items.length }) })
  })
  return socket
}
