/** What makes the tables of this chapter. */
export default {
  '01-cost-of-a-thread.txt': 'npx tsx steps/01-blocking-sockets/cost-of-a-thread.ts',
  '01-strace-client.txt':
    'npx tsx steps/01-blocking-sockets/strace.ts --folder docs/steps/01-blocking-sockets/traces',
  '01-strace-server.txt':
    'npx tsx steps/01-blocking-sockets/strace.ts --folder docs/steps/01-blocking-sockets/traces',
}
