import { stateOf, subjectOf } from '../../../test/conformance/src/states.ts'
import { output, row, run, spent } from '../../.vitepress/predict/facts.ts'
import { question } from '../../.vitepress/predict/question.ts'
import { capital, list, ms, often, say, times, words } from '../../.vitepress/predict/say.ts'

const idle = 5000
const wakeups = output('03-wakeups', (text) => {
  const [none, many] = [row(text, '0'), row(text, String(idle))]
  const columns = ['spin', 'poll', 'epoll'].map((name, i) => ({
    name: `\`${name}\``,
    none: none[i]!,
    many: many[i]!,
  }))
  return { columns, slower: columns.filter(({ none, many }) => many > 10 * none) }
})

const crowd = 10_000
const tenThousand = output('03-ten-thousand', (text) => {
  const [none, many] = [row(text, '0'), row(text, String(crowd))]
  return { none: none[0]!, many: many[0]!, memory: many[1]! - none[1]! }
})

const computes = 'waiting: a second client is answered while the first one computes'
const states = {
  file: 'steps/03-event-loop/step.ts',
  read: () => (server: string) => stateOf(subjectOf(server), computes),
}

export default [
  question('03-sleeps', run('03-five-fetches'), [/server still sleeps in one place/], ({ calls, total, client, moment }) => {
    const sleeps = client.filter(({ kind }) => kind === 'kernel')
    return {
      look: moment('client: sleeps in the kernel', 2),
      text: say`The client has ${words(calls.length)} calls in flight, and one place where it sleeps. How often does its thread go to sleep until it has all answers?`,
      options: [
        {
          text: say`Once, until all of them are there`,
          holds: sleeps.length === 1,
          why: say`The kernel was asked which socket is ready, not whether all is done. The first bytes to read end the sleep, and the loop comes back for the rest: ${often(sleeps.length)} here.`,
        },
        {
          text: say`About once for each answer`,
          holds: sleeps.length > 1 && sleeps.length <= 3 * calls.length,
          why: say`${capital(often(sleeps.length))}, for ${words(calls.length)} answers. Each wakes it and is dealt with in a moment: of ${ms(total)} it slept ${ms(spent(client, 'kernel'))}.`,
        },
        {
          text: say`All the time: it asks for a moment, and then asks again`,
          holds: sleeps.length > 3 * calls.length,
          why: say`A loop that comes back without news is a loop that spins. This one slept ${often(sleeps.length)}, and each time something woke it.`,
        },
      ],
    }
  }),

  question('03-computes', states, [/cannot do is compute/, /which compute and do nothing else/], (stateWith) => {
    const answers = (name: string) => stateWith(name).state === 'pass'
    const loop = '03'
    const { because } = stateWith(loop)
    return {
      text: say`A client has the server compute for a long time. Another one says hello meanwhile. Which of these servers answers it at once?`,
      options: [
        {
          text: say`That of step ${'01'}, with one thread`,
          holds: answers('01'),
          why: say`Whether its only thread sleeps or computes is the same to the next client: it must wait.`,
        },
        {
          text: say`That of step ${'01'}, with a thread for each client`,
          holds: answers('01 --threads 4'),
          why: say`Each thread computes on its own, and the system divides the processor among them. That is the one thing which threads can do and a loop cannot.`,
        },
        {
          text: say`That of step ${'02'}`,
          holds: answers('02'),
          why: say`A callback that computes has the thread until it returns. The same case must fail for it: ${because}.`,
        },
        {
          text: say`That of this step`,
          holds: answers(loop),
          why: say`The loop can only go on when the callback has returned, which is after it has computed. It must fail here: ${because}.`,
        },
      ],
    }
  }),

  question('03-idle', wakeups, [/walks through the list/, /nothing to do with the others/, /third does not notice/], ({ columns, slower }) => {
    const names = slower.map(({ name }) => name).join()
    const told = list(
      columns.map(({ name, none, many }) => `${times(many)} with ${name} (${times(none)} without them)`),
    )
    return {
      text: say`One connection is busy, and ${words(idle)} are idle: they say nothing. For which selector does a wake-up take much longer than without them?`,
      options: [
        {
          text: say`For none: who says nothing costs nothing`,
          holds: names === '',
          why: say`It depends on how one asks. With so many, a wake-up took ${told}, in microseconds.`,
        },
        {
          text: say`For \`spin\` alone`,
          holds: names === '`spin`',
          why: say`It asks each connection in turn, which is slow. But \`poll\` hands the kernel a list of all of them, each time, and the kernel goes through it. With so many, a wake-up took ${told}, in microseconds.`,
        },
        {
          text: say`For \`spin\` and \`poll\``,
          holds: names === '`spin`,`poll`',
          why: say`Both go through all connections, one by asking each, the other by handing over a list. \`epoll\` has left the list with the kernel. With so many, a wake-up took ${told}, in microseconds.`,
        },
        {
          text: say`For all`,
          holds: slower.length === columns.length,
          why: say`Only those that go through all of them each time. \`epoll\` has left the list with the kernel, which notes who is ready as the bytes come. With so many, a wake-up took ${told}, in microseconds.`,
        },
      ],
    }
  }),

  question('03-ten-thousand', tenThousand, [/some kilobytes of memory/, /has nothing to do with the others/], ({ none, many, memory }) => ({
    text: say`One thread holds ${words(crowd)} idle connections and a busy one. How long does a call of the busy one take, compared with no idle ones?`,
    options: [
      {
        text: say`About as long`,
        holds: many < 1.5 * none,
        why: say`${times(many)} microseconds with them, ${times(none)} without. They cost memory, some ${words(Math.round((memory * 1024) / crowd))} KiB each, and no time: nobody looks at them until they speak.`,
      },
      {
        text: say`A few times as long`,
        holds: 1.5 * none <= many && many < 10 * none,
        why: say`Only the kernel knows that there are so many; the loop is told of the one that speaks. A call took ${times(many)} microseconds with them, and ${times(none)} without.`,
      },
      {
        text: say`Many times as long: the thread has so many to look after`,
        holds: many >= 10 * none,
        why: say`So it is for a loop that goes through all of them. This one is told who speaks: ${times(many)} microseconds with them, and ${times(none)} without.`,
      },
    ],
  })),
]
