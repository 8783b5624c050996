import type { Teaching } from '../../.vitepress/teaching/teaching.ts'

export default {
  week: 6,
  workshop: { day: 3, exercises: ['cancel'] },
  before: ['`AbortSignal`, from step 04', 'the queue of step 06, and who holds a place in it'],
  goals: [
    { can: 'say who goes on working in a chain of servers when the caller gives up', shown: 'question 07-chain' },
    { can: 'end a call by whichever comes first, and leave neither timer nor listener', shown: 'exercise ending' },
    { can: 'answer a cancel that comes before its request, while that runs, or after it', shown: 'exercise cancel' },
    { can: 'say why what travels is what is left, and not a moment', shown: 'bug clock-time-on-the-wire' },
    { can: 'predict what deadlines do to a queue that is too long', shown: 'question 07-crowd-impatient' },
  ],
  misconceptions: [
    {
      belief: 'If I stop waiting, the work stops.',
      instead: 'Nobody has been told. Each server on the way has a request that it was asked, and works on.',
      shown: 'question 07-chain',
    },
    {
      belief: 'With a time-out at each hop, the whole is bounded.',
      instead: 'Then each hop begins anew, and the last may work long after the caller has left. What is passed on is what is left.',
      shown: 'bug each-hop-anew',
    },
    {
      belief: 'A deadline is best sent as a time of day.',
      instead: 'No two clocks agree. A server whose clock is ahead would refuse everything.',
      shown: 'bug clock-time-on-the-wire',
    },
    {
      belief: 'A reply to a call that is over is a mistake of the other end.',
      instead: 'It is what a cancel looks like that came too late. It is dropped, and the connection goes on.',
      shown: 'bug late-reply-kills',
    },
    {
      belief: 'A cancel for an unknown id means nothing.',
      instead: 'Its request may wait unread, or come in a moment. It has to be remembered, and not for ever.',
      shown: 'bug cancel-lost',
    },
    {
      belief: 'What I do not use costs nothing.',
      instead: 'Once anybody in a process uses `AsyncLocalStorage`, each `await` in it may take longer.',
      shown: 'question 07-context',
    },
  ],
} satisfies Teaching
