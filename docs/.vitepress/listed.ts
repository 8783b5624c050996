/** Whether the site has a page with the whole file, `/source/FILE.html`. Also for the browser. */
export function listed(file: string): boolean {
  return (
    /^(?:shared|steps)\/[^/]+\/(?:src\/.+|[\w-]+)\.m?ts$/.test(file) && !file.endsWith('.config.ts')
  )
}
