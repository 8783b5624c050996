import type { TraceEvent } from '@rpc-steps/trace'
import { recordingOf } from '../../.vitepress/course.ts'
import { output, row } from '../../.vitepress/predict/facts.ts'
import { question } from '../../.vitepress/predict/question.ts'
import { say, times, words } from '../../.vitepress/predict/say.ts'

const doors = output('14-syscalls', (text) => {
  const [, readiness, completion] = row(text, 'together')
  const [, connections] = row(text, 'connections')
  return { connections: connections!, readiness: readiness!, completion: completion! }
})

/** How often each of the two loops went into the kernel. */
const turn = {
  file: recordingOf('14-turn.json'),
  read(text: string) {
    const calls = (JSON.parse(text) as TraceEvent[]).filter(({ ph, cat }) => ph === 'B' && cat === 'kernel')
    const [requests, readiness, completion] = [
      calls.filter(({ name }) => name === 'recv'),
      calls.filter(({ pid }) => pid === 1),
      calls.filter(({ pid }) => pid === 2),
    ].map(({ length }) => length)
    return { requests: requests!, readiness: readiness!, completion: completion! }
  },
}

/** How many times as fast as step 03 this step is, by workload. */
const bench = output('14-bench', (text) => {
  const [, heading = ''] = /fast as bare\n(.*)\n/.exec(text)!
  const columns = heading.trim().split(/ +/)
  const [readiness, completion] = [row(text, '03-event-loop'), row(text, '14-completion')]
  const ratio = (workload: string) => completion[columns.indexOf(workload)]! / readiness[columns.indexOf(workload)]!
  return { one: ratio('one'), connections: ratio('connections') }
})

export default [
  question('14-doors', doors, [/What if we handed in a list/], ({ connections, readiness, completion }) => {
    const told = say`It is ${completion} for a call here, and ${readiness} in step ${'03'}.`
    return {
      text: say`With ${words(connections)} calls in flight, a server of step ${'03'} goes into the kernel ${readiness} times for a call. This step hands in a list instead. How often does its server go in, for a call?`,
      options: [
        {
          text: say`Once: what was to be read, written and asked for goes in together`,
          holds: completion > 0.5,
          why: say`Together with that of all others who are ready. ${told}`,
        },
        {
          text: say`Less than once: one way in is enough for many calls`,
          holds: completion > 0 && completion <= 0.5,
          why: say`${told} What is on the list belongs to many connections, and it is handed in as a whole.`,
        },
        {
          text: say`Never: all of it is in shared memory`,
          holds: completion === 0,
          why: say`Somebody has to tell the kernel that there is something in it, and somebody has to sleep. ${told}`,
        },
      ],
    }
  }),

  question('14-turn', turn, [/What is gone are the doors/], ({ requests, readiness, completion }) => {
    const told = say`${words(completion)} here, and ${words(readiness)} in step ${'03'}.`
    return {
      text: say`${words(requests)} requests wait. The loop of step ${'03'} goes into the kernel ${words(readiness)} times until all answers have left. And this one?`,
      options: [
        {
          text: say`About once for each request: what came in is here already, and only the answers are sent`,
          holds: completion >= readiness / 4,
          why: say`The answers are written into the ring as well, and go with the next sleep. ${told}`,
        },
        {
          text: say`A few times`,
          holds: completion > 1 && completion < readiness / 4,
          why: say`${told} It comes back with a part of the requests each time, and hands in the answers to the part before.`,
        },
        {
          text: say`Once`,
          holds: completion === 1,
          why: say`What was received must be read before it can be answered, and the answers go in after that. ${told}`,
        },
      ],
    }
  }),

  question('14-one', bench, [/a list of one is no list/], ({ one, connections }) => {
    const told = say`It is ${times(one)} times as fast as step ${'03'} with one call at a time, and ${times(connections)} times with many connections.`
    return {
      text: say`With many connections this step is ${times(connections)} times as fast as step ${'03'}. And with one client that makes one call after the other?`,
      options: [
        {
          text: say`As much faster: each call has fewer system calls`,
          holds: one > 0.75 * connections,
          why: say`There is nothing to share one with. ${told}`,
        },
        {
          text: say`About as fast as step ${'03'}`,
          holds: one > 0.8 && one <= 0.75 * connections && one < 1.5,
          why: say`${told} Each time there is one thing on the list, and the thread sleeps for it.`,
        },
        {
          text: say`Clearly slower: all these rings for a single call`,
          holds: one <= 0.8,
          why: say`To write into a ring is to write some numbers into memory. ${told}`,
        },
      ],
    }
  }),
]
