import { timesOf } from '../../../shared/trace/src/times.ts'
import type { TraceEvent } from '@rpc-steps/trace'
import { recordingOf } from '../../.vitepress/course.ts'
import { output, row, run, spent } from '../../.vitepress/predict/facts.ts'
import { question } from '../../.vitepress/predict/question.ts'
import { capital, ms, say, times as factor, words } from '../../.vitepress/predict/say.ts'

const strace = output('01-strace-client', (text) => {
  const calls = [...text.matchAll(/^(\w+)\(.*<([\d.]+)>$/gm)]
  const seconds = calls.filter(([, name]) => name === 'recvfrom').map(([, , time]) => Number(time))
  return { all: calls.length, sent: calls.filter(([, name]) => name === 'sendto').length, seconds }
})

const threads = output('01-cost-of-a-thread', (text) => ({
  count: Number(/^(\d+) threads/.exec(text)?.[1]),
  empty: row(text, 'an empty thread of Node')[0]!,
  ours: row(text, 'a thread of this server')[0]!,
}))

const times = {
  file: recordingOf('01-five-clients.json'),
  read: (text: string) => timesOf(JSON.parse(text) as TraceEvent[]),
}

export default [
  question('01-system-calls', strace, [/`socket`, `connect`, `send` and `recv` in the C library/, /Connecting is three system calls/], ({ all, sent, seconds }) => ({
    text: say`A client connects, makes ${words(sent)} calls and gets ${words(sent)} answers. How many network calls does that take: system calls on its socket, the closing left out?`,
    options: [
      {
        text: say`${capital(words(2 * sent))}: a \`send\` and a \`recv\` for each call`,
        holds: all === 2 * sent,
        why: say`These carry the messages. But a socket must be made and connected first, and that takes ${words(all - 2 * sent)} more.`,
      },
      {
        text: say`${capital(words(2 * sent + 3))}: a \`send\` and a \`recv\` for each call, and a few to connect`,
        holds: all === 2 * sent + 3,
        why: say`\`socket\`, \`connect\` and \`setsockopt\`; then, for each call, one to send and one to receive. One \`recv\` is enough, because the thread sleeps inside it: the first one lasted ${ms(seconds[0]! * 1000)}.`,
      },
      {
        text: say`Far more: it has to ask again and again whether the answer is there`,
        holds: all > 10 * sent,
        why: say`It would be so if the kernel answered "not yet". But the kernel does not answer until there is something to say: one \`recv\` took ${ms(seconds[0]! * 1000)}, and the list has ${words(all)} lines.`,
      },
    ],
  })),

  question('01-in-hand', run('01-five-clients'), [/keeps everybody else waiting/, /serves one after the other/], ({ calls, total, inHand, server, moment }) => ({
    look: moment('begins to handle', 2),
    text: say`${capital(words(calls.length))} clients come at the same time, each with one request. How many requests does the server have in hand at most?`,
    options: [
      {
        text: say`${capital(words(calls.length))}, one of each client`,
        holds: inHand === calls.length,
        why: say`The kernel has taken in all ${words(calls.length)}, and the clients may well believe that they are being served. But it is the server's thread that would have to read them, and it sleeps for the first.`,
      },
      {
        text: say`${capital(words(2))}: while it works on one, the next has been read`,
        holds: inHand === 2,
        why: say`Who should have read it? There is one thread, and it spent ${ms(spent(server, 'kernel'))} of the ${ms(total)} asleep in the kernel, for whoever had the turn.`,
      },
      {
        text: say`One`,
        holds: inHand === 1,
        why: say`While the thread sleeps for one client it calls neither \`accept\` nor \`recv\` for another. So the last of them had its answer after ${ms(total)}, about the sum of all pages.`,
      },
    ],
  })),

  question('01-unread', times, [/that is T_communication/], (calls) => {
    const last = calls.reduce((a, b) => (a.start + a.total > b.start + b.total ? a : b))
    const { total, request, queue, communication } = last
    const is = (part: number) => part > total / 2
    return {
      text: say`${capital(words(calls.length))} clients call at the same moment, and the server has one thread. The last of them waits ${ms(total)} for its answer. Which part of that is the largest?`,
      options: [
        {
          text: say`T_request: the server works on it, or waits for what it needs`,
          holds: is(request),
          why: say`That is the time of its own page, ${ms(request)}. It began only when the server had read the request.`,
        },
        {
          text: say`T_queue: it waits for its turn`,
          holds: is(queue),
          why: say`It does wait for its turn. But a queue is something that the server keeps, of requests that it has read. This one it had not read, so T_queue was ${ms(queue)}.`,
        },
        {
          text: say`T_communication: it is on its way, or nobody has read it`,
          holds: is(communication),
          why: say`${ms(communication)} of the ${ms(total)}. The request was in the server's kernel soon, and lay there while the thread slept for others. From outside that cannot be told from a slow network.`,
        },
      ],
    }
  }),

  question('01-sleeping-thread', threads, [/with its own heap/, /takes up room/], ({ count, empty, ours }) => ({
    text: say`A server is started with ${words(count)} threads, and nobody calls it. How much memory does each sleeping thread take?`,
    options: [
      {
        text: say`Hardly any: it sleeps`,
        holds: ours < 1,
        why: say`Sleep saves the processor, not the memory. Whatever the thread will need when it wakes is there all the time: ${ours} MiB.`,
      },
      {
        text: say`About as much as an empty thread of Node`,
        holds: 1 <= ours && ours < 1.5 * empty,
        why: say`An empty one takes ${empty} MiB. But a thread shares no modules with another: each loads the server for itself, and the translator for TypeScript.`,
      },
      {
        text: say`Several times as much as an empty thread of Node`,
        holds: ours >= 1.5 * empty,
        why: say`${ours} MiB, where an empty thread takes ${empty}: ${factor(ours / empty)} times as much. Each has a heap of its own, and loads the server's modules for itself.`,
      },
    ],
  })),
]
