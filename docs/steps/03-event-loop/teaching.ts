import type { Teaching } from '../../.vitepress/teaching/teaching.ts'

export default {
  week: 3,
  workshop: { day: 2, exercises: ['interest', 'dispatch'] },
  before: [
    'file descriptors, and the errors `EINTR` and `EAGAIN`, from step 01',
    'bits that are set and asked for with `|` and `&`',
    'what a heap is good for, if not how it works',
  ],
  goals: [
    { can: 'write a turn of a loop that passes over those who left during the turn', shown: 'exercise dispatch' },
    { can: 'ask for room to write only while something waits for it', shown: 'exercise interest' },
    { can: 'read what `poll` reports, hang-ups and errors among it', shown: 'exercise poll' },
    { can: 'keep timers in a heap with the next one on top', shown: 'exercise timers' },
    { can: 'say which selectors slow down with idle connections, and why', shown: 'question 03-idle' },
    { can: 'tell work that a loop can share from work that it cannot', shown: 'question 03-computes' },
  ],
  misconceptions: [
    {
      belief: 'A loop runs all the time and looks at its sockets.',
      instead: 'It sleeps, in a single place in the kernel, until one of them is ready. A loop that comes back without news is a mistake.',
      shown: 'question 03-sleeps',
    },
    {
      belief: 'A server with a loop does many things at once.',
      instead: 'It waits for many things at once. While a callback computes, nobody else has the thread.',
      shown: 'question 03-computes',
    },
    {
      belief: 'The more connections, the slower each of them.',
      instead: 'Only where all of them are looked at each time. If the kernel keeps the list, an idle connection costs memory and no time.',
      shown: 'question 03-ten-thousand',
    },
    {
      belief: 'To be told that a socket can be written to is always good news.',
      instead: 'It nearly always can. Who asks without having anything to write is told so in each turn, and never sleeps.',
      shown: 'bug room-for-nothing',
    },
    {
      belief: 'Who asks for reading and writing hears of nothing else.',
      instead: 'Hang-ups and errors are told unasked, and again and again until somebody deals with them.',
      shown: 'bug hang-up-unheard',
    },
    {
      belief: 'An event for a number is an event for the socket that I know by it.',
      instead: 'The socket may have been closed in this turn, and its number given to another. The list of the ready is out of date as soon as the first callback runs.',
      shown: 'bug stale-event',
    },
  ],
} satisfies Teaching
