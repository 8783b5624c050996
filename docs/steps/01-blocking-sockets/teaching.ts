import type { Teaching } from '../../.vitepress/teaching/teaching.ts'

export default {
  week: 1,
  workshop: { day: 1, exercises: ['receive', 'send'] },
  before: [
    'TypeScript as one reads it: types, classes, `try` and `finally`',
    'that a program runs as a process, and asks an operating system for what it cannot do by itself',
    'nothing of sockets, of C, or of how Node is built',
  ],
  goals: [
    { can: 'name the system calls by which a client connects and calls, and say which of them sleep', shown: 'question 01-system-calls' },
    { can: 'write the loop that receives what has come, however much that is', shown: 'exercise receive' },
    { can: 'write the loop that sends all of a message, though `send` takes a part of it', shown: 'exercise send' },
    { can: 'say where a request is while the only thread of its server sleeps for somebody else', shown: 'question 01-unread' },
    { can: 'weigh a thread for each client against what it costs', shown: 'question 01-sleeping-thread' },
  ],
  misconceptions: [
    {
      belief: '`recv` returns a message.',
      instead: 'It returns the bytes that have come: half a message, or several and the beginning of the next. Only the framing says where a message ends.',
      shown: 'exercise receive',
    },
    {
      belief: '`send` sends what it is given.',
      instead: 'It takes as much as there is room for, and says in its result how much that was. The rest is for the next call.',
      shown: 'bug one-send',
    },
    {
      belief: 'A thread that waits for bytes keeps looking whether they are there.',
      instead: 'The kernel takes it off the processor, and wakes it when they are. A single `recv` may last for as long as the wait.',
      shown: 'question 01-system-calls',
    },
    {
      belief: 'Who is connected is being served.',
      instead: 'The kernel completes connections by itself, and keeps what comes on them. The server may not know of any of that yet.',
      shown: 'question 01-in-hand',
    },
    {
      belief: 'The next reply on a connection is the reply to my last call.',
      instead: 'A call that was given up is answered all the same, later. Only its id says whose a reply is.',
      shown: 'bug any-reply',
    },
    {
      belief: 'A thread that sleeps costs nothing.',
      instead: 'It costs no time of the processor, but memory, and in Node much of it.',
      shown: 'question 01-sleeping-thread',
    },
  ],
} satisfies Teaching
