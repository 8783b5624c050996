import { output, row } from '../../.vitepress/predict/facts.ts'
import { question } from '../../.vitepress/predict/question.ts'
import { say, words } from '../../.vitepress/predict/say.ts'

const tables = output('12-tables', (text) => {
  const [code, http] = row(text, 'UNKNOWN')
  return { code: code!, http: http! }
})

const demo = output('12-demo', (text) => {
  const bytesOf = (name: string) => Number(new RegExp(`^${name} .*? You said: Hi +(\\d+)`, 'm').exec(text)![1])
  const codes = [...text.matchAll(/^\w\S* +You said: Hi +\d+ +(-\d+)/gm)].map(([, code]) => code!)
  return { ours: bytesOf('JSON-RPC'), http: bytesOf('HTTP'), grpc: bytesOf('gRPC'), ways: codes.length, kinds: new Set(codes).size }
})

export default [
  question('12-status', tables, [/says by the status what has become of it/], ({ http }) => {
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

  question('12-codes', demo, [/the program has seen the same/], ({ ways, kinds }) => {
    const told = say`The programs see ${words(kinds)}, by its number.`
    return {
      text: say`The client of this step speaks ${words(ways)} languages. It asks for a method that there is not, in each of them. On the wire each says that in its own way. How many different errors does the program see that has asked?`,
      options: [
        {
          text: say`As many as there are languages`,
          holds: kinds === ways,
          why: say`So it is if each adapter hands on what its library throws, and then whoever calls has to know what is spoken below. ${told}`,
        },
        {
          text: say`One for those that carry JSON, and another for gRPC`,
          holds: kinds > 1 && kinds < ways,
          why: say`gRPC has numbers of its own, and a table leads back from them. ${told}`,
        },
        {
          text: say`The same in all of them`,
          holds: kinds === 1,
          why: say`${told} What a program does about an error must not depend on what was spoken.`,
        },
      ],
    }
  }),

  question('12-bytes', demo, [/HTTP says everything about itself each time/], ({ ours, http, grpc }) => {
    const ratio = http / grpc
    const told = say`It takes ${words(http)} bytes over HTTP, ${words(ours)} in our own frames, and ${words(grpc)} over gRPC.`
    return {
      text: say`The same short call is made over HTTP and over gRPC, each time as a second call on its connection. How many times as many bytes does HTTP send, both ways?`,
      options: [
        { text: say`About as many: the text is the same`, holds: ratio < 1.5, why: say`The text is the least of it. ${told}` },
        { text: say`About ${words(2)} times as many`, holds: ratio >= 1.5 && ratio < 3, why: told },
        {
          text: say`About ${words(4)} times as many`,
          holds: ratio >= 3,
          why: say`${told} Over plain HTTP all headers are said with each request; below gRPC only what is new is said.`,
        },
      ],
    }
  }),
]
