import { inARow, longest, output, row, run, spent, urls, waits } from '../../.vitepress/predict/facts.ts'
import { question } from '../../.vitepress/predict/question.ts'
import { capital, list, ms, say, times, words } from '../../.vitepress/predict/say.ts'

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

const pages = say`They take ${list(waits)} milliseconds to come.`

export default [
  question('01-system-calls', strace, ({ all, sent, seconds }) => ({
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

  question('01-last-answer', run('01-five-fetches'), ({ calls, total, inHand, moment }) => ({
    look: moment('has the answer'),
    text: say`One client fetches ${words(calls.length)} pages: ${list(urls)}. ${pages} When does it have the last one?`,
    options: [
      {
        text: say`After about ${ms(waits.at(-1)!)}, which is what the last page takes`,
        holds: total < longest,
        why: say`The last call took no longer than that. But it was made only after ${ms(calls.at(-1)!.start)}: until then the thread was inside the calls before it.`,
      },
      {
        text: say`After about ${ms(longest)}, which is what the slowest page takes`,
        holds: longest <= total && total < inARow,
        why: say`For that they would all have to be under way at the same time. The server never had more than ${words(inHand)} in hand.`,
      },
      {
        text: say`After about ${ms(inARow)}, which is the sum`,
        holds: total >= inARow,
        why: say`No call can be made before the one before it has returned. The pages took ${ms(inARow)} in all, and after ${ms(total)} the client had the last. What is left, ${ms(total - inARow)}, went into the way there and back.`,
      },
    ],
  })),

  question('01-in-hand', run('01-five-clients'), ({ calls, total, inHand, server, moment }) => ({
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

  question('01-threads', run('01-five-clients-threads'), ({ calls, total, server, moment }) => ({
    look: moment('has the answer'),
    text: say`The same ${words(calls.length)} clients, and a server with a thread for each. When does the last client have its answer?`,
    options: [
      {
        text: say`After about ${ms(inARow)} again: they share a processor`,
        holds: total >= inARow,
        why: say`Sleeping takes no processor, so there is nothing to share. They slept ${ms(spent(server, 'kernel'))} in all, and ran for ${ms(spent(server, 'run'))}.`,
      },
      {
        text: say`After about ${ms(longest)}, which is what the slowest page takes`,
        holds: longest <= total && total < inARow,
        why: say`Each thread sleeps for its own client, all at the same time. It took ${ms(total)}.`,
      },
      {
        text: say`After about ${ms(inARow / calls.length)}: the sum, shared among the threads`,
        holds: total < longest,
        why: say`Work can be shared, waiting cannot. The slowest page takes ${ms(longest)}, however many wait for something else meanwhile.`,
      },
    ],
  })),

  question('01-sleeping-thread', threads, ({ count, empty, ours }) => ({
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
        why: say`${ours} MiB, where an empty thread takes ${empty}: ${times(ours / empty)} times as much. Each has a heap of its own, and loads the server's modules for itself.`,
      },
    ],
  })),
]
