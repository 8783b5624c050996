/** What makes the tables of this chapter. */
export default {
  '02-bench.txt':
    'npm run bench -- --only bare,vscode-jsonrpc,02-callbacks --workload in-flight --pin',
  '02-crash.txt': 'npx tsx steps/02-callbacks/crash.ts',
  '02-two-writes.txt': 'npx tsx steps/02-callbacks/two-writes.ts',
}
