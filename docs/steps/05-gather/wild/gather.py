"""Five requests gathered, as one finds it everywhere; then one of them fails; then there are more.

python3 docs/steps/05-gather/wild/gather.py, with Python 3.11 or newer.
"""

import asyncio

tasks = in_flight = most = ended = 0


async def fetch(ms):
    """Stands for a request: it takes so many milliseconds, and fails if that is less than none."""
    global tasks, in_flight, most, ended
    # The caller makes all its tasks before the first of them runs.
    tasks = tasks or len(asyncio.all_tasks()) - 1
    if ms < 0:
        raise ValueError("no such page")
    in_flight += 1
    most = max(most, in_flight)
    try:
        await asyncio.sleep(ms / 1000)
        ended += 1
        return "a page"
    finally:
        in_flight -= 1


# #region gather
async def gathered(pages):
    return await asyncio.gather(*(fetch(page) for page in pages))
# #endregion


# #region group
async def grouped(pages):
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(fetch(page)) for page in pages]
    return [task.result() for task in tasks]
# #endregion


# #region semaphore
async def limited(pages, limit):
    places = asyncio.Semaphore(limit)

    async def fetch_in_a_place(page):
        async with places:
            return await fetch(page)

    return await asyncio.gather(*(fetch_in_a_place(page) for page in pages))
# #endregion


# #region workers
async def drawn(pages, limit):
    results = [None] * len(pages)
    waiting = enumerate(pages)

    async def work():
        for place, page in waiting:
            results[place] = await fetch(page)

    async with asyncio.TaskGroup() as group:
        for _ in range(limit):
            group.create_task(work())
    return results
# #endregion


async def run(name, call):
    """Makes the call, then lets everything that is still running end."""
    global tasks, most, ended
    tasks = most = ended = 0
    try:
        await call
        outcome = "results"
    except* ValueError:
        outcome = "an error"
    left = in_flight
    others = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.gather(*others, return_exceptions=True)
    print(f"{name:26}{tasks:5}{most:9}   {outcome:9}{left:11}{ended:9}")


async def main():
    five = [120, 300, 200, 250, 160]
    one_fails = [120, 300, 200, 250, -1]
    print(f"{'':26}tasks  at once   ends with  in flight  fetched")
    await run("5, gathered", gathered(five))
    await run("5, one fails, gathered", gathered(one_fails))
    await run("5, one fails, in a group", grouped(one_fails))
    await run("10000, gathered", gathered([1] * 10_000))
    await run("10000, ten places", limited([1] * 10_000, 10))
    await run("10000, ten workers", drawn([1] * 10_000, 10))


asyncio.run(main())
