import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** A span, as it comes in OTLP's JSON. */
export interface OtlpSpan {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  attributes: { key: string; value: { stringValue?: string } }[]
}

/** What came in one span, with the name of its program. */
export interface Received extends OtlpSpan {
  service: string
}

interface Body {
  resourceSpans: { resource: { attributes: OtlpSpan['attributes'] }; scopeSpans: { spans: OtlpSpan[] }[] }[]
}

export interface Collector {
  url: string
  server: Server
  /** Requests that came, as `METHOD PATH TYPE`. */
  requests: string[]
  spans: Received[]
}

/** A collector of our own: keeps what comes by OTLP over HTTP, and answers as it is told. */
export async function collector(answer = (response: ServerResponse) => void response.end('{}')): Promise<Collector> {
  const [requests, spans]: [string[], Received[]] = [[], []]
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => (body += text))
    request.on('end', () => {
      requests.push(`${request.method} ${request.url} ${request.headers['content-type']}`)
      spans.push(...spansOf(JSON.parse(body) as Body))
      answer(response)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server, requests, spans }
}

function spansOf({ resourceSpans }: Body): Received[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = resource.attributes.find(({ key }) => key === 'service.name')!.value.stringValue!
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => ({ ...span, service })))
  })
}
