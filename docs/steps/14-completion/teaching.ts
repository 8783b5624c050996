import type { Teaching } from '../../.vitepress/teaching/teaching.ts'

export default {
  week: 13,
  workshop: { day: 5, exercises: [], without: ['Build it', 'Break it', 'What it cost'] },
  before: ['the loop of step 03, and what a selector is', 'the session that all connections drive', 'what a power of two is good for; nothing of io_uring'],
  goals: [
    { can: 'read a ring that two write to without a lock', shown: 'exercise complete' },
    { can: 'lend memory to the kernel and take it back', shown: 'exercise lend' },
    { can: 'say how many system calls a call costs, and what they are shared by', shown: 'question 14-doors' },
    { can: 'say what one turn does with many requests, in both ways', shown: 'question 14-turn' },
    { can: 'say for which work completion brings nothing', shown: 'question 14-one' },
  ],
  misconceptions: [
    {
      belief: 'Completion makes each call quicker.',
      instead: 'It shares the way into the kernel among many. With one call at a time there is nobody to share it with.',
      shown: 'question 14-one',
    },
    {
      belief: 'What was handed in first is done first.',
      instead: 'The kernel does it in any order. Whoever needs an order has one operation in flight at a time.',
      shown: 'bug two-at-once',
    },
    {
      belief: 'When the call returns, the bytes are ours again.',
      instead: 'They are the kernel\'s until it says that it is done.',
      shown: 'bug memory-used-again',
    },
    {
      belief: 'What was cancelled is over.',
      instead: 'A cancel is a request. The operation completes all the same, and is over then.',
      shown: 'bug cancelled-is-done',
    },
    {
      belief: 'A multishot operation stays for ever.',
      instead: 'It stays until a completion comes without the flag for more.',
      shown: 'bug ended-unseen',
    },
  ],
} satisfies Teaching
