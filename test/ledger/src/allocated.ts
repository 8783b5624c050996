import { GCProfiler, getHeapStatistics } from 'node:v8'

/**
 * Counts from now on what this thread allocates on the heap of JavaScript, until what it returns is called: bytes.
 * The heap in use grows by what is allocated, and shrinks only when it is collected. So between two collections
 * the difference is what was allocated, and the profiler has the heap before and after each.
 */
export function countAllocated(): () => number {
  const profiler = new GCProfiler()
  profiler.start()
  let last = used()
  return () => {
    const end = used()
    let sum = 0
    for (const { beforeGC, afterGC } of profiler.stop().statistics) {
      sum += beforeGC.heapStatistics.usedHeapSize - last
      last = afterGC.heapStatistics.usedHeapSize
    }
    return sum + end - last
  }
}

function used(): number {
  return getHeapStatistics().used_heap_size
}
