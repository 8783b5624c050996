/** What makes the tables of this chapter. */
export default {
  '03-bench.txt': 'npm run bench -- --only 02-callbacks,03-event-loop --workload connections --pin',
  '03-redis.txt': 'npx tsx docs/steps/03-event-loop/wild/redis.ts',
  '03-ten-thousand.txt': 'npx tsx steps/03-event-loop/ten-thousand.ts',
  '03-wakeups.txt': 'npx tsx steps/03-event-loop/cost-of-a-wakeup.ts',
}
