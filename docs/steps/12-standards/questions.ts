import { output, row } from '../../.vitepress/predict/facts.ts'
import { question } from '../../.vitepress/predict/question.ts'
import { say, times, words } from '../../.vitepress/predict/say.ts'

const tables = output('12-tables', (text) => {
  const [code, http] = row(text, 'UNKNOWN')
  return { code: code!, http: http! }
})

const demo = output('12-demo', (text) => {
  const bytesOf = (name: string) => Number(new RegExp(`^${name} .*? You said: Hi +(\\d+)`, 'm').exec(text)![1])
  return { ours: bytesOf('JSON-RPC'), http: bytesOf('HTTP'), grpc: bytesOf('gRPC') }
})

export default [
  question('12-status', tables, [/UNKNOWN/], ({ http }) => {
    const told = say`It gets ${words(http)}.`
    return {
      text: say`A handler fails on purpose, with an error whose code only this service knows. The request was well formed, and it was answered. Which status does its HTTP response get?`,
      options: [
        {
          text: say`That of success: HTTP has worked, and the error is in the body`,
          holds: http < 300,
          why: say`Then nobody in between can tell: a proxy keeps it, a log counts a success, and a client that looks at the status goes on. ${told}`,
        },
        {
          text: say`One of those for a wrong request: something was wrong with the call`,
          holds: http >= 400 && http < 500,
          why: say`Of these a client learns that it has to ask in another way. Nothing says so here. ${told}`,
        },
        {
          text: say`One of those for a server that has failed`,
          holds: http >= 500,
          why: say`${told} What went wrong only the body says, but that it did go wrong everybody has to see.`,
        },
      ],
    }
  }),

  question('12-bytes', demo, [/^HTTP /], ({ ours, http, grpc }) => {
    const ratio = http / grpc
    const told = say`It takes ${words(http)} bytes over HTTP, ${words(ours)} in our own frames, and ${words(grpc)} over gRPC.`
    return {
      text: say`The same short call is made over HTTP and over gRPC, each time as a second call on its connection. How many times as many bytes does HTTP send, both ways?`,
      options: [
        { text: say`About as many: the text is the same`, holds: ratio < 1.5, why: say`The text is the least of it. ${told}` },
        { text: say`About ${times(2)} as many`, holds: ratio >= 1.5 && ratio < 3, why: told },
        {
          text: say`About ${times(4)} as many`,
          holds: ratio >= 3,
          why: say`${told} HTTP/1.1 says all of its headers with each request; HTTP/2, on which gRPC stands, says only what is new.`,
        },
      ],
    }
  }),
]
