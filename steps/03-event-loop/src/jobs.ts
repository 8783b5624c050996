/** Things to do a little later. What a job adds waits for the next run, so no run is endless. */
export class Jobs {
  #list: (() => void)[] = []

  get length(): number {
    return this.#list.length
  }

  /** Puts a job behind those that are there. */
  add(job: () => void): void {
    this.#list.push(job)
  }

  /** Runs each job once; `failed` gets what one throws, and the others run all the same. */
  run(failed: (error: unknown) => void): void {
    if (this.#list.length === 0) return
    const list = this.#list
    this.#list = []
    for (const job of list) {
      try {
        job()
      } catch (error) {
        failed(error)
      }
    }
  }
}
