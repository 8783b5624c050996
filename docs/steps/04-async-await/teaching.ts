import type { Teaching } from '../../.vitepress/teaching/teaching.ts'

export default {
  week: 4,
  workshop: { day: 2, exercises: ['async', 'on-request'] },
  before: [
    'promises as one uses them: `await`, and a `try` around it',
    'the event loop of step 03, and that Node has one like it',
  ],
  goals: [
    { can: 'make `async` and `await` out of a generator and a driver', shown: 'exercise async' },
    { can: 'say in which order functions that await go on, and why', shown: 'question 04-turns' },
    { can: 'say what `await` needs of an event loop', shown: 'question 04-order' },
    { can: 'write a wait that a signal ends, and that leaves no listener behind', shown: 'exercise sleep' },
    { can: 'keep a connection reading while handlers wait', shown: 'exercise on-request' },
  ],
  misconceptions: [
    {
      belief: '`await` of a value that is there already goes straight on.',
      instead: 'It always gives the thread back, and the rest of the function stands at the end of a queue.',
      shown: 'question 04-turns',
    },
    {
      belief: 'When a promise is settled, who awaits it goes on in that moment.',
      instead: 'They go on in a microtask, when the call stack is empty. On a loop that never returns, that is never.',
      shown: 'question 04-order',
    },
    {
      belief: 'A server should await its handler before it reads the next request.',
      instead: 'Then it serves a connection one request at a time, as in step 01, and two ends that call each other wait for ever.',
      shown: 'bug awaits-handler',
    },
    {
      belief: 'A handler that asks for its signal will hear that its caller has gone.',
      instead: 'An event that is over is not repeated. Whoever listens has to look first whether it has happened.',
      shown: 'bug asked-too-late',
    },
    {
      belief: 'A listener that was never called costs nothing.',
      instead: 'It stays for as long as the signal, with all that it closes over. A call that is settled has to take its own away.',
      shown: 'bug listener-left-behind',
    },
    {
      belief: 'An error that nobody waits for is nobody’s business.',
      instead: 'A rejected promise that nobody looks at ends the process.',
      shown: 'bug nobody-was-asking',
    },
    {
      belief: 'Promises are too slow for a server.',
      instead: 'They cost a little for each call, which shows only where calls do nothing else.',
      shown: 'question 04-promises',
    },
  ],
} satisfies Teaching
