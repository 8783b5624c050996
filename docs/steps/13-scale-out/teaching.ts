import type { Teaching } from '../../.vitepress/teaching/teaching.ts'

export default {
  week: 12,
  workshop: { day: 5, exercises: [], without: ['Build it', 'Break it', 'What it cost'] },
  before: ['retries and keys, from step 10', 'adapters, from step 12', 'that chances of independent things multiply; nothing of brokers'],
  goals: [
    { can: 'say who hears a message when some subscribe alone and some as a group', shown: 'exercise one-of-each' },
    { can: 'notice in a stream that a message is missing', shown: 'exercise numbers' },
    { can: 'say of what "exactly once" is true, and of what it is not', shown: 'question 13-kills' },
    { can: 'work out how often a call is slow that asks many servers', shown: 'question 13-tail' },
    { can: 'choose how a crowd of clients comes back, and say what that costs whom', shown: 'question 13-return' },
  ],
  misconceptions: [
    {
      belief: 'Exactly once means that a handler runs once.',
      instead: 'It is true of the place that keeps the books. A handler whose worker dies before its answer is stored runs again.',
      shown: 'question 13-kills',
    },
    {
      belief: 'As long as the connection is well, somebody is at work.',
      instead: 'The connection is to the broker. That the worker has died, nobody says, unless it is missed.',
      shown: 'bug waits-for-the-dead',
    },
    {
      belief: 'Messages of a broker come whole and in order, as over TCP.',
      instead: 'It may lose one and go on with the next. Only numbers show the gap.',
      shown: 'bug no-numbers',
    },
    {
      belief: 'The id says whose request it is.',
      instead: 'Every client counts from the same number. What nobody else knows is the inbox.',
      shown: 'bug cancels-by-id',
    },
    {
      belief: 'If a server is seldom slow, so is a call.',
      instead: 'A call that asks many waits for the slowest, and it is rare that none of them is slow.',
      shown: 'question 13-tail',
    },
    {
      belief: 'A job that has failed should be tried until it works.',
      instead: 'What always fails comes round for ever, and everything else stands behind it. It has to be put away, with the reason.',
      shown: 'bug tries-for-ever',
    },
  ],
} satisfies Teaching
