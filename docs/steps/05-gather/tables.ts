/** What makes the tables of this chapter. */
export default {
  '05-python-gather.txt': 'python3 docs/steps/05-gather/wild/gather.py',
  '05-swamp.txt': 'npx tsx steps/05-gather/swamp.ts',
  '05-total-against-n.txt': 'npx tsx steps/05-gather/total-against-n.ts',
}
