import { longest, output, row, run, urls, waits } from '../../.vitepress/predict/facts.ts'
import { question } from '../../.vitepress/predict/question.ts'
import { capital, list, ms, often, place, say, words } from '../../.vitepress/predict/say.ts'

const fetches = run('02-five-fetches')

const crash = output('02-crash', (text) => ({
  clients: text.match(/^client \d+ calls/gm)!.length,
  told: /^client 1 is told: (.*)$/m.exec(text)?.[1] ?? '',
  exit: Number(/exit code (\d+)/.exec(text)![1]),
}))

const writes = output('02-two-writes', (text) => ({
  parts: row(text, 'two writes')[0]!,
  whole: row(text, 'one write')[0]!,
  noDelay: row(text, 'two writes')[1]!,
}))

const bench = output('02-bench', (text) => ({
  inFlight: Number(/^(\d+) in flight/m.exec(text)![1]),
  bare: Number(/^bare +([\d,]+)/m.exec(text)![1]!.replaceAll(',', '')),
  ours: Number(/^02-callbacks +([\d,]+)/m.exec(text)![1]!.replaceAll(',', '')),
}))

export default [
  question('02-two-writes', writes, [/Nagle/, /acknowledge/, /for some 40 milliseconds/], ({ parts, whole, noDelay }) => ({
    text: say`A client sends each request in ${words(2)} pieces: one write for the header, one for the body. It has not asked for \`noDelay\`. How long does a call take, compared with a single write?`,
    options: [
      {
        text: say`No longer: the kernel joins the pieces`,
        holds: parts <= whole,
        why: say`It would like to. It holds back the second piece, in the hope of more, until the first is acknowledged; and the acknowledgement is held back, too. So a call takes ${ms(parts)}.`,
      },
      {
        text: say`A few microseconds longer, for one more system call`,
        holds: whole < parts && parts < 1,
        why: say`That is what it costs with \`noDelay\`: ${ms(noDelay)} instead of ${ms(whole)}. Without, the kernel holds the second piece back, and a call takes ${ms(parts)}.`,
      },
      {
        text: say`Thousands of times as long`,
        holds: parts / whole >= 1000,
        why: say`${ms(parts)} instead of ${ms(whole)}. The sender waits for an acknowledgement before it sends the second piece, and the receiver waits for an answer to send the acknowledgement with: once on the way there, and once on the way back.`,
      },
    ],
  })),

  question('02-second-answer', fetches, [/second reply overtakes/, /answer the shortest first/], ({ calls, answers, moment }) => {
    const second = calls[answers[1]! - 1]!
    const late = Math.max(...calls.map(({ start, end }, i) => end - start - waits[i]!))
    return {
      look: moment('has the answer', 2),
      text: say`A client asks for ${list(urls)}, in this order and without waiting in between. They take ${list(waits)} milliseconds. Whose answer comes second?`,
      options: [
        {
          text: say`That to ${urls[1]!}: it was asked for second`,
          holds: answers[1] === 2,
          why: say`It was, and it takes longest. Its answer was the ${place(answers.indexOf(2) + 1)} to come, after ${ms(calls[1]!.end)}. Nobody waited for it.`,
        },
        {
          text: say`That to ${urls[4]!}: it was asked for last`,
          holds: answers[1] === 5,
          why: say`Only ${ms(calls[4]!.start)} lie between the first call and the last, so the waits began at nearly the same time. Its ${ms(waits[4]!)} are the second shortest, and its answer came after ${ms(second.end)}.`,
        },
        {
          text: say`That is chance`,
          holds: answers[1] !== 2 && answers[1] !== 5,
          why: say`If they took equally long, it would be. But they lie far apart, and none came more than ${ms(late)} late.`,
        },
      ],
    }
  }),

  question('02-pieces', fetches, [/two short pieces of code run/, /Later the timer is due/], ({ calls, server }) => {
    const runs = server.filter(({ kind }) => kind === 'run')
    const each = runs.length / calls.length
    const most = Math.max(...runs.map(({ start, end }) => end - start))
    return {
      text: say`The slowest page takes ${ms(longest)}. How often does the server's thread run for one page?`,
      options: [
        {
          text: say`Once: from the request to the reply`,
          holds: each === 1,
          why: say`So it is when the thread sleeps for the page. Here it leaves when it has set the timer, and comes back when that is due: ${words(runs.length)} runs for ${words(calls.length)} pages, and none longer than ${ms(most)}.`,
        },
        {
          text: say`${capital(often(2))}: at the beginning, and at the end`,
          holds: each === 2,
          why: say`First it sets a timer, later it answers. That made ${words(runs.length)} runs for ${words(calls.length)} pages, and the longest of them took ${ms(most)}.`,
        },
        {
          text: say`Again and again, to see whether the page is there`,
          holds: each > 2,
          why: say`Nobody looks. Whoever set the timer is called when it is due, so there were ${words(each)} runs for each page.`,
        },
      ],
    }
  }),

  question('02-crash', crash, [/The server is gone/, /above a callback there is nobody/], ({ clients, told, exit }) => ({
    text: say`A server has ${words(clients)} clients. The first one's call waits. The other calls a method whose handler throws, but only later, in a timer. What does the first client get?`,
    options: [
      {
        text: say`Its answer: its call was in order`,
        holds: told !== '' && !told.includes('connection ended'),
        why: say`Its call was. But nobody was there to catch the error, so it ended the process, with exit code ${exit}, and with it every call in flight.`,
      },
      {
        text: say`An error: its connection has ended`,
        holds: told.includes('connection ended'),
        why: say`Both are served by one process, and an error that nobody catches ends it. The client is told "${told}". It is told at all because of \`#lost\`.`,
      },
      {
        text: say`Nothing: it waits for ever`,
        holds: told === '',
        why: say`So it would with the wrong version \`left-hanging\`, which forgets to tell. Ours is told "${told}".`,
      },
    ],
  })),

  question('02-bare', bench, [/In time it costs little/, /the picture turns round/, /pay for all the protection/], ({ inFlight, bare, ours }) => ({
    text: say`A bare program parses each message, answers it with a write of its own, and checks nothing. This step keeps a table, counts what waits, sets limits, and guards every callback. With ${words(inFlight)} calls in flight, how many does it make in a second?`,
    options: [
      {
        text: say`Fewer than the bare program: all that has its price`,
        holds: ours < 0.9 * bare,
        why: say`It has, and it is small beside a system call. The bare program makes one for each message, and this step one for many: ${words(ours)} calls in a second, where the bare one makes ${words(bare)}.`,
      },
      {
        text: say`About as many: the network sets the pace`,
        holds: 0.9 * bare <= ours && ours <= 1.1 * bare,
        why: say`On one machine there is hardly a network. What sets the pace is the number of system calls: ${words(ours)} calls in a second here, ${words(bare)} in the bare program.`,
      },
      {
        text: say`More than the bare program`,
        holds: ours > 1.1 * bare,
        why: say`${words(ours)} in a second, where the bare one makes ${words(bare)}. Messages that leave together share a system call, and that pays for everything else.`,
      },
    ],
  })),
]
